import { rename } from 'node:fs/promises';
import { temporaryNameFor } from '#ground/files.ts';
import { removeTree } from '#ground/remove-tree.ts';

/**
 * Removes a directory that a task may take at the same moment: the task gets all of it or nothing.
 * @param isStillOld asked again when nobody can take it any more; what is used now is put back
 */
export async function removeAside(
  path: string,
  isStillOld: (path: string) => Promise<boolean> = async () => true,
): Promise<void> {
  const aside = temporaryNameFor(path);
  const isOurs = await rename(path, aside).then(
    () => true,
    () => false, // a task was faster
  );
  if (!isOurs) return;
  if (await isStillOld(aside)) await removeTree(aside);
  else await rename(aside, path);
}
