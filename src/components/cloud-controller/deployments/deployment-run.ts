import { deaStop, deaUpdate } from '#contract/dea.ts';
import { dropletUpdated } from '#contract/health.ts';
import type { Bus } from '#ground/bus.ts';
import type { Log } from '#ground/log.ts';
import type { AppRecord, DeploymentRecord, RevisionRecord } from '../records.ts';
import { asOf } from '../revisions.ts';
import type { ActualState } from '../running/actual-state.ts';
import { type Desired, processesOf } from '../running/desired.ts';
import type { InstanceStarts } from '../running/instance-starts.ts';
import type { Versions } from '../running/versions.ts';
import type { Store } from '../store.ts';
import { urisOf } from '../uris.ts';
import { type AppSettings, settingsOf, withSettings } from './app-settings.ts';
import type { Routers } from './routers.ts';
import { isIncomplete, otherVersions, progressOf } from './takeover.ts';

export interface RunParts {
  readonly bus: Bus;
  readonly log: Log;
  readonly store: Store;
  readonly actual: ActualState;
  readonly versions: Versions;
  readonly starts: InstanceStarts;
  readonly routers: Routers;
  /** How long instances may go on with the requests they have. */
  readonly drainSeconds: number;
  /** How long a version must serve until the one before is given up. */
  readonly proveMs: number;
}

/** What is deployed. */
export interface Deploying {
  readonly record: DeploymentRecord;
  readonly revision: RevisionRecord;
  /** The app when this began. */
  readonly before: AppRecord;
  /** Of the version. */
  readonly runCount: number;
  /** Resolves when the records are stored. */
  readonly stored: Promise<unknown>;
}

export type Phase = 'STARTING' | 'ROUTING' | 'PROVING' | 'OVER';

/** Why what was there goes on. */
export interface Refusal {
  readonly state: 'CANCELED' | 'SUPERSEDED';
  readonly reason: string;
}
export type Outcome = { readonly state: 'DEPLOYED' } | Refusal;

const overtaken: Refusal = { state: 'SUPERSEDED', reason: 'the app was stopped, restarted or deleted meanwhile' };
const routedLimitMs = 2_000;
/** What happens is told at once; this is for what is not. */
const lookEveryMs = 250;

/** One version of an app takes over from another. */
export class DeploymentRun {
  readonly #parts: RunParts;
  readonly #deploying: Deploying;
  readonly #app: string;
  readonly #version: string;
  #phase: Phase = 'STARTING';
  #refusal: Refusal | undefined;
  #isAccepted = false;
  #isNews = false;
  #wake: () => void = () => {};

  constructor(deploying: Deploying, parts: RunParts) {
    this.#deploying = deploying;
    this.#parts = parts;
    this.#app = deploying.record.app;
    this.#version = deploying.record.version;
  }

  get phase(): Phase {
    return this.#phase;
  }

  /** Something may have happened to the app. */
  look(): void {
    this.#isNews = true;
    this.#wake();
  }

  /** Ends it: what ran before goes on. */
  cancel(reason: string): void {
    this.#refusal ??= { state: 'CANCELED', reason };
    this.look();
  }

