import {
  accessSync,
  constants,
  lstatSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  type Stats,
} from 'node:fs';
import { isAbsolute, join, posix, relative, sep } from 'node:path';
import { ActionableError, systemCodeOf } from '#ground/errors.ts';
import { IgnoreRules, leftOutByHabit } from './ignore-rules.ts';

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

const mostFiles = 50_000;

/** Up to here a file is read in one go: a stream takes ten times as long, and most apps are thousands of small files. */
export const smallBytes = 1024 * 1024;

/**
 * What is pushed of a folder: everything but what its `.cfignore` and habit leave out. Directories stand before what
 * they hold.
 * @param leftOut patterns that count more than those of `.cfignore`
 * @throws ActionableError BAD_INPUT for a folder that cannot be pushed as it is
 */
export function appFilesIn(folder: string, leftOut: readonly string[] = leftOutByHabit): AppFile[] {
  const rules = new IgnoreRules(readIgnoreFile(join(folder, '.cfignore')), leftOut);
  const found: AppFile[] = [];
  walk(realpathSync(folder), '', rules, found);
  if (found.some(({ kind }) => kind !== 'directory')) return found;
  throw new ActionableError(
    'BAD_INPUT',
    `${folder} is empty, or its .cfignore leaves out everything: there is nothing to push.`,
    'Name the folder of the app, and look what its .cfignore says.',
  );
}

function walk(root: string, directory: string, rules: IgnoreRules, found: AppFile[]): void {
  for (const name of namesIn(root, directory)) {
    const path = directory === '' ? name : `${directory}/${name}`;
    const stats = statsOf(root, path);
    if (rules.ignores(path, stats.isDirectory())) continue;
    if (found.length >= mostFiles) throw tooMany();
    found.push(appFile(root, path, stats));
    if (stats.isDirectory()) walk(root, path, rules, found);
  }
}

function appFile(root: string, path: string, stats: Stats): AppFile {
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
  if (leadsOut || isOutside(relative(root, realPathOf(join(root, path)) ?? root))) {
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

/** Where a path leads through all its links, or `undefined` when it leads nowhere. */
function realPathOf(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    return undefined; // a link to what is not there (yet) is the app's own affair
  }
}

function namesIn(root: string, directory: string): string[] {
  return attempt(directory === '' ? '.' : directory, () => readdirSync(join(root, directory))).sort();
}

function statsOf(root: string, path: string): Stats {
  return attempt(path, () => lstatSync(join(root, path)));
}

function readIgnoreFile(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    if (systemCodeOf(cause) === 'ENOENT') return '';
    throw explain('.cfignore', cause);
  }
}

function attempt<T>(path: string, look: () => T): T {
  try {
    return look();
  } catch (cause) {
    throw explain(path, cause);
  }
}

function explain(path: string, cause: unknown): unknown {
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

function tooMany(): ActionableError {
  return new ActionableError(
    'BAD_INPUT',
    `There are more than ${mostFiles.toLocaleString('en')} files in this folder.`,
    'Check that it is the right one, and name in .cfignore what the app does not need to run.',
  );
}
