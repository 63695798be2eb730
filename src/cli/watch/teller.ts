import type { ActionableError } from '#ground/errors.ts';
import type { DeployedVersion } from './deploy-version.ts';
import { failureOf, type VersionFailed } from './version-failed.ts';
import { timeOf, type WatchView } from './watch-view.ts';

/** How a deployment is told. */
interface Occasion {
  /** For people: `server.js changed`. */
  readonly what: string;
  readonly files: readonly string[];
  /** When the first change was noticed, as of `performance.now()`. */
  readonly since: number;
}

/** Paths that an event names at most. */
const mostFiles = 50;

/** Tells what happens to one app, each thing once. */
export class Teller {
  readonly #view: WatchView;
  readonly #app: () => string;
  /** Whether what the app prints is shown as it comes. */
  readonly #areLogsShown: boolean;
  #occasion: Occasion = { what: '', files: [], since: 0 };
  /** When what serves began to, for people. */
  #servingSince: string | null = null;
  #isUsable = true;
  #isTouchTold = false;

  /** @param app its name */
  constructor(view: WatchView, app: () => string, areLogsShown: boolean) {
    this.#view = view;
    this.#app = app;
    this.#areLogsShown = areLogsShown;
  }

  /** A deployment begins. @param isShown whether something is to move while it takes long */
  begin({ what, files, since }: Occasion, isShown: boolean): void {
    this.#occasion = { what, files: files.slice(0, mostFiles), since };
    if (isShown) this.#view.begin(what);
  }

  /** @param isShown whether it is not told otherwise */
  serving({ steps, way }: DeployedVersion, isShown: boolean): void {
    this.#servingSince = timeOf(new Date());
    this.#isTouchTold = false;
    if (isShown) this.#view.tell({ event: 'serving', app: this.#app(), ...this.#occasionNow(), way, steps });
  }

  /** @param isLogShown whether the end of the log was shown already */
  failed(failure: VersionFailed | ActionableError, isLogShown = false): void {
    this.#tellFailure('failed', failure, isLogShown);
  }

  withdrawn(failure: VersionFailed): void {
    this.#servingSince = null;
    this.#tellFailure('withdrawn', failure, false);
  }

  touched(files: readonly string[]): void {
    if (files.length === 0 || this.#isTouchTold) return;
    this.#isTouchTold = true;
    this.#view.tell({ event: 'unchanged', app: this.#app(), files: files.slice(0, mostFiles) });
  }

  moving(files: readonly string[]): void {
    if (files.length > 0) this.#view.tell({ event: 'moving', files: files.slice(0, mostFiles) });
  }

  /** What keeps the folder from being pushed. @returns whether nothing does */
  usable(found: readonly ActionableError[]): boolean {
    const wasUsable = this.#isUsable;
    this.#isUsable = found.length === 0;
    const app = this.#app();
    const problems = found.map(({ message, remedy }) => ({ message, remedy }));
    if (!this.#isUsable) this.#view.tell({ event: 'unusable', app, problems });
    else if (!wasUsable) this.#view.tell({ event: 'usable', app });
    return this.#isUsable;
  }

  #tellFailure(event: 'failed' | 'withdrawn', failure: VersionFailed | ActionableError, isLogShown: boolean): void {
    this.#isTouchTold = false;
    this.#view.tell({
      event,
      app: this.#app(),
      ...this.#occasionNow(),
      ...failureOf(failure, isLogShown || this.#areLogsShown),
      stillServing: this.#servingSince,
    });
  }

  #occasionNow() {
    const { what, files, since } = this.#occasion;
    return { what, files, ms: Math.round(performance.now() - since) };
  }
}
