import {
  accessSync,
  closeSync,
  constants,
  fstatSync,
  openSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  type Stats,
} from 'node:fs';
import { isAbsolute, join, posix, relative, sep } from 'node:path';
import { ActionableError, systemCodeOf } from '#ground/errors.ts';

/** One thing of an app's folder that is pushed. */
export interface AppFile {
  /** Relative to the folder, with `/`. */
  readonly path: string;
  readonly kind: 'file' | 'directory' | 'symlink';
  /** Permission bits. */
  readonly mode: number;
  /** 0 for directories and links. */
  readonly sizeBytes: number;
  readonly modifiedAt: Date;
  /** Of a link. */
  readonly target?: string;
}

/** Up to here a file is read in one go: a stream takes ten times as long, and most apps are thousands of small files. */
export const smallBytes = 1024 * 1024;

/** Reads a file that may have become something else by now: opening a pipe would wait for who writes to it. */
export function contentOf(path: string): Buffer {
  const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    if (!fstatSync(file).isFile()) throw Object.assign(new Error(`${path} is not a file any more`), { code: 'EIO' });
    return readFileSync(file);
  } finally {
    closeSync(file);
  }
}

/**
 * @param stats of the path itself, not of what a link leads to
 * @throws ActionableError BAD_INPUT for what cannot be pushed
 */
export function appFile(root: string, path: string, stats: Stats): AppFile {
  const common = { path, mode: stats.mode & 0o777, modifiedAt: stats.mtime };
  if (stats.isSymbolicLink())
    return { ...common, kind: 'symlink', mode: 0o777, sizeBytes: 0, target: linkTarget(root, path) };
  if (stats.isDirectory()) return { ...common, kind: 'directory', sizeBytes: 0 };
  if (!stats.isFile()) {
    throw refuse(path, 'is neither a file nor a folder nor a link', 'Remove it, or name it in .cfignore.');
  }
  attempt(path, () => accessSync(join(root, path), constants.R_OK));
  return { ...common, kind: 'file', sizeBytes: stats.size };
}

/** The text of a link, once it is sure that it leads to something below the root, wherever that will lie. */
function linkTarget(root: string, path: string): string {
  const target = attempt(path, () => readlinkSync(join(root, path)));
  const leadsOut = isAbsolute(target) || isOutside(posix.join(posix.dirname(path), target.split(sep).join('/')));
  if (leadsOut || isOutside(relative(root, realPathOf(root, path) ?? root))) {
    throw refuse(
      path,
      `is a link to '${target}', outside the app`,
      'Copy what it leads to into the app, or name the link in .cfignore.',
    );
  }
  return target;
}

function isOutside(path: string): boolean {
  return path === '..' || path.startsWith(`..${sep}`) || path.startsWith('../');
}

/** Where a link leads at last, or `undefined` when it leads nowhere. @throws ActionableError BAD_INPUT */
function realPathOf(root: string, path: string): string | undefined {
  try {
    return realpathSync(join(root, path));
  } catch (error) {
    if (systemCodeOf(error) === 'ELOOP') {
      throw refuse(
        path,
        'is a link that leads in circles',
        'Have it lead to something, remove it, or name it in .cfignore.',
      );
    }
    return undefined; // a link to what is not there (yet) is the app's own affair
  }
}

/** @throws ActionableError BAD_INPUT in place of the system's error */
export function attempt<T>(path: string, look: () => T): T {
  try {
    return look();
  } catch (cause) {
    throw explain(path, cause);
  }
}

/** What is to be said to people about a path that cannot be read; errors that are not the system's pass unchanged. */
export function explain(path: string, cause: unknown): unknown {
  const code = systemCodeOf(cause);
  if (code === 'EACCES' || code === 'EPERM') {
    return refuse(path, 'cannot be read: you may not', 'Give yourself the right to read it, or name it in .cfignore.');
  }
  if (code === 'ENOENT') {
    return refuse(path, 'is gone, or its name is not UTF-8', 'Push again; rename the file if that does not help.');
  }
  return code === undefined ? cause : refuse(path, `cannot be read: ${code}`, 'Mend that, or name it in .cfignore.');
}

function refuse(path: string, what: string, remedy: string): ActionableError {
  return new ActionableError('BAD_INPUT', `'${path}' ${what}.`, remedy);
}
