import { readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ToolFamily } from '#contract/runtimes.ts';
import { isProgram } from '#ground/programs.ts';
import type { Manager } from './managers.ts';
import { programsOf } from './programs.ts';
import { compareVersions, versionIn } from './version-text.ts';

/** A program that may be a runtime. */
export interface Candidate {
  readonly path: string;
  /** As a directory's name tells it; the program has to be asked where that is absent. */
  readonly version?: string;
  readonly origin: string;
  /** The directory, or the file, that led to it. */
  readonly foundIn: string;
}

/** The versions of a family which a manager keeps below `home`, the latest first. */
export async function installedVersions(manager: Manager, home: string, family: ToolFamily): Promise<Candidate[]> {
  const found: (Candidate & { version: string })[] = [];
  for (const pattern of manager.layout[family] ?? []) {
    for (const { directory, star } of await matching(home, pattern)) {
      const version = versionOfDirectory(family, star);
      const path = programsOf[family].map((name) => join(directory, name)).find(isProgram);
      if (version === undefined || path === undefined) continue;
      found.push({ path, version, origin: manager.name, foundIn: home });
    }
  }
  return found.sort((one, other) => compareVersions(other.version, one.version));
}

/**
 * The directory of a version by what a manager calls it, which may be the beginning of its number: `3.11` is the latest
 * of them. @param versions a directory with one of versions
 */
export async function directoryOfVersion(versions: string, wanted: string): Promise<string | undefined> {
  const names = await directoriesIn(versions);
  const beginning = `${wanted.replace(/^v/, '')}.`;
  const fitting = names.filter((name) => `${name.replace(/^v/, '')}.`.startsWith(beginning));
  const latest = fitting.sort((one, other) => compareVersions(other.replace(/^v/, ''), one.replace(/^v/, '')))[0];
  const name = names.includes(wanted) ? wanted : latest;
  return name === undefined ? undefined : join(versions, name);
}

interface Match {
  readonly directory: string;
  /** What the last star stood for. */
  readonly star: string;
}

async function matching(home: string, pattern: string): Promise<Match[]> {
  let matches: Match[] = [{ directory: home, star: '' }];
  for (const segment of pattern.split('/')) {
    const next = matches.map(async ({ directory, star }): Promise<Match[]> => {
      if (!segment.endsWith('*')) return [{ directory: join(directory, segment), star }];
      const names = (await directoriesIn(directory)).filter((name) => name.startsWith(segment.slice(0, -1)));
      return names.map((name) => ({ directory: join(directory, name), star: name }));
    });
    matches = (await Promise.all(next)).flat();
  }
  return matches;
}

/** Links are other names of what is there too: `latest`, `20`. */
async function directoriesIn(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
}

/** Other makes of a language have other numbers: `jruby-9.4`, `pypy3.9-7.3`. For Java the maker stands in front. */
export function versionOfDirectory(family: ToolFamily, name: string): string | undefined {
  const isOne = family === 'java' ? /\d/.test(name) : /^v?\d+(\.\d+)+$/.test(name.replace(/_\d+$/, ''));
  return isOne ? versionIn(family, name) : undefined;
}

/** Where the program of a version lies in its directory. */
export function programIn(directory: string, family: ToolFamily): string | undefined {
  const places = ['bin', 'go/bin', 'Contents/Home/bin'].map((bin) => join(directory, bin));
  return places.flatMap((bin) => programsOf[family].map((name) => join(bin, name))).find(isProgram);
}

/** The directory above the one with programs. */
export function homeOfShims(shim: string): string {
  return dirname(dirname(shim));
}
