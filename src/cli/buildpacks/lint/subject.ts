import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { ActionableError } from '#ground/errors.ts';
import { extractZip } from '#ground/unzip.ts';

const scriptNames = ['detect', 'supply', 'finalize', 'compile', 'release'] as const;
export type ScriptName = (typeof scriptNames)[number];

/** The buildpack that is checked: a copy, which its scripts may do anything to. */
export interface Subject {
  readonly name: string;
  /** Where its `bin` is expected. */
  readonly place: string;
  readonly scripts: readonly ScriptName[];
}

/** What is no part of a buildpack. */
const leftOut = ['.git', '.hg', '.svn'];

/** @param given a folder or a zip @param copy where to put it; does not exist yet @throws ActionableError */
export async function openSubject(given: string, workingDirectory: string, copy: string): Promise<Subject> {
  const path = resolve(workingDirectory, given);
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) {
    throw new ActionableError('NOT_FOUND', `There is no folder or zip at ${path}.`, 'Give the path of a buildpack.');
  }
  if (stats.isDirectory()) {
    const filter = (from: string) => !leftOut.includes(basename(from));
    await cp(path, copy, { recursive: true, verbatimSymlinks: true, preserveTimestamps: true, filter });
  } else await extractZip(path, copy);
  const names = readdirSync(copy);
  const nested = names.length === 1 ? join(copy, names[0] ?? '') : copy;
  const place = !existsSync(join(copy, 'bin')) && existsSync(join(nested, 'bin')) ? nested : copy;
  const scripts = scriptNames.filter((name) => isFile(join(place, 'bin', name)));
  return { name: basename(path).replace(/\.zip$/, ''), place, scripts };
}

/** A file of a buildpack that people wrote: a script or what scripts read. */
export interface Source {
  /** Relative to the buildpack. */
  readonly path: string;
  readonly text: string;
}

const mostBytes = 512 * 1024;

/** The scripts in `bin` and `lib`, and whatever else ends like one or begins like one. */
export function sourcesIn(place: string): Source[] {
  return filesBelow(place).flatMap((path) => {
    if (!/^(?:bin|lib)\/|\.(?:ba)?sh$/.test(path) || path.startsWith('sample-app/')) return [];
    const file = join(place, path);
    if (statSync(file).size > mostBytes) return [];
    const bytes = readFileSync(file);
    return bytes.includes(0) ? [] : [{ path, text: bytes.toString('utf8') }];
  });
}

/** Files below a directory, relative to it, in the order of names; no link is followed, for some lead in circles. */
export function filesBelow(directory: string, below = ''): string[] {
  const entries = readdirSync(join(directory, below), { withFileTypes: true });
  return entries
    .sort((one, other) => (one.name < other.name ? -1 : 1))
    .flatMap((entry) => {
      const path = join(below, entry.name);
      if (entry.isDirectory()) return filesBelow(directory, path);
      return entry.isFile() ? [path] : [];
    });
}

export function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}
