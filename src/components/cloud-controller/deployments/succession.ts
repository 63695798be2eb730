import type { AppRecord, DeploymentRecord } from '../records.ts';
import { type AppSettings, withSettings } from './app-settings.ts';
import { Herald } from './herald.ts';
import { News } from './news.ts';
import type { RunParts } from './run-parts.ts';
import { progressOf } from './takeover.ts';

/** A version that has come to serve. */
export interface Served {
  readonly deployment: DeploymentRecord;
  /** Of the version. */
  readonly runCount: number;
  /** What ran beside it when it came, oldest first. */
  readonly others: readonly string[];
  /** Its app's settings before it came, and with it. */
  readonly from: AppSettings;
  readonly to: AppSettings;
}

interface Rung extends Served {
  readonly sinceMs: number;
}

/** How a version that served ended; `undefined` while it serves. */
export type Verdict = { readonly state: 'DEPLOYED' } | { readonly state: 'CANCELED'; readonly reason: string };

/** Beside the one that serves: the last that proved itself, and the one that served last. */
const mostStandingBy = 2;
const lookEveryMs = 250;

/**
 * The versions of an app that have not proved themselves, and the one before them, which did. The last one serves, the
 * others stand by: when it dies in its first seconds, the one before it serves again.
 */
export class Succession {
  readonly #app: string;
  readonly #parts: RunParts;
  readonly #herald: Herald;
  readonly #news = new News();
  readonly #told: (deployment: DeploymentRecord, verdict: Verdict) => void;
  /** Oldest first; the last one serves. */
  #rungs: Rung[] = [];
  /** Versions that stand by, oldest first. */
  #standingBy: string[] = [];
  #canceled: { readonly deployment: string; readonly reason: string } | undefined;
  /** What the app's run count is as long as nobody else starts it. */
  #runCounts = new Set<number>();
  /** Guids of deployments of which it was told what became of them. */
  readonly #ended = new Set<string>();
  #afterEnd: () => void = () => {};

  /** @param told what became of each version, once */
  constructor(app: string, parts: RunParts, told: (deployment: DeploymentRecord, verdict: Verdict) => void) {
    this.#app = app;
    this.#parts = parts;
    this.#herald = new Herald(app, parts);
    this.#told = told;
  }

  /** All have proved themselves. */
  get isOver(): boolean {
    return this.#rungs.length === 0;
  }

  /** Something may have happened to the app. */
  look(): void {
    this.#news.come();
  }

  /** Whether this one serves and has yet to prove itself. */
  isProving({ guid }: DeploymentRecord): boolean {
    return this.#rungs.at(-1)?.deployment.guid === guid;
  }

  /** The version before it is to serve again. Resolves when that is settled. */
  async cancel({ guid }: DeploymentRecord, reason: string): Promise<void> {
    this.#canceled = { deployment: guid, reason };
    const settled = new Promise<void>((resolve) => {
      this.#afterEnd = resolve;
    });
    this.look();
    await settled;
  }

  /** The app's run count becomes this, for a version that came to nothing. */
  expect(runCount: number): void {
    this.#runCounts.add(runCount);
  }

  /** A version serves from now on, and is what should run, in the store as well. */
  add(served: Served): void {
    const before = this.#rungs.at(-1);
    if (before !== undefined) this.#end(before, { state: 'DEPLOYED' });
    this.#runCounts = new Set([served.runCount]);
    this.#rungs.push({ ...served, sinceMs: performance.now() });
    const { version } = served.deployment;
    this.#standingBy = served.others.filter((each) => each !== version);
    this.#herald.handOver(this.#standingBy);
    this.#trim();
    this.#keep();
    this.look();
  }

  /** Watches until the one that serves has proved itself. @throws the signal's reason */
  async run(signal: AbortSignal): Promise<void> {
    const stopped = () => this.look();
    signal.addEventListener('abort', stopped);
    try {
      for (let top = this.#rungs.at(-1); top !== undefined; top = this.#rungs.at(-1)) {
        signal.throwIfAborted();
        await this.#look(top);
      }
    } finally {
      signal.removeEventListener('abort', stopped);
    }
  }

