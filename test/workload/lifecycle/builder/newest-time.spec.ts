import { mkdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { newestTime } from '#workload/lifecycle/builder/newest-time.ts';
import { scratchDirectory } from '../../../support/scratch.ts';
import { describe } from '../../../support/spec.ts';

describe('the time of a droplet', (it) => {
  it('is that of the newest file of the app, in whole seconds', async (scope) => {
    const directory = await scratchDirectory(scope);
    await mkdir(join(directory, 'deep'));
    for (const [name, seconds] of [
      ['old', 1_000_000_000],
      ['deep/new', 1_500_000_000.75],
    ] as const) {
      await writeFile(join(directory, name), '');
      await utimes(join(directory, name), seconds, seconds);
    }

    assert.is((await newestTime(directory)).getTime(), 1_500_000_000_000);
  });

  it('is one that every archive can hold when there is no file', async (scope) => {
    const empty = await scratchDirectory(scope);

    for (const directory of [empty, join(empty, 'missing')]) {
      assert.is((await newestTime(directory)).toISOString(), '1980-01-01T00:00:01.000Z');
    }
  });
});
