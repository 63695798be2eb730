import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** What a tar and a zip can tell of any file. */
const earliest = new Date('1980-01-01T00:00:01Z');

/**
 * When the newest of an app's files was written, which is the time of all files of its droplet: the same for the same
 * source, and later for a later one, so that what browsers and proxies keep by time and size is never taken for current.
 */
export async function newestTime(directory: string): Promise<Date> {
  const times = await timesBelow(directory);
  const newestMs = times.reduce((newest, time) => Math.max(newest, time), earliest.getTime());
  return new Date(Math.floor(newestMs / 1_000) * 1_000);
}

async function timesBelow(directory: string): Promise<number[]> {
  const entries = await readdir(directory, { withFileTypes: true }).catch(() => []); // none, or nobody may look
  const times = entries.map(async (entry) => {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) return timesBelow(path);
    return entry.isFile() ? [(await lstat(path).catch(() => ({ mtimeMs: 0 }))).mtimeMs] : [];
  });
  return (await Promise.all(times)).flat();
}
