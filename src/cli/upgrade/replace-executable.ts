import { constants } from 'node:fs';
import { access, chmod, chown, copyFile, link, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { ActionableError, explainDiskError, systemCodeOf } from '#ground/errors.ts';
import { syncDirectory, temporaryNameFor } from '#ground/files.ts';

/** The executable there was before the last upgrade, which `--rollback` brings back. */
export function previousOf(path: string): string {
  return `${path}.previous`;
}

/**
 * Copies `file` beside the executable at `path`, to be checked and put in its place. Owner and permissions are those of
 * the present one. What copies of upgrades that were killed are left goes: there is one at a time.
 * @throws ActionableError DISK_FULL, NOT_PERMITTED
 */
export async function copyBeside(file: string, path: string): Promise<string> {
  await sweep(path);
  const copy = temporaryNameFor(path);
  try {
    await copyFile(file, copy, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
    const { mode, uid, gid } = await stat(path);
    if (process.getuid?.() === 0) await chown(copy, uid, gid);
    await chmod(copy, (mode & 0o777) | 0o100);
    const handle = await open(copy, 'r');
    await handle.sync().finally(() => handle.close());
    return copy;
  } catch (error) {
    await rm(copy, { force: true }).catch(() => {}); // where nothing may be written there is nothing to remove
    throw explain(error, path);
  }
}

/** A change that was made, and can be unmade until it is `settle`d. */
export interface Replacement {
  undo(): Promise<void>;
  /** Lets go of what only `undo` needs. */
  settle(): Promise<void>;
}

/**
 * Puts `fresh` in the place of `path`, whose file is the previous one then. At each moment there is a whole executable
 * at `path`.
 */
export async function putInPlace(fresh: string, path: string): Promise<Replacement> {
  const previous = previousOf(path);
  const before = temporaryNameFor(path);
  const link = temporaryNameFor(path);
  try {
    await linkOrCopy(path, link);
    const hadPrevious = await renameIfThere(previous, before);
    await rename(link, previous);
    await rename(fresh, path);
    await syncDirectory(dirname(path));
    return {
      async undo() {
        await rename(previous, path);
        if (hadPrevious) await rename(before, previous);
        await syncDirectory(dirname(path));
      },
      settle: () => rm(before, { force: true }),
    };
  } catch (error) {
    await rm(link, { force: true }).catch(() => {}); // the error says why
    throw explain(error, path);
  }
}

async function renameIfThere(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to);
    return true;
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT') return false;
    throw error;
  }
}

/** Has the executable and the previous one change places. */
export async function swapWithPrevious(path: string): Promise<Replacement> {
  const aside = temporaryNameFor(path);
  try {
    await linkOrCopy(path, aside);
    await rename(previousOf(path), path);
    await rename(aside, previousOf(path));
    await syncDirectory(dirname(path));
    return { undo: async () => void (await swapWithPrevious(path)), settle: async () => {} };
  } catch (error) {
    await rm(aside, { force: true }).catch(() => {}); // the error says why
    throw explain(error, path);
  }
}

/** Finds out before any work is done. @param asRoot the command line with which root does it @throws ActionableError NOT_PERMITTED */
export async function checkPermission(path: string, asRoot: string): Promise<void> {
  try {
    await access(dirname(path), constants.W_OK);
  } catch (error) {
    throw explain(error, path, asRoot);
  }
}

async function linkOrCopy(path: string, other: string): Promise<void> {
  try {
    await link(path, other);
  } catch (error) {
    // File systems of USB sticks have no links, and some systems keep them from all but the owner.
    if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'].includes(systemCodeOf(error) ?? '')) throw error;
    await copyFile(path, other, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
    await chmod(other, (await stat(path)).mode & 0o777);
  }
}

async function sweep(path: string): Promise<void> {
  const name = basename(path);
  for (const each of await readdir(dirname(path)).catch(() => [])) {
    if (!each.startsWith(`${name}.`) || !/^\d+-[0-9a-f]{8}\.tmp$/.test(each.slice(name.length + 1))) continue;
    await rm(join(dirname(path), each), { force: true }).catch(() => {}); // not ours: it harms nobody but the disk
  }
}

function explain(error: unknown, path: string, asRoot?: string): unknown {
  const code = systemCodeOf(error);
  if (code === 'EROFS') {
    return new ActionableError(
      'NOT_PERMITTED',
      `The executable ${path} cannot be replaced: its file system is mounted read-only.`,
      'Mount it for writing (`mount -o remount,rw …`), and try again.',
      { cause: error },
    );
  }
  if (code === 'EACCES' || code === 'EPERM') {
    return new ActionableError(
      'NOT_PERMITTED',
      `The executable ${path} cannot be replaced: you may not write in ${dirname(path)}.`,
      asRoot === undefined ? 'Do it as the owner of that directory.' : `Do it as its owner, or as root: \`${asRoot}\``,
      { cause: error },
    );
  }
  return explainDiskError(error, `the new executable does not fit into ${dirname(path)}`);
}
