import { deaStop, deaUpdate } from '#contract/dea.ts';
import { dropletUpdated } from '#contract/health.ts';
import type { Bus } from '#ground/bus.ts';
import { sayInAppLog } from '../app-log.ts';
import type { Store } from '../store.ts';
import { urisOf } from '../uris.ts';
import type { ActualState } from './actual-state.ts';
import { type Desired, desiredOf, processesOf } from './desired.ts';
import type { InstanceStarts } from './instance-starts.ts';
import type { Versions } from './versions.ts';

export interface PlacementParts {
  readonly bus: Bus;
  readonly store: Store;
  readonly actual: ActualState;
  readonly starts: InstanceStarts;
  readonly versions: Versions;
  /** Called whenever something changed about a process's instances. */
  readonly changed: (process: string) => void;
}

/** Carries out what is wanted of an app: its record was changed before. */
export class Placement {
  readonly #parts: PlacementParts;

  constructor(parts: PlacementParts) {
    this.#parts = parts;
  }

  /** Has every wanted instance started that does not run and is not under way. */
  async start(app: string): Promise<void> {
    this.#say(app, 'Starting');
    await this.#fillAll(app);
  }

  /** Stops whatever runs of an app. */
  stop(app: string): void {
    this.#say(app, 'Stopping');
    for (const process of this.#processesOf(app)) {
      this.#parts.actual.forgetTroubles(process);
      this.#stop(process);
      this.#tellHealthManager(process);
    }
  }

  /** Stops the web process of an app that is idle; its other processes have work that nobody asks for through a router. */
  rest(app: string): void {
    this.#say(app, 'Stopping', ', which nobody asks for: the next request starts it again');
    this.#parts.actual.forgetTroubles(app);
    this.#stop(app);
    this.#tellHealthManager(app);
  }

  /** Starts the web process again, unless it was not stopped after all. */
  async wake(app: string): Promise<void> {
    const { actual } = this.#parts;
    if (actual.instancesOf(app).every(({ isStopping }) => isStopping)) this.#say(app, 'Starting', ' again');
    actual.forgetTroubles(app);
    await this.#fillAndTell(app);
  }

  /** Stops the old instances, then starts new ones. */
  async restart(app: string): Promise<void> {
    this.#say(app, 'Restarting');
    for (const process of this.#processesOf(app)) this.#stop(process);
    await this.#fillAll(app);
  }

  /** Stops instances of a process that are too many, and starts those that are missing. */
  async scale(process: string): Promise<void> {
    const { actual, bus, store } = this.#parts;
    const desired = desiredOf(store, process);
    if (desired === undefined) return;
    const { app } = desired;
    const { instances } = desired.process;
    sayInAppLog(
      bus,
      app.guid,
      `Scaling ${nameOf(desired)} to ${instances} ${instances === 1 ? 'instance' : 'instances'}`,
    );
    const tooHigh = actual.instancesOf(process).filter(({ index }) => index >= instances);
    const indices = [...new Set(tooHigh.map(({ index }) => index))];
    if (indices.length > 0) this.#stop(process, indices);
    await this.#fillAndTell(process);
  }

  /** Stops what runs at an index of a process, and starts it anew. */
  async restartInstance(process: string, index: number): Promise<void> {
    const { actual, bus, starts, store } = this.#parts;
    const desired = desiredOf(store, process);
    if (desired === undefined) return;
    sayInAppLog(bus, desired.app.guid, `Restarting instance ${index} of ${nameOf(desired)}`);
    actual.forgetTroubles(process, [index]);
    this.#stop(process, [index]);
    await starts.fill(process, { indices: [index] });
  }

  /** Tells the DEAs under which routes an app is reached now. */
  updateRoutes(app: string): void {
    const { bus, changed, store, versions } = this.#parts;
    const isStarted = store.get('app', app)?.state === 'STARTED';
    const uris = urisOf(store, app);
    // What stands by gets no requests, whatever the routes are.
    if (versions.standingBy(app).length > 0) {
      for (const version of versions.serving(app)) bus.publish(deaUpdate, { droplet: app, uris, version });
    } else if (isStarted) bus.publish(deaUpdate, { droplet: app, uris });
    changed(app);
  }

  /** The app is gone, and so must be its instances. */
  remove(app: string): void {
    for (const process of this.#processesOf(app)) {
      this.#stop(process);
      this.#parts.actual.forget(process);
      this.#tellHealthManager(process);
      this.#parts.changed(process);
    }
  }

  /** What an app has, had, or still runs. */
  #processesOf(app: string): string[] {
    const { actual, store } = this.#parts;
    const record = store.get('app', app);
    return [...new Set([app, ...(record === undefined ? [] : processesOf(record)), ...actual.processesOf(app)])];
  }

  #say(guid: string, what: string, why = ''): void {
    const app = this.#parts.store.get('app', guid);
    if (app !== undefined) sayInAppLog(this.#parts.bus, guid, `${what} ${app.name}${why}`);
  }

  #stop(process: string, indices?: readonly number[]): void {
    const { actual, bus, changed } = this.#parts;
    bus.publish(deaStop, { droplet: process, ...(indices === undefined ? {} : { indices: [...indices] }) });
    actual.stopping(process, { indices });
    changed(process);
  }

  async #fillAll(app: string): Promise<void> {
    const processes = this.#processesOf(app);
    for (const process of processes) this.#parts.actual.forgetTroubles(process);
    await Promise.all(processes.map((process) => this.#fillAndTell(process)));
  }

  async #fillAndTell(process: string): Promise<void> {
    try {
      await this.#parts.starts.fill(process);
    } finally {
      this.#tellHealthManager(process);
    }
  }

  #tellHealthManager(process: string): void {
    this.#parts.bus.publish(dropletUpdated, { droplet: process, cc_partition: 'default' });
  }
}

/** How the app's log speaks of a process. */
function nameOf({ app, process: { type } }: Desired): string {
  return type === 'web' ? app.name : `${type} of ${app.name}`;
}
