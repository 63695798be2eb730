import type { DropletExited, Heartbeat } from '#contract/dea.ts';
import { healthStart, healthStop } from '#contract/health.ts';
import type { Bus } from '#ground/bus.ts';
import { messageOf } from '#ground/errors.ts';
import type { Log } from '#ground/log.ts';
import { sleep } from '#ground/wait.ts';
import { ActualState } from './actual-state.ts';
import { restartDelayMs } from './crash-delay.ts';
import { decide, missingIndices, type Start, type Stop } from './decide.ts';
import { type DesiredState, readDesiredState } from './desired-state.ts';
import type { HealthManagerOptions } from './options.ts';

/** Holds both states up to date and turns their difference into requests. Decisions are taken in `decide.ts`. */
export class Watch {
  readonly #bus: Bus;
  readonly #log: Log;
  readonly #options: HealthManagerOptions;
  readonly #signal: AbortSignal;
  readonly #actual = new ActualState();
  #desired: DesiredState | undefined;
  #refreshing: Promise<void> | undefined;
  #refreshAgain = false;
  /** Until when a start of `app/version/index` counts as under way. */
  readonly #pendingUntil = new Map<string, number>();

  constructor(bus: Bus, log: Log, options: HealthManagerOptions, signal: AbortSignal) {
    this.#bus = bus;
    this.#log = log;
    this.#options = options;
    this.#signal = signal;
  }

  heartbeat(message: Heartbeat): void {
    this.#actual.heartbeat(message, Date.now());
    for (const each of message.droplets) this.#pendingUntil.delete(keyOf(each.droplet, each.version, each.index));
  }

  async exited(message: DropletExited): Promise<void> {
    const { minRestartDelayMs, maxRestartDelayMs, steadyAfterMs } = this.#options;
    const crashes = this.#actual.exited(message, Date.now(), steadyAfterMs);
    if (message.reason === 'STOPPED') return;
    const delayMs = restartDelayMs(crashes?.count ?? 0, minRestartDelayMs, maxRestartDelayMs);
    const key = keyOf(message.droplet, message.version, message.index);
    if (delayMs > 0) {
      this.#log.info('restart is delayed', {
        app: message.droplet,
        index: message.index,
        delayMs,
        crashes: crashes?.count,
      });
      this.#pendingUntil.set(key, Date.now() + delayMs + 1_000);
      const stopped = await sleep(delayMs, this.#signal).then(
        () => false,
        () => true,
      );
      if (stopped) return;
    }
    this.#startIfMissing(message.droplet, message.version, message.index);
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
    const nowMs = Date.now();
    const { instanceLostMs } = this.#options;
    const isPending = (app: string, version: string, index: number) =>
      (this.#pendingUntil.get(keyOf(app, version, index)) ?? 0) > nowMs;
    const live = this.#actual.liveInstances(nowMs, instanceLostMs);
    const { starts, stops } = decide(desired, live, { nowMs, settledAfterMs, isPending });
    for (const start of starts) this.#requestStart(start);
    for (const stop of stops) this.#requestStop(stop);
    this.#actual.forget(nowMs, instanceLostMs, (app, version) => desired.get(app)?.version === version);
    for (const [key, until] of this.#pendingUntil) if (until <= nowMs) this.#pendingUntil.delete(key);
  }

  busIsBack(): void {
    this.#actual.refresh(Date.now());
  }

  statusOf(request: { droplet: string; version?: string | null | undefined; state: 'FLAPPING' | 'CRASHED' }) {
    const app = this.#desired?.get(request.droplet);
    const version = request.version ?? app?.version ?? '';
    const crashed = Array.from({ length: app?.instances ?? 0 }, (_, index) => {
      const crashes = this.#actual.crashesOf(request.droplet, version, index);
      return crashes === undefined ? [] : [{ index, ...crashes }];
    }).flat();
    const since = (lastAtMs: number) => Math.floor(lastAtMs / 1000);
    if (request.state === 'CRASHED') {
      return { instances: crashed.map((each) => ({ instance: each.lastInstance, since: since(each.lastAtMs) })) };
    }
    const flapping = crashed.filter((each) => each.count >= this.#options.flappingCrashes);
    return { indices: flapping.map((each) => ({ index: each.index, since: since(each.lastAtMs) })) };
  }

  healthOf({ droplet, version }: { droplet: string; version?: string | null | undefined }) {
    const live = this.#actual.liveInstancesOf(droplet, Date.now(), this.#options.instanceLostMs);
    const isMeant = (found: string) => version === undefined || version === null || found === version;
    const healthy = live.filter((each) => each.state === 'RUNNING' && isMeant(each.version)).length;
    return { droplet, version, healthy };
  }

  async #read(): Promise<void> {
    do {
      this.#refreshAgain = false;
      this.#desired = await readDesiredState(this.#bus, this.#signal);
    } while (this.#refreshAgain);
  }

  #startIfMissing(id: string, version: string, index: number): void {
    const app = this.#desired?.get(id);
    if (app === undefined || app.version !== version) return;
    const live = this.#actual.liveInstancesOf(id, Date.now(), this.#options.instanceLostMs);
    if (missingIndices(app, live).includes(index)) this.#requestStart({ app, indices: [index] });
  }

  #requestStart({ app, indices }: Start): void {
    const nowMs = Date.now();
    const crashes = indices.map((index) => this.#actual.crashesOf(app.id, app.version, index)?.count ?? 0);
    for (const index of indices) {
      this.#pendingUntil.set(keyOf(app.id, app.version, index), nowMs + this.#options.startPatienceMs);
    }
    this.#log.info('instances are missing', { app: app.id, indices });
    this.#bus.publish(healthStart, {
      droplet: app.id,
      last_updated: app.lastUpdated,
      version: app.version,
      indices: [...indices],
      running: this.#runningVersions(app.id),
      flapping: crashes.some((count) => count >= this.#options.flappingCrashes),
    });
  }

  #requestStop({ app, lastUpdated, version, instances }: Stop): void {
    this.#log.info('instances are too many', { app, instances: instances.map((each) => each.instance) });
    this.#bus.publish(healthStop, {
      droplet: app,
      last_updated: lastUpdated,
      version,
      instances: Object.fromEntries(instances.map((each) => [each.instance, each.version])),
      running: this.#runningVersions(app),
    });
  }

  #runningVersions(app: string): Record<string, number> {
    const counts: Record<string, number> = {};
    for (const each of this.#actual.liveInstancesOf(app, Date.now(), this.#options.instanceLostMs)) {
      counts[each.version] = (counts[each.version] ?? 0) + 1;
    }
    return counts;
  }
}

function keyOf(app: string, version: string, index: number): string {
  return `${app}\n${version}\n${index}`;
}
