import { randomBytes } from 'node:crypto';
import * as assert from 'uvu/assert';
import { ActionableError } from '#ground/errors.ts';
import { CarriedFiles, type Source } from '#packaging/carried-files.ts';
import { appendix, load } from '../../scripts/package/carry.ts';
import { scratchDirectory } from '../support/scratch.ts';
import { describe, type Scope } from '../support/spec.ts';
import { thrownBy } from '../support/thrown.ts';

const files = {
  program: Buffer.from('void 0;'),
  large: Buffer.alloc(4_100_000, randomBytes(1_000)),
  empty: Buffer.alloc(0),
};
const index = { natsServer: { version: '2.10.27', origin: 'a test' }, node: { sha256: 'abc', fuseAt: 7 } };
const executable = Buffer.from('the executable itself');

async function whole(scope: Scope): Promise<Buffer> {
  const cargo = await load(files, await scratchDirectory(scope));
  return Buffer.concat([executable, await appendix(cargo, index)]);
}

const sourceOf = (bytes: Buffer): Source => ({
  size: bytes.length,
  read: (at, length) => bytes.subarray(at, at + length),
});

describe('the files an executable carries', (it) => {
  it('come out as they went in', async (scope) => {
    const carried = new CarriedFiles(sourceOf(await whole(scope)));

    assert.is(carried.at, executable.length);
    assert.equal(carried.index.natsServer, index.natsServer);
    assert.equal(carried.index.node, index.node);
    for (const [name, content] of Object.entries(files)) {
      assert.ok(carried.readSync(name).equals(content));
      assert.ok((await carried.read(name)).equals(content));
    }
    assert.is(carried.index.files['large']?.parts.length, 2);
  });

  it('are the same bytes each time, and named after what they are', async (scope) => {
    const [one, two] = [await whole(scope), await whole(scope)];
    assert.ok(one.equals(two));

    const other = await load({ ...files, program: Buffer.from('void 1;') }, await scratchDirectory(scope));
    const changed = new CarriedFiles(sourceOf(Buffer.concat([executable, await appendix(other, index)])));
    assert.is.not(changed.id, new CarriedFiles(sourceOf(one)).id);
  });

  it('are refused when they are not as they were, and never come out as something else', async (scope) => {
    const good = await whole(scope);
    const carriedAt = new CarriedFiles(sourceOf(good)).at;
    let refused = 0;
    for (let place = carriedAt; place < good.length; place += 7) {
      const bad = Buffer.from(good);
      bad[place] = (bad[place] ?? 0) ^ 0x10;
      try {
        const damaged = new CarriedFiles(sourceOf(bad));
        // What has no meaning, such as the time in the head of a gzip, may differ.
        for (const [name, content] of Object.entries(files)) assert.ok(damaged.readSync(name).equals(content));
      } catch (error) {
        assert.instance(error, ActionableError, `byte ${place}: ${error}`);
        assert.match((error as ActionableError).message, 'This localpaas is damaged');
        refused += 1;
      }
    }
    assert.ok(refused > (0.8 * (good.length - carriedAt)) / 7, `${refused} refused`);
  });

  it('are refused when their end is missing', async (scope) => {
    const good = await whole(scope);
    for (const length of [0, 10, executable.length, good.length - 1, good.length - 500]) {
      const error = await thrownBy(() => new CarriedFiles(sourceOf(good.subarray(0, length))).index);
      assert.match(String(error), 'its end is missing');
    }
  });
});
