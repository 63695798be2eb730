import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { setAside } from '#ground/set-aside.ts';
import { scratchDirectory } from '../support/scratch.ts';
import { describe } from '../support/spec.ts';

const at = (second: number) => new Date(Date.UTC(2030, 0, 1, 12, 0, second));

describe('setting damaged files aside', (it) => {
  it('moves them into a directory with the date, and says where', async (scope) => {
    const directory = await scratchDirectory(scope);
    const path = join(directory, 'file');
    await writeFile(path, 'content');

    const kept = await setAside(path, join(directory, 'damaged'), at(1));

    assert.is(kept, join(directory, 'damaged', '2030-01-01T12-00-01.000Z', 'file'));
    assert.is(await readFile(kept, 'utf8'), 'content');
    assert.equal(await readdir(directory), ['damaged']);
  });

  it('keeps apart what has the same name and moment', async (scope) => {
    const directory = await scratchDirectory(scope);
    const kept: string[] = [];
    for (const content of ['one', 'two']) {
      await mkdir(join(directory, 'store'), { recursive: true });
      await writeFile(join(directory, 'store', 'file'), content);
      kept.push(await setAside(join(directory, 'store'), join(directory, 'damaged'), at(1)));
    }

    assert.equal(await Promise.all(kept.map((path) => readFile(join(path, 'file'), 'utf8'))), ['one', 'two']);
  });

  it('keeps the newest five, and always the one just made', async (scope) => {
    const directory = await scratchDirectory(scope);
    const damaged = join(directory, 'damaged');
    const put = async (second: number) => {
      await writeFile(join(directory, 'file'), String(second));
      await setAside(join(directory, 'file'), damaged, at(second));
    };

    for (let second = 10; second < 20; second += 1) await put(second);
    assert.equal(
      (await readdir(damaged)).sort(),
      [15, 16, 17, 18, 19].map((second) => `2030-01-01T12-00-${second}.000Z`),
    );

    await put(1); // a clock that was set back
    assert.ok((await readdir(damaged)).includes('2030-01-01T12-00-01.000Z'));
    assert.is((await readdir(damaged)).length, 5);
  });
});
