import { ActionableError } from '#ground/errors.ts';
import type { AppFile } from '../push/app-file.ts';
import { DirectoryWatches } from './directory-watches.ts';
import { silentFileSystemOf } from './file-system.ts';
import { GitLock } from './git-lock.ts';
import { KeptListing, type Look } from './kept-listing.ts';
import { isDependency } from './left-alone.ts';
import { Quiet } from './quiet.ts';
import { SettingsFiles } from './settings-files.ts';

export interface WatchOptions {
  /** Patterns instead of those left out by habit. */
  readonly leftOut: readonly string[] | undefined;
  /** Files elsewhere that say how the app is to run, absolute. */
  readonly settings: readonly string[];
  /** How long nothing must happen, at least. */
  readonly delayMs: number;
  /** Ask nobody for events; look again and again. */
  readonly isPolling: boolean;
  /** Told why the folder is looked at again and again, in a sentence. */
  readonly onPolling: (why: string) => void;
  readonly signal: AbortSignal;
}

/** A folder at rest, or as it is while it does not come to rest. */
export interface FolderState {
  readonly files: readonly AppFile[];
  /** By path, something that differs when the file of the settings has another content. */
  readonly settings: Readonly<Record<string, string>>;
  /** What keeps it from being pushed; nothing when all is well. */
  readonly problems: readonly ActionableError[];
  /** Paths that go on changing; nothing when it is at rest. */
  readonly moving: readonly string[];
  /** When the first change was noticed, as of `performance.now()`. */
  readonly changedAt: number;
}

/** From the end of one look at everything to the next; and no more than this part of all time. */
const lookEvery = {
  /** Where events tell what changes: for what no event tells. */
  backup: { ms: 2_000, times: 100 },
  polling: { ms: 250, times: 20 },
};

/**
 * The states of a folder: the first at once, then one whenever something in it has changed and it has come to rest, until
 * the signal aborts. A change may turn out to be none: content is not looked at here. Events of the system only say where
 * to look; now and then everything is looked at, so that what no event tells is found, too, if later.
 */
export async function* watchFolder(folder: string, options: WatchOptions): AsyncGenerator<FolderState, void> {
  using watched = new WatchedFolder(folder, options);
  yield await watched.first();
  while (!options.signal.aborted) {
    const state = await watched.next();
    if (state !== undefined) yield state;
  }
}

class WatchedFolder implements Disposable {
  readonly #onPolling: (why: string) => void;
  readonly #watches: DirectoryWatches;
  readonly #listing: KeptListing;
  readonly #settings: SettingsFiles;
  readonly #quiet: Quiet;
  readonly #git: GitLock;
  /** Paths something happened to. */
  #hinted = new Set<string>();
  #isAllHinted = true;
  #isPolling: boolean;
  #lookAtAllAt = 0;
  /** Why nothing at all can be seen of the folder. */
  #away: ActionableError | undefined;
  /** What differs from the state that was told last, and of that what differed at the last look. */
  #changed = new Set<string>();
  #lastChanged: ReadonlySet<string> = new Set();
  #toldCondition = '';
  #wake = () => {};

