import { access, chmod, mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { removeTree } from '#ground/remove-tree.ts';
import { scratchDirectory } from '../support/scratch.ts';
import { describe } from '../support/spec.ts';

describe('removing a directory', (it) => {
  it('also removes what the app closed to everybody', async (scope) => {
    const scratch = await scratchDirectory(scope);
    const directory = join(scratch, 'instance');
    await mkdir(join(directory, 'closed/inner'), { recursive: true });
    await writeFile(join(directory, 'closed/inner/file'), '');
    for (const path of ['closed/inner', 'closed', '.']) await chmod(join(directory, path), 0o000);

    await removeTree(directory);

    assert.not(await isThere(directory));
  });

  it('leaves alone what links point to', async (scope) => {
    const scratch = await scratchDirectory(scope);
    await mkdir(join(scratch, 'instance'));
    await writeFile(join(scratch, 'precious'), '');
    await symlink(join(scratch, 'precious'), join(scratch, 'instance/link'));

    await removeTree(join(scratch, 'instance'));

    assert.ok(await isThere(join(scratch, 'precious')));
  });

  it('is content when there is none', async (scope) => {
    await removeTree(join(await scratchDirectory(scope), 'none'));
  });
});

function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
