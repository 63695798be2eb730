import { join } from 'node:path';
import type { ToolFamily } from '#contract/runtimes.ts';
import { absoluteIn } from '#ground/programs.ts';

/** Programs of each family, the better first. */
export const programsOf: Readonly<Record<ToolFamily, readonly string[]>> = {
  ruby: ['ruby'],
  node: ['node', 'nodejs'],
  python: ['python3', 'python'],
  php: ['php'],
  java: ['java'],
  go: ['go'],
};

/** Where programs are, also when the PATH is that of a service manager. */
export const usualDirectories: readonly string[] = ['/usr/local/bin', '/usr/bin', '/bin', '/opt/homebrew/bin'];

/** What somebody put into `LOCALPAAS_RUNTIMES`, which is written like a PATH. */
export function configuredDirectories(env: Readonly<Record<string, string | undefined>>): string[] {
  return absoluteIn(env['LOCALPAAS_RUNTIMES'] ?? '');
}

export interface SearchPlaces {
  /** Looked through before the PATH: somebody configured them. */
  readonly runtimeDirectories?: readonly string[] | undefined;
  /** A PATH. */
  readonly path: string;
  readonly userHome?: string | undefined;
  /** Where programs are looked for when the PATH does not have them. */
  readonly programDirectories: readonly string[];
}

/** All directories in which a program is looked for by its name, the first ones first. */
export function searchDirectories({
  runtimeDirectories = [],
  path,
  userHome,
  programDirectories,
}: SearchPlaces): string[] {
  const own = userHome === undefined ? [] : [join(userHome, '.local/bin')];
  return [...new Set([...runtimeDirectories, ...absoluteIn(path), ...programDirectories, ...own])];
}

/** Whether a program only hands over to a version that its manager chooses by files we may not have. */
export function isShim(program: string): boolean {
  return /\/(shims|\.volta\/bin)\/[^/]+$/.test(program);
}