  constructor(folder: string, { leftOut, settings, delayMs, isPolling, onPolling, signal }: WatchOptions) {
    this.#onPolling = onPolling;
    signal.addEventListener('abort', () => this.#wake(), { once: true });
    this.#isPolling = isPolling;
    this.#watches = new DirectoryWatches(folder, {
      onHint: (path) => this.#hint(path),
      onExhausted: (code) => this.#poll(exhausted[code]),
    });
    this.#listing = new KeptListing(folder, isPolling ? noWatches : this.#watches, leftOut);
    this.#settings = new SettingsFiles(settings, () => this.#hint());
    this.#quiet = new Quiet(delayMs);
    this.#git = new GitLock(folder);
    const silent = silentFileSystemOf(folder);
    if (silent !== undefined) this.#poll(`not everything that changes there is reported (${silent})`);
  }

  async first(): Promise<FolderState> {
    const now = performance.now();
    await this.#look(now);
    return this.#tell(now, []);
  }

  /** @returns `undefined` when there is nothing to tell yet */
  async next(): Promise<FolderState | undefined> {
    const now = performance.now();
    const restMs = Math.min(this.#quiet.lookAt ?? Number.POSITIVE_INFINITY, this.#lookAtAllAt) - now;
    if (restMs > 0) {
      await this.#rest(restMs);
      return undefined;
    }
    const { changed, wasEmptied } = await this.#look(now);
    const isNews = this.#changed.size > 0 || this.#condition() !== this.#toldCondition;
    if (this.#quiet.lookAt === undefined) {
      if (!isNews) return undefined;
      this.#hint('');
    }
    const { beganAt = now } = this.#quiet;
    const areDependencies = [...changed].some(isDependency);
    const isBusy = this.#git.isHeld;
    const verdict = this.#quiet.looked(now, { changed: changed.size, wasEmptied, areDependencies, isBusy });
    if (verdict === 'wait') return undefined;
    if (isBusy) this.#git.giveUp();
    return isNews ? this.#tell(beganAt, verdict === 'moving' ? [...this.#lastChanged] : []) : undefined;
  }

  [Symbol.dispose](): void {
    this.#watches[Symbol.dispose]();
    this.#settings[Symbol.dispose]();
  }

  /** @param path absent for a file of the settings, '' for everything */
  #hint(path?: string): void {
    if (path !== undefined && path !== '' && this.#listing.leavesOut(path)) return;
    if (path === '') this.#isAllHinted = true;
    else if (path !== undefined) this.#hinted.add(path);
    const wasAtRest = this.#quiet.lookAt === undefined;
    this.#quiet.event(performance.now());
    if (wasAtRest) this.#wake();
  }

  #poll(why: string): void {
    if (this.#isPolling) return;
    this.#isPolling = true;
    this.#lookAtAllAt = 0;
    this.#onPolling(why);
  }

  async #rest(ms: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      timer = setTimeout(resolve, ms);
    });
    clearTimeout(timer);
  }

  /** Looks where something happened, or everywhere when it is time for that. */
  async #look(now: number): Promise<Look> {
    const isAll = this.#isAllHinted || this.#away !== undefined || now >= this.#lookAtAllAt;
    const hinted = this.#hinted;
    this.#hinted = new Set();
    this.#isAllHinted = false;
    try {
      const look = await (isAll ? this.#listing.lookAtAll(now) : this.#listing.lookAt(hinted, now));
      this.#away = undefined;
      for (const path of look.changed) this.#changed.add(path);
      this.#lastChanged = look.changed;
      return look;
    } catch (error) {
      if (!(error instanceof ActionableError)) throw error;
      this.#away = error;
      return { changed: new Set(), wasEmptied: false };
    } finally {
      const { ms, times } = this.#isPolling || this.#away !== undefined ? lookEvery.polling : lookEvery.backup;
      const endedAt = performance.now();
      if (isAll) this.#lookAtAllAt = endedAt + Math.max(ms, times * (endedAt - now));
    }
  }

  #problems(): readonly ActionableError[] {
    return this.#away === undefined ? this.#listing.problems() : [this.#away];
  }

  /** What counts beside the files. */
  #condition(): string {
    return JSON.stringify([this.#settings.digests(), ...this.#problems().map(({ message }) => message)]);
  }

  #tell(changedAt: number, moving: readonly string[]): FolderState {
    this.#changed = new Set();
    this.#toldCondition = this.#condition();
    const problems = this.#problems();
    return { files: this.#listing.files(), settings: this.#settings.digests(), problems, moving, changedAt };
  }
}

const noWatches = { add: () => {}, keepOnly: () => {} };

const exhausted = {
  ENOSPC:
    'the system has no more watches to give; `sudo sysctl fs.inotify.max_user_watches=524288` allows more of them',
  EMFILE:
    'the system lets you watch no more; `sudo sysctl fs.inotify.max_user_instances=1024` allows more watching programs',
};
