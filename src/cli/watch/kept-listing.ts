import { lstatSync, realpathSync, type Stats, statSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { ActionableError, systemCodeOf } from '#ground/errors.ts';
import { type AppFile, appFile, explain } from '../push/app-file.ts';
import { ignoreFileIn, mostFiles, namesIn, refuseEmpty, tooMany } from '../push/app-files.ts';
import { IgnoreRules, leftOutByHabit } from '../push/ignore-rules.ts';
import { isWorthWatching, leftAlone } from './left-alone.ts';

/** A path as it was at the last look. */
interface Kept {
  /** What is pushed of it, or what keeps it from being pushed. */
  readonly what: AppFile | ActionableError;
  /** Differs when the path may have another content. */
  readonly stamp: string;
  /** When it was first seen like this, as of `performance.now()`. */
  readonly seenAt: number;
}

/** What a look found different from the look before. */
export interface Look {
  readonly changed: Set<string>;
  /** A file lost all its content, as happens for a moment when it is written anew. */
  wasEmptied: boolean;
}

/** Who is told of every directory before it is read. */
interface Watches {
  add(directory: string, inode: number): void;
  keepOnly(directories: ReadonlySet<string>): void;
}

/** Some file systems keep times to two seconds: what is written again so soon may look as before. */
const coarseMs = 2_000;
/** Then signals and the app's log get their turn. */
const pathsPerTurn = 500;

/**
 * What a push would send of a folder, kept from one look to the next. A path that was not touched keeps its `AppFile`
 * object, so that what was computed of it stays good.
 */
export class KeptListing {
  readonly #folder: string;
  readonly #watches: Watches;
  readonly #leftOut: readonly string[];
  /** Where the folder is, through all links. */
  #root: string;
  #rules = new IgnoreRules('');
  #kept = new Map<string, Kept>();
  /** Whether paths stand in the order of a push. */
  #isInOrder = true;
  #files: readonly AppFile[] | undefined;
  #problems: readonly ActionableError[] | undefined;

  /** @param leftOut patterns instead of those left out by habit */
  constructor(folder: string, watches: Watches, leftOut: readonly string[] = leftOutByHabit) {
    this.#folder = folder;
    this.#root = folder;
    this.#watches = watches;
    this.#leftOut = leftOut;
  }

  /** Looks at everything. @throws ActionableError BAD_INPUT for a folder that is not there or holds too much */
  async lookAtAll(now: number): Promise<Look> {
    const look = { changed: new Set<string>(), wasEmptied: false };
    const inode = this.#find();
    this.#rules = new IgnoreRules(`${leftAlone}\n${ignoreFileIn(this.#root)}`, this.#leftOut);
    const next = new Map<string, Kept>();
    this.#watches.add('', inode);
    await this.#walk('', { next, look, now });
    for (const path of this.#kept.keys()) if (!next.has(path)) look.changed.add(path);
    this.#kept = next;
    this.#isInOrder = true;
    this.#renew();
    this.#watches.keepOnly(this.#directories());
    return look;
  }

  /** Looks at these paths, and below them. @throws ActionableError like `lookAtAll` */
  async lookAt(paths: ReadonlySet<string>, now: number): Promise<Look> {
    if (paths.has('') || paths.has('.cfignore')) return this.lookAtAll(now);
    const look = { changed: new Set<string>(), wasEmptied: false };
    let hadDirectory = false;
    for (const path of paths) {
      if (!this.#isReachable(path)) continue;
      hadDirectory ||= this.#isDirectory(path);
      await this.#lookAtOne(path, look, now);
    }
    this.#renew();
    if (hadDirectory) this.#watches.keepOnly(this.#directories());
    return look;
  }

  /** Whether what happens to a path is no affair of a push, as far as its name tells. */
  leavesOut(path: string): boolean {
    return path !== '.cfignore' && this.#rules.ignores(path, false);
  }

  /** What would be pushed, in the order of a push. */
  files(): readonly AppFile[] {
    this.#files ??= [...this.#inOrder().values()].flatMap(({ what }) => (what instanceof ActionableError ? [] : what));
    return this.#files;
  }

  /** What keeps the folder from being pushed. */
  problems(): readonly ActionableError[] {
    this.#problems ??= this.#findProblems();
    return this.#problems;
  }

  #inOrder(): ReadonlyMap<string, Kept> {
    if (this.#isInOrder) return this.#kept;
    // A slash counts less than any letter, so that a directory stands right before what it holds.
    const keyed = [...this.#kept].map(([path, kept]) => [path.replaceAll('/', '\0'), path, kept] as const);
    keyed.sort(([a], [b]) => (a < b ? -1 : 1));
    this.#kept = new Map(keyed.map(([, path, kept]) => [path, kept]));
    this.#isInOrder = true;
    return this.#kept;
  }

  #findProblems(): readonly ActionableError[] {
    const found = [...this.#kept.values()].flatMap(({ what }) => (what instanceof ActionableError ? what : []));
    if (found.length > 0) return found;
    try {
      refuseEmpty(this.#folder, this.files());
      return [];
    } catch (error) {
      if (error instanceof ActionableError) return [error];
      throw error;
    }
  }

  /** What was put together of the paths is out of date. */
  #renew(): void {
    this.#files = undefined;
    this.#problems = undefined;
  }

  /** @returns the inode */
  #find(): number {
    try {
      this.#root = realpathSync(this.#folder);
      const stats = statSync(this.#root);
      if (stats.isDirectory()) return stats.ino;
    } catch (cause) {
      const code = systemCodeOf(cause);
      if (code === undefined) throw cause;
      const why = code === 'ENOENT' ? 'is gone' : `cannot be read: ${code}`;
      throw new ActionableError('BAD_INPUT', `${this.#folder} ${why}.`, 'Bring it back.', { cause });
    }
    throw new ActionableError('BAD_INPUT', `${this.#folder} is not a folder any more.`, 'Bring it back.');
  }

  async #lookAtOne(path: string, look: Look, now: number): Promise<void> {
    const next = new Map<string, Kept>();
    const old = this.#kept.get(path);
    // Written twice in a moment it may have the stamp it had; then its content counts.
    const isStampEnough = old === undefined || now - old.seenAt >= coarseMs;
    await this.#keep(path, { next, look, now, isStampEnough, isHinted: true });
    if (old !== undefined && (this.#isDirectory(path) || !next.has(path))) this.#forgetBelow(path, next, look);
    for (const [each, kept] of next) {
      if (!this.#kept.has(each)) this.#isInOrder = false;
      this.#kept.set(each, kept);
    }
  }

  #forgetBelow(path: string, except: ReadonlyMap<string, Kept>, { changed }: Look): void {
    for (const each of this.#kept.keys()) {
      const isMeant = each === path || each.startsWith(`${path}/`);
      if (!isMeant || except.has(each)) continue;
      this.#kept.delete(each);
      changed.add(each);
    }
  }

  async #walk(directory: string, at: At): Promise<void> {
    const names = this.#attempt(directory, at, () => namesIn(this.#root, directory));
    for (const name of names ?? []) {
      const path = directory === '' ? name : `${directory}/${name}`;
      await this.#keep(path, { next: at.next, look: at.look, now: at.now });
    }
  }

  /** Notes a path, and what lies below it, as it is now; nothing when it is not there, or left out. */
  async #keep(path: string, at: At): Promise<void> {
    const stats = this.#attempt(path, at, () => lstatSync(join(this.#root, path)));
    if (stats === undefined || this.#rules.ignores(path, stats.isDirectory())) return;
    if (at.next.size >= mostFiles) throw tooMany();
    const old = this.#kept.get(path);
    const stamp = stampOf(stats);
    const isSame = old?.stamp === stamp && at.isStampEnough !== false;
    const what = isSame ? old.what : this.#attempt(path, at, () => appFile(this.#root, path, stats));
    if (what !== undefined) this.#note(path, isSame ? old : { what, stamp, seenAt: at.now }, at);
    if (at.next.size % pathsPerTurn === 0) await turn();
    if (!stats.isDirectory()) return;
    if (isWorthWatching(path)) this.#watches.add(path, stats.ino);
    await this.#walk(path, at);
  }

  /** A failure is noted in the place of the path. */
  #attempt<T>(path: string, at: At, look: () => T): T | undefined {
    try {
      return look();
    } catch (cause) {
      // Of a name that was just read it is worth a word: it may be one that is not UTF-8.
      if (at.isHinted && systemCodeOf(cause) === 'ENOENT') return undefined;
      const what = cause instanceof ActionableError ? cause : explain(path, cause);
      if (path === '' || !(what instanceof ActionableError)) throw what;
      const old = this.#kept.get(path);
      this.#note(path, old?.stamp === what.message ? old : { what, stamp: what.message, seenAt: at.now }, at);
      return undefined;
    }
  }

  #note(path: string, kept: Kept, { next, look }: At): void {
    const old = this.#kept.get(path);
    next.set(path, kept);
    if (kept === old) return;
    look.changed.add(path);
    look.wasEmptied ||= sizeOf(kept) === 0 && sizeOf(old) !== 0;
  }

  /** Nothing is known below a directory that is left out. */
  #isReachable(path: string): boolean {
    const end = path.lastIndexOf('/');
    return end < 0 || this.#isDirectory(path.slice(0, end));
  }

  #isDirectory(path: string): boolean {
    const what = this.#kept.get(path)?.what;
    return what !== undefined && !(what instanceof ActionableError) && what.kind === 'directory';
  }

  #directories(): Set<string> {
    return new Set(['', ...[...this.#kept.keys()].filter((path) => this.#isDirectory(path))]);
  }
}

/** What a push from a watch would send of a folder now. @throws ActionableError BAD_INPUT for what cannot be pushed */
export async function listOnce(folder: string, leftOut: readonly string[]): Promise<readonly AppFile[]> {
  const listing = new KeptListing(folder, { add: () => {}, keepOnly: () => {} }, leftOut);
  await listing.lookAtAll(performance.now());
  const [problem] = listing.problems();
  if (problem !== undefined) throw problem;
  return listing.files();
}

/** One look under way. */
interface At {
  readonly next: Map<string, Kept>;
  readonly look: Look;
  readonly now: number;
  readonly isStampEnough?: boolean;
  /** Somebody said that something happened to just this path. */
  readonly isHinted?: boolean;
}

function stampOf(stats: Stats): string {
  const { ino, size, mtimeMs, ctimeMs, mode } = stats;
  // The times of a directory are those of its entries, which are looked at themselves.
  return stats.isDirectory() ? `directory ${mode}` : `${ino} ${size} ${mtimeMs} ${ctimeMs} ${mode}`;
}

/** Of a file; `undefined` for everything else. */
function sizeOf(kept: Kept | undefined): number | undefined {
  const what = kept?.what;
  return what === undefined || what instanceof ActionableError || what.kind !== 'file' ? undefined : what.sizeBytes;
}
