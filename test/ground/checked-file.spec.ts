import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import * as v from 'valibot';
import { checkedText, checkedValue, readCheckedFile, writeCheckedFile } from '#ground/checked-file.ts';
import { scratchDirectory } from '../support/scratch.ts';
import { describe } from '../support/spec.ts';

const Schema = v.object({ name: v.string(), port: v.number() });
const value = { name: 'grüße "\\', port: 4222 };

describe('a checked file', (it) => {
  it('is read as it was written, by its owner alone', async (scope) => {
    const path = join(await scratchDirectory(scope), 'file.json');

    await writeCheckedFile(path, value);

    assert.equal(await readCheckedFile(path, Schema), { ok: true, value });
    assert.is((await stat(path)).mode & 0o777, 0o600);
  });

  it('is nothing when it is not there', async (scope) => {
    assert.is(await readCheckedFile(join(await scratchDirectory(scope), 'none.json'), Schema), undefined);
  });

  it('notices each flipped bit of its content', async () => {
    const text = Buffer.from(checkedText(value));
    const end = text.indexOf('"sha256"');
    for (let bit = 0; bit < 8 * end; bit += 1) {
      const flipped = Buffer.from(text);
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      const read = checkedValue(flipped.toString(), Schema);
      // Blanks between the members are no content.
      assert.ok(!read.ok || JSON.stringify(read.value) === JSON.stringify(value), `bit ${bit}`);
    }
  });

  it('says what is wrong with it', async (scope) => {
    const directory = await scratchDirectory(scope);
    const reasonOf = async (name: string) => {
      const read = await readCheckedFile(join(directory, name), Schema);
      return read?.ok === false ? read.reason : 'nothing is wrong';
    };
    await writeFile(join(directory, 'empty'), '');
    await writeFile(join(directory, 'cut'), checkedText(value).slice(0, 30));
    await writeFile(join(directory, 'other'), checkedText(value).replace('4222', '4223'));
    await writeFile(join(directory, 'shape'), checkedText({ name: 'x' }));
    await mkdir(join(directory, 'directory'));

    assert.is(await reasonOf('empty'), 'it is empty');
    assert.is(await reasonOf('cut'), 'it is no JSON');
    assert.is(await reasonOf('other'), 'its checksum does not fit');
    assert.match(await reasonOf('shape'), 'port');
    assert.is(await reasonOf('directory'), 'it is a directory');
    await writeFile(join(directory, 'file'), '');
    assert.is(await reasonOf('file/below'), 'a file stands where its directory was');
  });

  it('takes a file without a checksum by its shape', async (scope) => {
    const path = join(await scratchDirectory(scope), 'by-hand.json');
    await writeFile(path, JSON.stringify(value));

    assert.equal(await readCheckedFile(path, Schema), { ok: true, value });
  });

  it('can be written again with what was read from it', async (scope) => {
    const path = join(await scratchDirectory(scope), 'file.json');
    const Loose = v.looseObject({ port: v.number() });
    await writeCheckedFile(path, value);
    const read = await readCheckedFile(path, Loose);
    assert.ok(read?.ok);

    await writeCheckedFile(path, { ...read.value, port: 1 });

    assert.equal(await readCheckedFile(path, Schema), { ok: true, value: { ...value, port: 1 } });
    assert.is((await readFile(path, 'utf8')).match(/sha256/g)?.length, 1);
  });
});