  async #look(top: Rung): Promise<void> {
    const { proveMs } = this.#parts;
    const leftMs = top.sinceMs + (this.#standingBy.length === 0 ? 0 : proveMs) - performance.now();
    const reason = this.#whyNot(top);
    if (this.#isOvertaken() || (reason === undefined && leftMs <= 0)) this.#settle(top);
    else if (reason !== undefined) await this.#fallBack(top, reason);
    else await this.#news.wait(Math.min(leftMs, lookEveryMs));
  }

  #whyNot({ deployment }: Rung): string | undefined {
    if (this.#canceled?.deployment === deployment.guid) return this.#canceled.reason;
    const { actual, versions } = this.#parts;
    const desired = this.#herald.processes().flatMap((guid) => versions.desiredAt(guid, deployment.version) ?? []);
    const progress = progressOf(desired, actual);
    return progress.is === 'failed' ? progress.reason : undefined;
  }

  /** It has proved itself, or what is to be proved is not wanted any more. */
  #settle(top: Rung): void {
    this.#rungs = [];
    this.#herald.stop(this.#standingBy, this.#parts.drainSeconds);
    this.#standingBy = [];
    this.#keep();
    this.#end(top, { state: 'DEPLOYED' });
  }

  async #fallBack(top: Rung, reason: string): Promise<void> {
    const back = this.#standingBy.at(-1);
    const isBack = back !== undefined && (await this.#takeBack(top));
    if (this.#rungs.at(-1) !== top) return; // a newer version came meanwhile
    if (!isBack) {
      this.#settle(top);
      return;
    }
    this.#rungs = this.#rungs.slice(0, -1);
    this.#standingBy = this.#standingBy.slice(0, -1);
    this.#keep();
    this.#herald.giveBack(back);
    this.#herald.stop([top.deployment.version], 0);
    this.#herald.tellHealthManagers();
    if (this.#rungs.length === 0) this.#herald.stop(this.#standingBy.splice(0), this.#parts.drainSeconds);
    this.#end(top, { state: 'CANCELED', reason });
  }

  #end({ deployment }: Rung, verdict: Verdict): void {
    if (!this.#ended.has(deployment.guid)) this.#told(deployment, verdict);
    this.#ended.add(deployment.guid);
    this.#afterEnd();
  }

  /** What ran before is what should run again. @returns whether it is */
  async #takeBack({ from, to }: Rung): Promise<boolean> {
    let isBack = false;
    const back = (app: AppRecord) => {
      isBack = this.#runCounts.has(app.runCount) && app.state === 'STARTED';
      return isBack ? withSettings(app, to, from) : app;
    };
    await this.#parts.store.update('app', this.#app, back);
    return isBack;
  }

  /** Somebody stopped, restarted or deleted the app meanwhile. */
  #isOvertaken(): boolean {
    const { store, versions } = this.#parts;
    const app = store.get('app', this.#app);
    if (app?.state !== 'STARTED') return true;
    // A newer version has just been stored, and comes here next.
    return !this.#runCounts.has(app.runCount) && !versions.isWished(this.#app, app.version);
  }

  /** Who saves every second shall not fill the memory: of those that stand by the oldest and the newest are kept. */
  #trim(): void {
    while (this.#standingBy.length > mostStandingBy) {
      const [dropped] = this.#standingBy.splice(1, 1);
      if (dropped !== undefined) this.#herald.stop([dropped], this.#parts.drainSeconds);
      const at = this.#rungs.findIndex(({ deployment }) => deployment.version === dropped);
      const above = this.#rungs[at + 1];
      const gone = this.#rungs[at];
      // Whoever falls back from the one above lands one below.
      if (above !== undefined && gone !== undefined) this.#rungs.splice(at, 2, { ...above, from: gone.from });
    }
  }

  #keep(): void {
    this.#parts.versions.standBy(this.#app, this.#standingBy);
  }
}
