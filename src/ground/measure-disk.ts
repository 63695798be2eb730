import type { Stats } from 'node:fs';
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
    const parent = path;
    for (let at = 0; at < entries.length; at += atOnce) {
      const stats = entries.slice(at, at + atOnce).map(({ name }) => lstat(join(parent, name)).catch(() => undefined)); // the same
      for (const each of await Promise.all(stats)) bytes += each === undefined ? 0 : allocatedBytes(each, counted);
    }
    for (const entry of entries) if (entry.isDirectory()) directories.push(join(parent, entry.name));
  }
  return bytes;
}

function allocatedBytes(stats: Stats, counted: Set<number>): number {
  if (!stats.isDirectory() && stats.nlink > 1) {
    if (counted.has(stats.ino)) return 0;
    counted.add(stats.ino);
  }
  return stats.blocks * bytesPerBlock;
}
