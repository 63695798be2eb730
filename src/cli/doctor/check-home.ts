import { access, constants, lstat, readdir, stat, statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { readableSize } from '#ground/bytes.ts';
import { systemCodeOf } from '#ground/errors.ts';
import { type Finding, ok, problem, warning } from './finding.ts';

const littleBytes = 1024 ** 3;
const tooLittleBytes = 100 * 1024 ** 2;

/** Whether localpaas can keep its files in `home`, which need not exist yet. */
export async function checkHome(home: string): Promise<Finding> {
  const place = await nearestDirectory(home);
  try {
    if (!(await stat(place)).isDirectory()) throw new Error('it is not a directory');
    await access(place, constants.W_OK | constants.X_OK);
    return ok('home', place === home ? `${home} can be written.` : `${home} can be made.`);
  } catch (error) {
    const why = systemCodeOf(error) ?? (error instanceof Error ? error.message : '');
    return problem(
      'home',
      `${home} cannot be ${place === home ? 'written' : 'made'}: ${place}: ${why}.`,
      'Make it writable, or name another with LOCALPAAS_HOME or `--home`.',
    );
  }
}

/** How much room is left, and what localpaas itself takes, by owner. */
export async function checkDisk(home: string): Promise<Finding> {
  const { bavail, bsize } = await statfs(await nearestDirectory(home));
  const freeBytes = bavail * bsize;
  const used = await usageOf(home);
  const owners = used.filter(({ bytes }) => bytes > 0).map(({ name, bytes }) => `${name} ${readableSize(bytes)}`);
  const total = readableSize(used.reduce((sum, { bytes }) => sum + bytes, 0));
  const found = `${readableSize(freeBytes)} free; localpaas uses ${total}${owners.length === 0 ? '' : ` (${owners.join(', ')})`}.`;
  if (freeBytes < tooLittleBytes) return problem('disk', found, 'Free some space: writes will soon fail.');
  if (freeBytes < littleBytes) return warning('disk', found, 'Free some space: each push needs some.');
  return ok('disk', found);
}

/** What lies in the home, by its first folders, the largest first. */
async function usageOf(home: string): Promise<{ name: string; bytes: number }[]> {
  const names = await namesIn(home);
  const used = await Promise.all(names.map(async (name) => ({ name, bytes: await bytesBelow(join(home, name)) })));
  return used.sort((a, b) => b.bytes - a.bytes);
}

async function bytesBelow(path: string): Promise<number> {
  try {
    const stats = await lstat(path);
    let bytes = stats.blocks * 512;
    if (!stats.isDirectory()) return bytes;
    for (const name of await namesIn(path)) bytes += await bytesBelow(join(path, name));
    return bytes;
  } catch {
    return 0; // gone meanwhile, or not ours to look at
  }
}

async function namesIn(directory: string): Promise<string[]> {
  try {
    return await readdir(directory);
  } catch {
    return []; // the same
  }
}

async function nearestDirectory(path: string): Promise<string> {
  try {
    await stat(path);
    return path;
  } catch (error) {
    const isMissing = systemCodeOf(error) === 'ENOENT';
    return isMissing && dirname(path) !== path ? nearestDirectory(dirname(path)) : path;
  }
}
