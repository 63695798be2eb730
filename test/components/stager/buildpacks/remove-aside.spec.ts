import { mkdir, readdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { removeAside } from '#components/stager/buildpacks/remove-aside.ts';
import { scratchDirectory } from '../../../support/scratch.ts';
import { describe, type Scope } from '../../../support/spec.ts';

/** A directory with something in it, below an empty one. */
async function placeWith(scope: Scope): Promise<{ above: string; path: string }> {
  const above = await scratchDirectory(scope);
  await mkdir(join(above, 'old', 'deep'), { recursive: true });
  await writeFile(join(above, 'old', 'deep', 'file'), '');
  return { above, path: join(above, 'old') };
}

describe('what a stager keeps and nobody uses', (it) => {
  it('is removed, with nothing left', async (scope) => {
    const { above, path } = await placeWith(scope);
    await removeAside(path);
    assert.equal(await readdir(above), []);
  });

  it('is put back when somebody used it in that moment', async (scope) => {
    const { above, path } = await placeWith(scope);
    await removeAside(path, async () => false);
    assert.equal(await readdir(above, { recursive: true }), ['old', 'old/deep', 'old/deep/file']);
  });

  it('is taken as a whole by a task, or not at all', async (scope) => {
    for (let round = 0; round < 20; round++) {
      const { above, path } = await placeWith(scope);
      const [, isTaken] = await Promise.all([
        removeAside(path),
        rename(path, join(above, 'taken')).then(
          () => true,
          () => false,
        ),
      ]);
      const whole = ['taken', 'taken/deep', 'taken/deep/file'];
      assert.equal(await readdir(above, { recursive: true }), isTaken ? whole : []);
    }
  });
});
