import { deaStop, deaUpdate } from '#contract/dea.ts';
import { dropletUpdated } from '#contract/health.ts';
import type { Bus } from '#ground/bus.ts';
import { asDeployed } from '../revisions.ts';
import type { ActualState } from '../running/actual-state.ts';
import { giveTurn, thisMinute } from '../running/cron-turns.ts';
import { processesOf } from '../running/desired.ts';
import type { Store } from '../store.ts';

interface HeraldParts {
  readonly bus: Bus;
  readonly store: Store;
  readonly actual: ActualState;
}

/** What DEAs and health managers are told about the versions of an app. */
export class Herald {
  readonly #app: string;
  readonly #parts: HeraldParts;

  constructor(app: string, parts: HeraldParts) {
    this.#app = app;
    this.#parts = parts;
  }

  /** Guids of what the app has, and of what runs of it. */
  processes(): string[] {
    const { actual, store } = this.#parts;
    const app = store.get('app', this.#app);
    const own = app === undefined ? [this.#app] : [...processesOf(app), ...processesOf(asDeployed(store, app))];
    return [...new Set([...own, ...actual.processesOf(this.#app)])];
  }

  /** @param drain seconds that instances may go on with the requests they have */
  stop(versions: readonly string[], drain: number): void {
    const { actual, bus } = this.#parts;
    for (const droplet of this.processes()) {
      for (const version of versions) {
        bus.publish(deaStop, { droplet, version, ...(drain === 0 ? {} : { drain }) });
        actual.stopping(droplet, { version });
      }
    }
  }

  /** The version that serves has the routes to itself, and what is due by the clock; these have neither any more. */
  handOver(versions: readonly string[]): void {
    const { bus, store } = this.#parts;
    const serving = store.get('app', this.#app)?.version;
    const minute = thisMinute();
    const cron = { until: minute };
    for (const version of versions) bus.publish(deaUpdate, { droplet: this.#app, uris: [], version, cron });
    // Also because a DEA of 2012 knows no versions, and has just withdrawn all of them.
    if (serving !== undefined) giveTurn(this.#parts, this.#app, serving, minute);
  }

  /** A version gets requests, and runs what is due by the clock. */
  giveBack(version: string): void {
    giveTurn(this.#parts, this.#app, version);
  }

  tellHealthManagers(): void {
    for (const droplet of this.processes())
      this.#parts.bus.publish(dropletUpdated, { droplet, cc_partition: 'default' });
  }
}
