import { randomBytes } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { systemCodeOf } from './errors.ts';

/**
 * Writes a file so that a crash or a power cut leaves the old content or the new one, never a part:
 * temporary name, fsync, rename, fsync of the directory.
 */
export async function writeFileDurably(path: string, content: string | Uint8Array, mode = 0o600): Promise<void> {
  await replaceFile(path, content, { mode, sync: true });
  await syncDirectory(dirname(path));
}

/**
 * Writes a file so that a crash of this process leaves the old content or the new one. A power cut may leave anything:
 * for what is true only until the machine stops.
 */
export async function replaceFile(
  path: string,
  content: string | Uint8Array,
  { mode = 0o600, sync = false }: { mode?: number; sync?: boolean } = {},
): Promise<void> {
  const temporary = temporaryNameFor(path);
  try {
    const file = await open(temporary, 'wx', mode);
    try {
      await file.writeFile(content);
      if (sync) await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** A name beside `path` that nobody else uses. */
export function temporaryNameFor(path: string): string {
  return `${path}.${process.pid}-${randomBytes(4).toString('hex')}.tmp`;
}

/**
 * Removes the temporary files of writers that were killed in the middle. A directory that is not there has none.
 * @param isWriting whether the process with this id may still need its file; absent when nobody else writes there
 */
export async function removeTemporaries(
  directory: string,
  isWriting: (pid: number) => boolean = () => false,
): Promise<void> {
  for (const name of await namesIn(directory)) {
    const [, pid] = /\.(\d+)-[0-9a-f]{8}\.tmp$/.exec(name) ?? [];
    if (pid !== undefined && !isWriting(Number(pid))) await rm(join(directory, name), { force: true });
  }
}

async function namesIn(directory: string): Promise<string[]> {
  try {
    return await readdir(directory);
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT') return [];
    throw error;
  }
}

/** Makes a rename in `directory` survive a power cut. */
export async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** The file's text, or `undefined` when there is no such file. */
export async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT') return undefined;
    // The system names the file where it cannot be opened, but not where it cannot be read.
    throw error instanceof Error ? Object.assign(error, { path }) : error;
  }
}

/** The directory, made when missing, readable by its owner alone. */
export async function ensureDirectory(path: string): Promise<string> {
  await mkdir(path, { recursive: true, mode: 0o700 });
  return path;
}
