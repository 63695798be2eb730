import { type StagingReply, type StagingRequest, staging } from '#contract/staging.ts';
import { type Bus, isUnheard } from '#ground/bus.ts';
import { messageOf } from '#ground/errors.ts';
import type { Log } from '#ground/log.ts';
import { sleep } from '#ground/wait.ts';
import { sayInAppLog } from '../app-log.ts';
import type { BackgroundWork } from '../background-work.ts';
import type { EventLog } from '../events.ts';
import type { AppRecord, BuildRecord, DropletRecord, PackageRecord } from '../records.ts';
import type { Store } from '../store.ts';
import type { Blobs } from './blobs.ts';
import type { DamagedBits } from './damaged-bits.ts';
import { retireOldBits } from './retire-old-bits.ts';
import { dropletRecordOf, foundBy, type StagedDroplet } from './staged-droplet.ts';
import { stagingRequestOf } from './staging-request.ts';
import type { StagingTickets } from './staging-tickets.ts';
import type { TaskLogs } from './task-logs.ts';

export interface StagingParts {
  readonly bus: Bus;
  readonly log: Log;
  readonly store: Store;
  readonly blobs: Blobs;
  readonly events: EventLog;
  readonly tickets: StagingTickets;
  readonly taskLogs: TaskLogs;
  readonly damagedBits: DamagedBits;
  readonly ownAddress: () => string;
  /** Resolves when the buildpacks that come with localpaas have their records. */
  readonly buildpacksKnown: () => Promise<void>;
  /** What a stager gives a task; it is waited for a little longer. */
  readonly stagingLimitMs: number;
  /** How long a stager is looked for. */
  readonly stagerSearchMs: number;
  /** Runs what a new droplet wants done before it is used. @returns why it must not be used */
  readonly runReleasePhase: (app: AppRecord, droplet: DropletRecord) => Promise<string | undefined>;
  /** Packages and droplets that are kept of one app. */
  readonly keptPerApp: number;
  readonly background: BackgroundWork;
  /** Aborts when the platform stops. */
  readonly signal: AbortSignal;
}

/** Why a build failed, in words for the user. */
class BuildFailure extends Error {}

const longestReplyGraceMs = 5_000;
const stoppedWhileStaging = 'The platform stopped while staging. Push again, or stage the package once more.';

/** Has packages staged: asks a stager, gives and takes the bits, and keeps the build's record. */
export class Staging {
  readonly #parts: StagingParts;
  /** Builds of what was released before. */
  readonly #repeated = new Set<string>();

  constructor(parts: StagingParts) {
    this.#parts = parts;
  }

  /** Stages what was staged and released before, which therefore needs no release phase. Never rejects, as `stage`. */
  async stageAgain(build: BuildRecord): Promise<void> {
    this.#repeated.add(build.guid);
    await this.stage(build).finally(() => this.#repeated.delete(build.guid));
  }

  /** Never rejects: what becomes of the build stands in its record. */
  async stage(build: BuildRecord): Promise<void> {
    const { store, log, signal } = this.#parts;
    try {
      const app = store.get('app', build.app);
      const bits = store.get('package', build.package);
      if (app === undefined) throw new BuildFailure('The app was deleted.');
      await this.#stage(build, app, bits);
    } catch (error) {
      // Whoever starts next fails the builds that are left, for there is nobody to write to now.
      if (signal.aborted) return;
      const isKnown = error instanceof BuildFailure;
      if (!isKnown) log.error('staging failed', { build: build.guid, error: messageOf(error) });
      await this.#fail(build, isKnown ? error.message : `The platform could not stage it: ${messageOf(error)}`);
    }
  }

  /** Fails the builds that a run of the platform left in the middle. */
  async failLeftovers(builds: readonly BuildRecord[]): Promise<void> {
    for (const build of builds) await this.#fail(build, stoppedWhileStaging);
  }

  async #stage(build: BuildRecord, app: AppRecord, bits: PackageRecord | undefined): Promise<void> {
    const { background, bus, store, keptPerApp } = this.#parts;
    if (bits?.state !== 'READY' || bits.sha256 === null) throw new BuildFailure('The package has no bits to stage.');
    sayInAppLog(bus, app.guid, `Staging ${app.name}`);
    while (!(await this.#attempt(build, app, bits.sha256))) {
      sayInAppLog(bus, app.guid, 'The message bus was away: staging once more');
    }
    background.run('old bits not removed', () => retireOldBits(store, app.guid, keptPerApp));
  }

  /** @returns false when nothing came of it because the bus was away meanwhile */
  async #attempt(build: BuildRecord, app: AppRecord, sha256: string): Promise<boolean> {
    const { blobs, buildpacksKnown, ownAddress, store, tickets } = this.#parts;
    await buildpacksKnown();
    const ticket = tickets.issue(app.guid, sha256);
    try {
      const request = await stagingRequestOf({ store, blobs, address: ownAddress() }, app, ticket);
      const reply = await this.#ask(request);
      if (reply === undefined) return false;
      await this.#keepLog(app, reply.task_log);
      await using droplet = tickets.redeem(ticket);
      if (reply.error) throw new BuildFailure((await this.#spoiled(app, sha256)) ?? reply.error);
      if (droplet === undefined) throw new BuildFailure('The stager said it was done, but brought no droplet.');
      await this.#finish(build, app, { blob: droplet, found: foundBy(reply, request) });
      return true;
    } finally {
      await tickets.redeem(ticket)?.[Symbol.asyncDispose]();
    }
  }

  /** For people only: without it the app is staged as well. */
  async #keepLog({ guid }: AppRecord, text: string): Promise<void> {
    const { log, taskLogs } = this.#parts;
    await taskLogs.keep(guid, text).catch((error: unknown) => {
      log.warn('task log not kept', { app: guid, error: messageOf(error) });
    });
  }

  /** Whether the package, and not what is in it, is why it cannot be staged. */
  async #spoiled({ name }: AppRecord, sha256: string): Promise<string | undefined> {
    const { damagedBits } = this.#parts;
    const damage = await damagedBits.setAside(sha256);
    if (damage === undefined) return undefined;
    const found = `The package of app ${name} ${damage.why}`;
    const keptIn = damage.keptIn === undefined ? {} : { keptIn: damage.keptIn };
    damagedBits.tell({ found: `${found}.`, done: 'It cannot be staged.', ...keptIn, next: `Push ${name} again.` });
    return `${found}: push the app again.`;
  }

