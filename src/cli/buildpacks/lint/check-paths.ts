import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Finding, ok, problem, warning } from '../../doctor/finding.ts';
import type { Source } from './subject.ts';

/** A path of a machine, or of another platform, that a script names. */
interface NamedPath {
  /** `/tmp/cache`; what follows a variable is not known. */
  readonly path: string;
  readonly at: string;
}

/** Neither behind a variable, as in `"$build"/tmp`, nor the default of one, as in `${TMPDIR:-/tmp}`. */
const hostPath = /(?<![\w}$.*\])]["']?|:-["']?|\\)\/(?:app|tmp|var\/tmp|home\/vcap)(?:\/[\w.-]*)?(?![\w-])/g;
const shown = 3;

export function namedPaths(sources: readonly Source[]): NamedPath[] {
  return sources.flatMap(({ path, text }) =>
    text.split('\n').flatMap((line, index) => {
      if (/^\s*(?:#|\/\/)/.test(line)) return [];
      return [...line.matchAll(hostPath)].map(([found]) => ({ path: found, at: `${path}:${index + 1}` }));
    }),
  );
}

/** Where a buildpack may write by a fixed path, and where that is. */
type Places = Readonly<Record<string, string>>;

/** Everybody may write there, so what appears there may be somebody else's. */
const ofTheMachine: Places = Object.fromEntries(['/tmp', '/var/tmp', '/app', '/home/vcap'].map((path) => [path, path]));

/** Looks which of the paths that a buildpack names it makes. */
export class PathWatch {
  readonly #places: Places;
  readonly #before: ReadonlySet<string>;

  constructor(places: Places = ofTheMachine) {
    this.#places = places;
    this.#before = this.#contents();
  }

  /** What has appeared since, of those. */
  made(named: readonly NamedPath[]): string[] {
    const fresh = [...this.#contents()].filter((path) => !this.#before.has(path));
    return fresh.filter((path) => named.some((each) => this.#isBelow(each.path) && path.startsWith(each.path)));
  }

  /** Not just `/tmp`, which all begin with. */
  #isBelow(path: string): boolean {
    return this.#places[path.replace(/\/$/, '')] === undefined;
  }

  #contents(): Set<string> {
    const places = Object.entries(this.#places);
    return new Set(places.flatMap(([path, directory]) => namesIn(directory).map((name) => join(path, name))));
  }
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return []; // not every machine has each of them
  }
}

/** @param made what appeared there while an app was staged */
export function checkPaths(named: readonly NamedPath[], made: readonly string[]): Finding {
  const check = 'paths';
  if (made.length > 0) {
    const found = `It wrote ${made.slice(0, shown).join(', ')}, outside the directories it was given.`;
    return problem(
      check,
      found,
      'Use `mktemp` and $TMPDIR: without a sandbox two stagings at once would meet there, and nobody removes it.',
    );
  }
  if (named.length === 0) return ok(check, 'It names no fixed path of a machine.');
  const places = named.slice(0, shown).map(({ path, at }) => `${path} (${at})`);
  const more = named.length > shown ? ` and ${named.length - shown} more` : '';
  const remedy =
    'Apps are built and run elsewhere here: take the directories that the scripts are given, $TMPDIR, and $HOME and $DEPS_DIR when the app runs.';
  return warning(check, `It names fixed paths: ${places.join(', ')}${more}.`, remedy);
}
