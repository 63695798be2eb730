import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';

const atOnce = 32;
const bytesPerBlock = 512;

/**
 * Bytes that a directory takes on the disk: what is allocated, so that a hole in a file costs nothing. Links are not
 * followed. It stops beyond `limitBytes`, since more than too much need not be known exactly.
 * @throws the signal's reason
 */
export async function measureDisk(directory: string, limitBytes: number, signal: AbortSignal): Promise<number> {
  const directories = [directory];
  let bytes = 0;
  for (let path = directories.pop(); path !== undefined && bytes <= limitBytes; path = directories.pop()) {
    signal.throwIfAborted();
    const entries = await readdir(path, { withFileTypes: true }).catch(() => []); // removed meanwhile
    const parent = path;
    for (let at = 0; at < entries.length; at += atOnce) {
      const sizes = entries.slice(at, at + atOnce).map(({ name }) => allocatedBytes(join(parent, name)));
      for (const size of await Promise.all(sizes)) bytes += size;
    }
    for (const entry of entries) if (entry.isDirectory()) directories.push(join(parent, entry.name));
  }
  return bytes;
}

async function allocatedBytes(path: string): Promise<number> {
  try {
    return (await lstat(path)).blocks * bytesPerBlock;
  } catch {
    return 0; // removed meanwhile
  }
}
