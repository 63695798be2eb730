import { mkdir, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { measureDisk } from '#ground/measure-disk.ts';
import { scratchDirectory } from '../support/scratch.ts';
import { describe } from '../support/spec.ts';
import { thrownBy } from '../support/thrown.ts';

const never = new AbortController().signal;
const megabyte = 1024 * 1024;
const noLimit = Number.POSITIVE_INFINITY;

describe('disk use', (it) => {
  it('counts all files below a directory', async (scope) => {
    const directory = await scratchDirectory(scope);
    await mkdir(join(directory, 'a/b/c'), { recursive: true });
    await writeFile(join(directory, 'one'), Buffer.alloc(megabyte, 1));
    await writeFile(join(directory, 'a/b/c/two'), Buffer.alloc(megabyte, 1));
    for (let file = 0; file < 100; file += 1) await writeFile(join(directory, `a/${file}`), Buffer.alloc(4096, 1));

    const bytes = await measureDisk(directory, noLimit, never);

    assert.ok(bytes >= 2 * megabyte + 100 * 4096 && bytes < 3 * megabyte, String(bytes));
  });

  it('counts neither holes nor what links point to', async (scope) => {
    const directory = await scratchDirectory(scope);
    await writeFile(join(directory, 'hole'), '');
    await truncate(join(directory, 'hole'), 100 * megabyte);
    await symlink('/usr', join(directory, 'usr'));

    assert.ok((await measureDisk(directory, noLimit, never)) < 100_000);
  });

  it('stops when it is more than the limit', async (scope) => {
    const directory = await scratchDirectory(scope);
    for (const name of ['a', 'b', 'c', 'd']) {
      await mkdir(join(directory, name));
      await writeFile(join(directory, name, 'file'), Buffer.alloc(megabyte, 1));
    }

    const bytes = await measureDisk(directory, megabyte / 2, never);

    assert.ok(bytes > megabyte / 2 && bytes < 2 * megabyte, String(bytes));
  });

  it('is nothing for a directory that is gone', async (scope) => {
    assert.is(await measureDisk(join(await scratchDirectory(scope), 'gone'), noLimit, never), 0);
  });

  it('ends when it is not wanted any more', async (scope) => {
    const directory = await scratchDirectory(scope);
    const error = await thrownBy(() => measureDisk(directory, noLimit, AbortSignal.abort(new Error('stopped'))));
    assert.is(error.message, 'stopped');
  });
});
