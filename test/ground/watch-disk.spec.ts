import { mkdir, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { type DiskExcess, type DiskLimits, watchDisk } from '#ground/watch-disk.ts';
import { scratchDirectory } from '../support/scratch.ts';
import { describe, type Scope } from '../support/spec.ts';

const megabyte = 1024 * 1024;

async function watched(scope: Scope, limits: Partial<DiskLimits>) {
  const directory = join(await scratchDirectory(scope), 'watched');
  await mkdir(directory);
  let tell: (excess: DiskExcess) => void = () => {};
  const told = new Promise<DiskExcess>((resolve) => {
    tell = resolve;
  });
  const watch = scope.use(watchDisk({ directory, limitBytes: 20 * megabyte, keptFreeBytes: 0, ...limits }, tell));
  return { directory, told, watch };
}

describe('a watch over a directory', (it) => {
  it('tells when it has become too large', async (scope) => {
    const { directory, told, watch } = await watched(scope, {});
    await writeFile(join(directory, 'small'), Buffer.alloc(megabyte, 1));
    assert.is(await watch.measure(), undefined);

    for (const name of ['a', 'b', 'c'])
      await writeFile(join(directory, name), Buffer.alloc(8 * megabyte, 1), { flush: true });

    const { what, bytes } = await told;
    assert.is(what, 'used');
    assert.ok(bytes > 20 * megabyte && bytes <= 25 * megabyte + 100_000, String(bytes));
    assert.is((await watch.measure())?.what, 'used');
  });

  it('tells when too little of the disk is left', async (scope) => {
    const { bavail, bsize } = await statfs(await scratchDirectory(scope));
    const { told } = await watched(scope, { keptFreeBytes: bavail * bsize + 1024 * megabyte });
    assert.is((await told).what, 'free');
  });

  it('goes on until somebody ends it, whatever becomes of the directory', async (scope) => {
    const { watch } = await watched(scope, {});
    await watch[Symbol.asyncDispose]();
    const gone = watchDisk({ directory: '/no/such/directory', limitBytes: 1, keptFreeBytes: 0 }, () =>
      assert.unreachable(),
    );
    await gone[Symbol.asyncDispose]();
  });
});
