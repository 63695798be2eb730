import type { DropletExited, Heartbeat } from '#contract/dea.ts';
import type { Bus } from '#ground/bus.ts';
import { messageOf } from '#ground/errors.ts';
import type { Log } from '#ground/log.ts';
import { Standstill } from '#ground/standstill.ts';
import { sleep } from '#ground/wait.ts';
import { ActualState } from './actual-state.ts';
import { type Knowledge, varzOf } from './answers.ts';
import { restartDelayMs } from './crash-delay.ts';
import { decide, missingIndices, type Start, type Stop } from './decide.ts';
import { DelayedRestarts, keyOf, type Place } from './delayed-restarts.ts';
import { type DesiredState, readDesiredState } from './desired-state.ts';
import type { HealthManagerOptions } from './options.ts';
import { Requests } from './requests.ts';
import { type Priority, StartQueue } from './start-queue.ts';

type Version = Pick<Place, 'app' | 'version'>;

/** Holds both states up to date and turns their difference into requests. Decisions are taken in `decide.ts`. */
export class Watch implements Disposable {
  readonly requests: Requests;
  readonly #bus: Bus;
  readonly #log: Log;
  readonly #options: HealthManagerOptions;
  readonly #signal: AbortSignal;
  readonly #actual = new ActualState();
  readonly #delayed = new DelayedRestarts();
  readonly #queue: StartQueue;
  readonly #standstill: Standstill;
  readonly #received = {
    heartbeat_msgs_received: 0,
    droplet_exited_msgs_received: 0,
    droplet_updated_msgs_received: 0,
  };
  #desired: DesiredState | undefined;
  #refreshing: Promise<void> | undefined;
  #refreshAgain = false;
  /** Until when a start of a place counts as under way. */
  readonly #pendingUntil = new Map<string, number>();

  constructor(bus: Bus, log: Log, options: HealthManagerOptions, signal: AbortSignal) {
    this.#bus = bus;
    this.#log = log;
    this.#options = options;
    this.#signal = signal;
    this.requests = new Requests(bus, options);
    this.#queue = new StartQueue(options);
    this.#standstill = new Standstill(Math.max(options.instanceLostMs / 2, 2 * options.analyseEveryMs));
  }

  get knowledge(): Knowledge {
    const { instanceLostMs, flappingCrashes } = this.#options;
    return { actual: this.#actual, desired: this.#desired, instanceLostMs, flappingCrashes };
  }

  /** The time as of now, by which the ages of what was heard can be told: where they mean nothing, all count as new. */
  nowMs(): number {
    const nowMs = Date.now();
    if (this.#standstill.noticed()) this.#actual.refresh(nowMs);
    return nowMs;
  }

  varz(): object {
    const own = { ...this.#received, ...this.requests.sent, queue_length: this.#queue.size };
    return { ...varzOf(this.knowledge, this.nowMs()), ...own };
  }

  heartbeat(message: Heartbeat): void {
    this.#received.heartbeat_msgs_received += 1;
    this.#actual.heartbeat(message, this.nowMs());
    for (const { droplet: app, version, index } of message.droplets) {
      this.#pendingUntil.delete(keyOf({ app, version, index }));
    }
  }

  exited(message: DropletExited): void {
    this.#received.droplet_exited_msgs_received += 1;
    const crashes = this.#actual.exited(message, this.nowMs(), this.#options);
    if (message.reason === 'STOPPED') return;
    const place = { app: message.droplet, version: message.version, index: message.index };
    this.#pendingUntil.delete(keyOf(place));
    // A DEA that leaves is no fault of the app.
    if (crashes === undefined) this.#queueStart(place, [place.index], 'high');
    else this.#restart(place, crashes.count);
  }

  /** Somebody changed the app: what was to happen to it is not certain any more. */
  async updated(app: string): Promise<void> {
    this.#received.droplet_updated_msgs_received += 1;
    this.#delayed.callOff(app);
    await this.refresh();
  }

  /** Reads the desired state again; calls that come meanwhile share the next reading. */
  async refresh(): Promise<void> {
    if (this.#refreshing !== undefined) {
      this.#refreshAgain = true;
      return this.#refreshing;
    }
    this.#refreshing = this.#read().finally(() => {
      this.#refreshing = undefined;
    });
    await this.#refreshing;
  }

  /** Reads the desired state as often as it takes: the cloud controller may start after us. */
  async refreshUntilKnown(): Promise<void> {
    for (let waitMs = 50; ; waitMs = Math.min(waitMs * 2, 2_000)) {
      try {
        return await this.refresh();
      } catch (error) {
        this.#log.debug('no desired state yet', { error: messageOf(error) });
        await sleep(waitMs, this.#signal);
      }
    }
  }

  analyse({ settledAfterMs = this.#options.settledAfterMs }: { settledAfterMs?: number } = {}): void {
    const desired = this.#desired;
    if (desired === undefined) return;
    const nowMs = this.nowMs();
    const { instanceLostMs } = this.#options;
    const isPending = (place: Place) =>
      (this.#pendingUntil.get(keyOf(place)) ?? 0) > nowMs || this.#delayed.isWaiting(place) || this.#isGivenUp(place);
    const live = this.#actual.liveInstances(nowMs, instanceLostMs);
    const { starts, stops } = decide(desired, live, { nowMs, settledAfterMs, isPending });
    for (const start of starts) this.#startOrDelay(start);
    for (const stop of stops) this.#requestStop(stop);
    const isWanted = (app: string, version: string) => desired.get(app)?.version === version;
    this.#actual.forget(nowMs, instanceLostMs, isWanted);
    this.#delayed.keep(({ app, version }) => isWanted(app, version));
    for (const [key, until] of this.#pendingUntil) if (until <= nowMs) this.#pendingUntil.delete(key);
  }

  busIsBack(): void {
    this.#actual.refresh(Date.now());
  }

  [Symbol.dispose](): void {
    this.#delayed[Symbol.dispose]();
    this.#queue[Symbol.dispose]();
  }

  async #read(): Promise<void> {
    do {
      this.#refreshAgain = false;
      this.#desired = await readDesiredState(this.#bus, this.#signal, this.#options);
    } while (this.#refreshAgain);
  }

  #restart(place: Place, crashes: number): void {
    if (this.#desired?.has(place.app) === false) return; // anybody can say that something crashed
    if (this.#isGivenUp(place)) {
      this.#log.warn('given up, it crashes each time', { ...place, crashes });
      return;
    }
    const delayMs = restartDelayMs(crashes, this.#options, Math.random());
    const start = () => this.#queueStart(place, [place.index], 'low');
    if (delayMs === 0) {
      start();
      return;
    }
    this.#log.info('restart is delayed', { app: place.app, index: place.index, delayMs, crashes });
    this.#delayed.schedule(place, delayMs, start);
  }

  #isGivenUp({ app, version, index }: Place): boolean {
    const { giveUpAfterCrashes } = this.#options;
    return giveUpAfterCrashes > 0 && (this.#actual.crashesOf(app, version, index)?.count ?? 0) > giveUpAfterCrashes;
  }

  /** Asks for instances when it is their turn, as far as they are missing then. */
  #queueStart(version: Version, indices: readonly number[], priority: Priority): void {
    const { app: id } = version;
    const keys = indices.map((index) => keyOf({ ...version, index }));
    for (const key of keys) this.#pendingUntil.set(key, Number.POSITIVE_INFINITY);
    this.#queue.add(keys.join(), priority, () => {
      for (const key of keys) this.#pendingUntil.delete(key);
      const app = this.#desired?.get(id);
      if (app === undefined || app.version !== version.version) return;
      const live = this.#actual.liveInstancesOf(id, this.nowMs(), this.#options.instanceLostMs);
      const missing = missingIndices(app, live).filter((index) => indices.includes(index));
      if (missing.length > 0) this.#requestStart({ app, indices: missing });
    });
  }

  /** A restart that was called off waits anew. */
  #startOrDelay({ app, indices }: Start): void {
    const now = indices.filter((index) => {
      const place = { app: app.id, version: app.version, index };
      if (!this.#delayed.isDue(place)) return true;
      this.#restart(place, this.#actual.crashesOf(app.id, app.version, index)?.count ?? 0);
      return false;
    });
    if (now.length > 0) this.#queueStart({ app: app.id, version: app.version }, now, 'normal');
  }

  #requestStart({ app, indices }: Start): void {
    const until = this.nowMs() + this.#options.startPatienceMs;
    const crashes = indices.map((index) => this.#actual.crashesOf(app.id, app.version, index)?.count ?? 0);
    for (const index of indices) this.#pendingUntil.set(keyOf({ app: app.id, version: app.version, index }), until);
    this.#log.info('instances are missing', { app: app.id, indices });
    const isFlapping = crashes.some((count) => count >= this.#options.flappingCrashes);
    this.requests.start({ app, indices }, this.#runningVersions(app.id), isFlapping);
  }

  #requestStop(stop: Stop): void {
    this.#log.info('instances are too many', { app: stop.app, instances: stop.instances.map((each) => each.instance) });
    this.requests.stop(stop, this.#runningVersions(stop.app));
  }

  #runningVersions(app: string): Record<string, number> {
    return this.#actual.versionsOf(app, this.nowMs(), this.#options.instanceLostMs);
  }
}
