import { awake } from '../idle-stop.ts';
import type { AppRecord, DeploymentRecord, DropletRecord, RevisionRecord } from '../records.ts';
import { asOf } from '../revisions.ts';
import { type Desired, processesOf } from '../running/desired.ts';
import { urisOf } from '../uris.ts';
import { settingsOf, withSettings } from './app-settings.ts';
import { Herald } from './herald.ts';
import { News } from './news.ts';
import type { RunParts } from './run-parts.ts';
import type { Served } from './succession.ts';
import { isIncomplete, otherVersions, progressOf } from './takeover.ts';

/** What is deployed. */
export interface Deploying {
  readonly record: DeploymentRecord;
  readonly revision: RevisionRecord;
  /** It may not be stored yet. */
  readonly droplet: DropletRecord;
  /** The app when this began. */
  readonly before: AppRecord;
  /** Of the version. */
  readonly runCount: number;
  /** Resolves when the records are stored. */
  readonly stored: Promise<unknown>;
}

/** Why what was there goes on. */
export interface Refusal {
  readonly state: 'CANCELED' | 'SUPERSEDED';
  readonly reason: string;
}

const overtaken: Refusal = { state: 'SUPERSEDED', reason: 'the app was stopped, restarted or deleted meanwhile' };
const routedLimitMs = 2_000;
/** What happens is told at once; this is for what is not. */
const lookEveryMs = 250;

/** Brings another version of an app to where it serves. */
export class DeploymentRun {
  readonly #parts: RunParts;
  readonly #deploying: Deploying;
  readonly #app: string;
  readonly #version: string;
  readonly #herald: Herald;
  readonly #news = new News();
  readonly #serves: (served: Served) => void;
  #phase: 'STARTING' | 'ROUTING' = 'STARTING';
  #refusal: Refusal | undefined;

  /** @param serves called when it serves, before anybody else can see it */
  constructor(deploying: Deploying, parts: RunParts, serves: (served: Served) => void) {
    this.#deploying = deploying;
    this.#parts = parts;
    this.#serves = serves;
    this.#app = deploying.record.app;
    this.#version = deploying.record.version;
    this.#herald = new Herald(this.#app, parts);
  }

  get phase(): 'STARTING' | 'ROUTING' {
    return this.#phase;
  }

  /** Something may have happened to the app. */
  look(): void {
    this.#news.come();
  }

  /** Ends it: what ran before goes on. */
  giveUp(refusal: Refusal): void {
    this.#refusal ??= refusal;
    this.look();
  }

  /**
   * @returns why it came to nothing
   * @param signal aborts when the platform stops: then all is left as it is, for the next start to see to
   */
  async run(signal: AbortSignal): Promise<Refusal | undefined> {
    const { versions } = this.#parts;
    const wish = { app: this.#app, version: this.#version };
    const stopped = () => this.look();
    signal.addEventListener('abort', stopped);
    const { droplet, revision } = this.#deploying;
    versions.wish({ ...wish, revision, droplet });
    try {
      const refusal = (await this.#start(signal)) ?? (await this.#route(signal)) ?? (await this.#takeOver());
      if (refusal !== undefined) this.#herald.stop([this.#version], 0);
      return refusal;
    } finally {
      signal.removeEventListener('abort', stopped);
      versions.forget(wish);
    }
  }

  async #start(signal: AbortSignal): Promise<Refusal | undefined> {
    const { actual, starts } = this.#parts;
    for (;;) {
      signal.throwIfAborted();
      const refusal = this.#refusal ?? this.#overtaken();
      if (refusal !== undefined) return refusal;
      const wished = this.#wished();
      const progress = progressOf(wished, actual);
      if (progress.is === 'ready') return undefined;
      if (progress.is === 'failed') return { state: 'CANCELED', reason: progress.reason };
      for (const { guid } of wished.filter((each) => isIncomplete(each, actual))) {
        void starts.fill(guid, { version: this.#version }).catch(() => {}); // the platform stops meanwhile
      }
      await this.#news.wait(lookEveryMs);
    }
  }

  async #route(signal: AbortSignal): Promise<Refusal | undefined> {
    this.#phase = 'ROUTING';
    const { log, routers, store } = this.#parts;
    await this.#deploying.stored;
    const uris = urisOf(store, this.#app);
    const web = this.#wished().find(({ process }) => process.type === 'web');
    if (web !== undefined && web.process.instances > 0 && uris.length > 0) {
      const wanted = { instances: web.process.instances, limitMs: routedLimitMs };
      const isRouted = await routers.untilRouted({ uris, version: this.#version }, wanted, signal);
      if (!isRouted) log.warn('a router lacks the new version', { app: this.#app, version: this.#version });
    }
    return this.#refusal;
  }

  async #takeOver(): Promise<Refusal | undefined> {
    const { actual, versions } = this.#parts;
    const { record, runCount } = this.#deploying;
    const known = versions.standingBy(this.#app);
    const running = this.#herald.processes().flatMap((process) => otherVersions(actual, process, this.#version));
    const others = [...new Set([...known, ...running])];
    versions.standBy(this.#app, others);
    const changed = await this.#store();
    if (changed === undefined) {
      versions.standBy(this.#app, known);
      return overtaken;
    }
    this.#serves({ deployment: record, runCount, others, ...changed });
    return undefined;
  }

  /** From here on this is what should run. @returns the settings before and after; undefined when it is not wanted any more */
  async #store(): Promise<Pick<Served, 'from' | 'to'> | undefined> {
    const { before, revision, runCount } = this.#deploying;
    const to = { ...settingsOf(asOf(before, revision)), revision: revision.guid, version: this.#version };
    let changed: Pick<Served, 'from' | 'to'> | undefined;
    await this.#parts.store.update('app', this.#app, (app) => {
      changed = undefined;
      if (app.runCount !== before.runCount || app.state !== 'STARTED') return app;
      // What it was to replace may have been given up since: then that is no change of a user's.
      const from = app.revision === before.revision ? settingsOf(before) : settingsOf(app);
      const next = { ...awake(withSettings(app, from, to)), runCount };
      changed = { from: settingsOf(app), to: settingsOf(next) };
      return next;
    });
    if (changed !== undefined) this.#herald.tellHealthManagers();
    return changed;
  }

  /** Somebody stopped, restarted or deleted the app meanwhile. */
  #overtaken(): Refusal | undefined {
    const app = this.#parts.store.get('app', this.#app);
    return app?.state === 'STARTED' && app.runCount === this.#deploying.before.runCount ? undefined : overtaken;
  }

  /** What is to run of each process. */
  #wished(): Desired[] {
    const { store, versions } = this.#parts;
    const app = store.get('app', this.#app);
    const processes = app === undefined ? [] : processesOf(asOf(app, this.#deploying.revision));
    return processes.flatMap((guid) => versions.wished(guid, this.#version) ?? []);
  }
}
