import type { Dirent } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';

const atOnce = 32;
const bytesPerBlock = 512;

/**
 * Bytes that a directory takes on the disk: what is allocated, so that a hole in a file costs nothing, and a file of
 * several names costs as much as of one. Links are not followed. It stops beyond `limitBytes`, since more than too much
 * need not be known exactly.
 * @throws the signal's reason
 */
export async function measureDisk(directory: string, limitBytes: number, signal: AbortSignal): Promise<number> {
  const directories = [directory];
  const counted = new Set<number>();
  let bytes = 0;
  for (let path = directories.pop(); path !== undefined && bytes <= limitBytes; path = directories.pop()) {
    signal.throwIfAborted();
    const entries = await readdir(path, { withFileTypes: true }).catch(() => []); // removed meanwhile
    bytes += await allocatedBytes(path, entries, counted);
    for (const entry of entries) if (entry.isDirectory()) directories.push(join(path, entry.name));
  }
  return bytes;
}

/** @param counted files of several names that were seen before */
async function allocatedBytes(parent: string, entries: readonly Dirent[], counted: Set<number>): Promise<number> {
  let bytes = 0;
  for (let at = 0; at < entries.length; at += atOnce) {
    const stats = entries.slice(at, at + atOnce).map(({ name }) => lstat(join(parent, name)).catch(() => undefined)); // the same
    for (const each of await Promise.all(stats)) {
      const hasOtherNames = each !== undefined && !each.isDirectory() && each.nlink > 1;
      if (each !== undefined && !(hasOtherNames && counted.has(each.ino))) bytes += each.blocks * bytesPerBlock;
      if (hasOtherNames) counted.add(each.ino);
    }
  }
  return bytes;
}
