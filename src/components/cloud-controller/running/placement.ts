import { deaStop, deaUpdate } from '#contract/dea.ts';
import { dropletUpdated } from '#contract/health.ts';
import type { Bus } from '#ground/bus.ts';
import { sayInAppLog } from '../app-log.ts';
import type { Store } from '../store.ts';
import { urisOf } from '../uris.ts';
import type { ActualState } from './actual-state.ts';
import { desiredOf } from './desired.ts';
import type { InstanceStarts } from './instance-starts.ts';

export interface PlacementParts {
  readonly bus: Bus;
  readonly store: Store;
  readonly actual: ActualState;
  readonly starts: InstanceStarts;
  /** Called whenever something changed about an app's instances. */
  readonly changed: (app: string) => void;
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
    this.#parts.actual.forgetTroubles(app);
    await this.#fillAndTell(app);
  }

  /** Stops whatever runs of an app. */
  stop(app: string): void {
    this.#say(app, 'Stopping');
    this.#parts.actual.forgetTroubles(app);
    this.#stopAll(app);
    this.#tellHealthManager(app);
  }

  /** Stops the old instances, then starts new ones. */
  async restart(app: string): Promise<void> {
    this.#say(app, 'Restarting');
    this.#parts.actual.forgetTroubles(app);
    this.#stopAll(app);
    await this.#fillAndTell(app);
  }

  /** Stops instances that are too many, and starts those that are missing. */
  async scale(app: string): Promise<void> {
    const { actual, bus, changed, store } = this.#parts;
    const desired = desiredOf(store, app);
    if (desired === undefined) return;
    const { instances } = desired.process;
    sayInAppLog(bus, app, `Scaling ${desired.app.name} to ${instances} ${instances === 1 ? 'instance' : 'instances'}`);
    const tooHigh = actual.instancesOf(app).filter(({ index }) => index >= instances);
    const indices = [...new Set(tooHigh.map(({ index }) => index))];
    if (indices.length > 0) {
      bus.publish(deaStop, { droplet: app, indices });
      actual.stopping(app, { indices });
      changed(app);
    }
    await this.#fillAndTell(app);
  }

  /** Tells the DEAs under which routes an app is reached now. */
  updateRoutes(app: string): void {
    const { bus, changed, store } = this.#parts;
    if (store.get('app', app)?.state === 'STARTED') bus.publish(deaUpdate, { droplet: app, uris: urisOf(store, app) });
    changed(app);
  }

  /** The app is gone, and so must be its instances. */
  remove(app: string): void {
    this.#stopAll(app);
    this.#parts.actual.forget(app);
    this.#tellHealthManager(app);
    this.#parts.changed(app);
  }

  #say(guid: string, what: string): void {
    const app = this.#parts.store.get('app', guid);
    if (app !== undefined) sayInAppLog(this.#parts.bus, guid, `${what} ${app.name}`);
  }

  #stopAll(app: string): void {
    const { actual, bus, changed } = this.#parts;
    bus.publish(deaStop, { droplet: app });
    actual.stopping(app);
    changed(app);
  }

  async #fillAndTell(app: string): Promise<void> {
    try {
      await this.#parts.starts.fill(app);
    } finally {
      this.#tellHealthManager(app);
    }
  }

  #tellHealthManager(app: string): void {
    this.#parts.bus.publish(dropletUpdated, { droplet: app, cc_partition: 'default' });
  }
}