  /** Ends it, for something newer comes: whatever serves now goes on. */
  supersede(reason: string): void {
    if (this.#phase === 'PROVING') this.#isAccepted = true;
    else this.#refusal ??= { state: 'SUPERSEDED', reason };
    this.look();
  }

  /** @param signal aborts when the platform stops: then all is left as it is, for the next start to see to */
  async run(signal: AbortSignal): Promise<Outcome> {
    const { versions } = this.#parts;
    const wish = { app: this.#app, version: this.#version };
    const stopped = () => this.look();
    signal.addEventListener('abort', stopped);
    versions.wish({ ...wish, revision: this.#deploying.revision });
    try {
      const refusal = (await this.#start(signal)) ?? (await this.#route(signal));
      return refusal === undefined ? await this.#takeOver(signal) : this.#withdraw(refusal);
    } finally {
      signal.removeEventListener('abort', stopped);
      versions.forget(wish);
      versions.standBy(this.#app, []);
      this.#phase = 'OVER';
    }
  }

  async #start(signal: AbortSignal): Promise<Refusal | undefined> {
    const { actual, starts } = this.#parts;
    for (;;) {
      const refusal = this.#refusal ?? this.#overtaken(this.#deploying.before.runCount);
      if (refusal !== undefined) return refusal;
      const wished = this.#wished();
      const progress = progressOf(wished, actual);
      if (progress.is === 'ready') return undefined;
      if (progress.is === 'failed') return { state: 'CANCELED', reason: progress.reason };
      for (const { guid } of wished.filter((each) => isIncomplete(each, actual))) {
        void starts.fill(guid, { version: this.#version }).catch(() => {}); // the platform stops meanwhile
      }
      await this.#news(lookEveryMs, signal);
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

  async #takeOver(signal: AbortSignal): Promise<Outcome> {
    const { actual, drainSeconds, store, versions } = this.#parts;
    const others = this.#processes().flatMap((process) => otherVersions(actual, process, this.#version));
    const old = [...new Set(others)];
    versions.standBy(this.#app, old);
    const changed = await this.#storeTakeover();
    if (changed === undefined) return this.#withdraw(overtaken);
    versions.forget({ app: this.#app, version: this.#version });
    this.#setUris(old, []);
    this.#phase = 'PROVING';
    this.#tellHealthManagers();
    const why = old.length === 0 ? undefined : await this.#prove(signal);
    if (why !== undefined && (await this.#takeBack(changed))) {
      this.#setUris(old, urisOf(store, this.#app));
      this.#tellHealthManagers();
      return this.#withdraw({ state: 'CANCELED', reason: why });
    }
    this.#stop(old, drainSeconds);
    return { state: 'DEPLOYED' };
  }

  /** @returns why the version is no good after all */
  async #prove(signal: AbortSignal): Promise<string | undefined> {
    const { actual, proveMs, versions } = this.#parts;
    const endsAt = performance.now() + proveMs;
    for (;;) {
      if (this.#refusal !== undefined) return this.#refusal.reason;
      if (this.#isAccepted || this.#overtaken(this.#deploying.runCount) !== undefined) return undefined;
      const running = this.#processes().flatMap((guid) => versions.desiredAt(guid, this.#version) ?? []);
      const progress = progressOf(running, actual);
      if (progress.is === 'failed') return progress.reason;
      const leftMs = endsAt - performance.now();
      if (leftMs <= 0) return undefined;
      await this.#news(Math.min(leftMs, lookEveryMs), signal);
    }
  }

  /** From here on this is what should run. @returns the settings before and after; undefined when it is not wanted any more */
  async #storeTakeover(): Promise<{ from: AppSettings; to: AppSettings } | undefined> {
    const { before, revision, runCount } = this.#deploying;
    const to = { ...settingsOf(asOf(before, revision)), revision: revision.guid, version: this.#version };
    let changed: { from: AppSettings; to: AppSettings } | undefined;
    await this.#parts.store.update('app', this.#app, (app) => {
      changed = undefined;
      if (app.runCount !== before.runCount || app.state !== 'STARTED') return app;
      const next = { ...withSettings(app, settingsOf(before), to), runCount };
      changed = { from: settingsOf(app), to: settingsOf(next) };
      return next;
    });
    return changed;
  }

  /** What ran before is what should run again. @returns whether it is */
  async #takeBack({ from, to }: { from: AppSettings; to: AppSettings }): Promise<boolean> {
    let isBack = false;
    await this.#parts.store.update('app', this.#app, (app) => {
      isBack = app.runCount === this.#deploying.runCount && app.state === 'STARTED';
      return isBack ? withSettings(app, to, from) : app;
    });
    return isBack;
  }

  #withdraw(refusal: Refusal): Outcome {
    this.#stop([this.#version], 0);
    return refusal;
  }

  #stop(versions: readonly string[], drain: number): void {
    const { actual, bus } = this.#parts;
    for (const droplet of this.#processes()) {
      for (const version of versions) {
        bus.publish(deaStop, { droplet, version, ...(drain === 0 ? {} : { drain }) });
        actual.stopping(droplet, { version });
      }
    }
  }

  #setUris(versions: readonly string[], uris: readonly string[]): void {
    const { bus, store } = this.#parts;
    for (const version of versions) bus.publish(deaUpdate, { droplet: this.#app, uris: [...uris], version });
    // A DEA of 2012 knows no versions and has just withdrawn all of them.
    if (uris.length === 0) {
      bus.publish(deaUpdate, { droplet: this.#app, uris: urisOf(store, this.#app), version: this.#version });
    }
  }

  #tellHealthManagers(): void {
    const { bus } = this.#parts;
    for (const droplet of this.#processes()) bus.publish(dropletUpdated, { droplet, cc_partition: 'default' });
  }

  /** Somebody stopped, restarted or deleted the app meanwhile. */
  #overtaken(runCount: number): Refusal | undefined {
    const app = this.#parts.store.get('app', this.#app);
    return app?.state === 'STARTED' && app.runCount === runCount ? undefined : overtaken;
  }

  #wished(): Desired[] {
    return this.#processes().flatMap((guid) => this.#parts.versions.wished(guid, this.#version) ?? []);
  }

  /** Guids of what the app has, and of what runs of it. */
  #processes(): string[] {
    const { actual, store } = this.#parts;
    const app = store.get('app', this.#app);
    const own = app === undefined ? [this.#app] : processesOf(asOf(app, this.#deploying.revision));
    return [...new Set([...own, ...actual.processesOf(this.#app)])];
  }

  /** Resolves when something may have happened since the last time, at the latest after `limitMs`. */
  async #news(limitMs: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (!this.#isNews) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, limitMs);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    this.#isNews = false;
    signal.throwIfAborted();
  }
}