  /**
   * Asks a stager; one that is just coming up is waited for. When the bus dies meanwhile, the request or its answer may
   * have died with it: then there is no answer, as soon as the bus is back.
   */
  async #ask(request: StagingRequest): Promise<StagingReply | undefined> {
    const { bus, stagingLimitMs, stagerSearchMs, signal } = this.#parts;
    const limitMs = stagingLimitMs + Math.min(stagingLimitMs / 10, longestReplyGraceMs);
    const endsAt = performance.now() + stagerSearchMs;
    for (;;) {
      try {
        return await untilReconnected(bus, bus.ask(staging, request, { limitMs }), signal);
      } catch (error) {
        signal.throwIfAborted();
        if (!isUnheard(error)) throw new BuildFailure(`The stager did not answer: ${messageOf(error)}.`);
        if (performance.now() >= endsAt) {
          throw new BuildFailure('No stager answers: start one with `localpaas up`, or `localpaas stager --join …`.');
        }
      }
      await sleep(50, signal);
    }
  }

  async #finish(build: BuildRecord, app: AppRecord, droplet: StagedDroplet): Promise<void> {
    const { bus, events, runReleasePhase, store } = this.#parts;
    if (store.get('app', app.guid) === undefined) throw new BuildFailure('The app was deleted while it was staged.');
    const record = dropletRecordOf(build, droplet);
    await store.create('droplet', record);
    try {
      const isReleased = this.#repeated.has(build.guid);
      const why = isReleased ? undefined : await runReleasePhase(store.get('app', app.guid) ?? app, record);
      if (why !== undefined) throw new BuildFailure(why);
      // The app may have been deleted since, and its droplets before this one came.
      if (store.get('app', app.guid) === undefined) throw new BuildFailure('The app was deleted while it was staged.');
      await store.update('build', build.guid, (now) => ({ ...now, state: 'STAGED', droplet: record.guid }));
    } catch (error) {
      await store.delete('droplet', record.guid);
      throw error;
    }
    events.record('audit.app.droplet.create', { app }, { droplet_guid: record.guid, package_guid: build.package });
    events.record('audit.app.build.staged', { app }, { build_guid: build.guid, package_guid: build.package });
    sayInAppLog(bus, app.guid, `Staged ${app.name}${record.framework === null ? '' : ` as ${record.framework}`}`);
  }

  async #fail({ guid }: BuildRecord, error: string): Promise<void> {
    const { bus, events, log, store } = this.#parts;
    try {
      if (store.get('build', guid) === undefined) return;
      const { app: appGuid, package: bits } = await store.update('build', guid, (now) =>
        now.state === 'STAGING' ? { ...now, state: 'FAILED', error } : now,
      );
      const app = store.get('app', appGuid);
      if (app === undefined) return;
      events.record('audit.app.build.failed', { app }, { build_guid: guid, package_guid: bits, error_message: error });
      sayInAppLog(bus, appGuid, `Staging ${app.name} failed: ${error}`);
    } catch (cause) {
      log.error('failed build not recorded', { build: guid, error: messageOf(cause) });
    }
  }
}

/** The promise's result; `undefined` as soon as the bus was lost meanwhile and is back. */
async function untilReconnected<T>(bus: Bus, promise: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  const away = new AbortController();
  const listener = bus.onReconnect(() => away.abort());
  try {
    return await untilAborted(promise, AbortSignal.any([signal, away.signal]));
  } catch (error) {
    if (away.signal.aborted && !signal.aborted) return undefined;
    throw error;
  } finally {
    listener[Symbol.dispose]();
  }
}

/** The promise's result, unless the signal aborts first. */
async function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  let giveUp: () => void = () => {};
  const aborted = new Promise<never>((_, reject) => {
    giveUp = () => reject(signal.reason);
    signal.addEventListener('abort', giveUp);
  });
  try {
    signal.throwIfAborted();
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', giveUp);
    promise.catch(() => {}); // nobody waits for it any more
  }
}
