import { chmod, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { systemCodeOf } from './errors.ts';

/** Removes a directory with all that an app or a buildpack left in it, directories that nobody may enter or change included. */
export async function removeTree(path: string): Promise<void> {
  const options = { recursive: true, force: true, maxRetries: 3 } as const;
  try {
    await rm(path, options);
  } catch (error) {
    if (systemCodeOf(error) !== 'EACCES' && systemCodeOf(error) !== 'EPERM') throw error;
    await openUp(path);
    await rm(path, options);
  }
}

async function openUp(directory: string): Promise<void> {
  await chmod(directory, 0o700).catch(() => {}); // not ours to change: then removing it says so
  const entries = await readdir(directory, { withFileTypes: true }).catch(() => []);
  for (const entry of entries) if (entry.isDirectory()) await openUp(join(directory, entry.name));
}
