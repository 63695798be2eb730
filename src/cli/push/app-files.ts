import { lstatSync, readdirSync, readFileSync, realpathSync, type Stats } from 'node:fs';
import { join } from 'node:path';
import { ActionableError, systemCodeOf } from '#ground/errors.ts';
import { type AppFile, appFile, attempt, explain } from './app-file.ts';
import { IgnoreRules, leftOutByHabit } from './ignore-rules.ts';

/** Of a push, with directories and links. */
export const mostFiles = 50_000;

/**
 * What is pushed of a folder: everything but what its `.cfignore` and habit leave out. Directories stand before what
 * they hold.
 * @param leftOut patterns that count more than those of `.cfignore`
 * @throws ActionableError BAD_INPUT for a folder that cannot be pushed as it is
 */
export function appFilesIn(folder: string, leftOut: readonly string[] = leftOutByHabit): AppFile[] {
  const rules = new IgnoreRules(ignoreFileIn(folder), leftOut);
  const found: AppFile[] = [];
  walk(realpathSync(folder), '', rules, found);
  refuseEmpty(folder, found);
  return found;
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

/** What lies in a directory, in the order of a push. @throws ActionableError BAD_INPUT */
export function namesIn(root: string, directory: string): string[] {
  return attempt(directory === '' ? '.' : directory, () => readdirSync(join(root, directory))).sort();
}

/** The text of a folder's `.cfignore`; empty when there is none. @throws ActionableError BAD_INPUT */
export function ignoreFileIn(folder: string): string {
  try {
    return readFileSync(join(folder, '.cfignore'), 'utf8');
  } catch (cause) {
    if (systemCodeOf(cause) === 'ENOENT') return '';
    throw explain('.cfignore', cause);
  }
}

/** @throws ActionableError BAD_INPUT */
export function refuseEmpty(folder: string, files: readonly AppFile[]): void {
  if (files.some(({ kind }) => kind !== 'directory')) return;
  throw new ActionableError(
    'BAD_INPUT',
    `${folder} is empty, or its .cfignore leaves out everything: there is nothing to push.`,
    'Name the folder of the app, and look what its .cfignore says.',
  );
}

function statsOf(root: string, path: string): Stats {
  return attempt(path, () => lstatSync(join(root, path)));
}

export function tooMany(): ActionableError {
  return new ActionableError(
    'BAD_INPUT',
    `There are more than ${mostFiles.toLocaleString('en')} files in this folder.`,
    'Check that it is the right one, and name in .cfignore what the app does not need to run.',
  );
}
