import { randomBytes } from 'node:crypto';
import * as assert from 'uvu/assert';
import { ActionableError } from '#ground/errors.ts';
import { CarriedFiles, sourceIn } from '#packaging/carried-files.ts';
import { appendix, load } from '../../scripts/package/carry.ts';
import { describe } from '../support/spec.ts';
import { thrownBy } from '../support/thrown.ts';

const files = {
  program: Buffer.from('void 0;'),
  large: Buffer.alloc(4_100_000, randomBytes(1_000)),
  empty: Buffer.alloc(0),
};
const index = { natsServer: { version: '2.10.27', origin: 'a test' }, node: { sha256: 'abc', fuseAt: 7 } };
const executable = Buffer.from('the executable itself');

async function whole(): Promise<Buffer> {
  const cargo = await load(files);
  return Buffer.concat([executable, appendix(cargo, index)]);
}

describe('the files an executable carries', (it) => {
  it('come out as they went in', async () => {
    const carried = new CarriedFiles(sourceIn(await whole()));

    assert.is(carried.at, executable.length);
    assert.equal(carried.index.natsServer, index.natsServer);
    assert.equal(carried.index.node, index.node);
    for (const [name, content] of Object.entries(files)) {
      assert.ok(carried.readSync(name).equals(content));
      assert.ok(Buffer.concat(await carried.read(name)).equals(content));
    }
    assert.is(carried.index.files['large']?.parts.length, 2);
  });

  it('are the same bytes each time, and named after what they are', async () => {
    const [one, two] = [await whole(), await whole()];
    assert.ok(one.equals(two));

    const other = await load({ ...files, program: Buffer.from('void 1;') });
    const changed = new CarriedFiles(sourceIn(Buffer.concat([executable, appendix(other, index)])));
    assert.is.not(changed.id, new CarriedFiles(sourceIn(one)).id);
  });

  it('are refused when they are not as they were, and never come out as something else', async () => {
    const good = await whole();
    const carriedAt = new CarriedFiles(sourceIn(good)).at;
    let refused = 0;
    for (let place = carriedAt; place < good.length; place += 7) {
      const bad = Buffer.from(good);
      bad[place] = (bad[place] ?? 0) ^ 0x10;
      try {
        const damaged = new CarriedFiles(sourceIn(bad));
        // What has no meaning to brotli may differ.
        for (const [name, content] of Object.entries(files)) assert.ok(damaged.readSync(name).equals(content));
      } catch (error) {
        assert.instance(error, ActionableError, `byte ${place}: ${error}`);
        assert.match((error as ActionableError).message, 'This localpaas is damaged');
        refused += 1;
      }
    }
    assert.ok(refused > (0.8 * (good.length - carriedAt)) / 7, `${refused} refused`);
  });

  it('are refused when their end is missing', async () => {
    const good = await whole();
    for (const length of [0, 10, executable.length, good.length - 1, good.length - 500]) {
      const error = await thrownBy(() => new CarriedFiles(sourceIn(good.subarray(0, length))).index);
      assert.match(String(error), 'its end is missing');
    }
  });
});
