import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { syncDirectory } from './files.ts';

/** Older ones are removed, so that a failing disk does not fill up with what it spoiled. */
const copiesKept = 5;

/**
 * Moves damaged files out of the way, into a directory named after the moment below `directory`, on the same disk.
 * Of such directories the newest few are kept. @returns the path where it lies now
 */
export async function setAside(path: string, directory: string, at: Date = new Date()): Promise<string> {
  const place = join(directory, at.toISOString().replaceAll(':', '-'));
  await mkdir(place, { recursive: true, mode: 0o700 });
  const target = await freeNameIn(place, basename(path));
  await rename(path, target);
  await syncDirectory(place);
  await prune(directory, basename(place));
  return target;
}

async function freeNameIn(directory: string, name: string): Promise<string> {
  for (let copy = 1; ; copy += 1) {
    const path = join(directory, copy === 1 ? name : `${name}.${copy}`);
    const isTaken = await stat(path).then(
      () => true,
      () => false,
    );
    if (!isTaken) return path;
  }
}

/** The clock of a small machine may stand anywhere after a start, so the one just made is never among the removed. */
async function prune(directory: string, newest: string): Promise<void> {
  const others = (await readdir(directory)).filter((name) => name !== newest).sort();
  for (const name of others.slice(0, Math.max(0, others.length - (copiesKept - 1)))) {
    await rm(join(directory, name), { recursive: true, force: true });
  }
}
