import { type AppState, appState } from '#contract/apps.ts';
import type { Bus } from '#ground/bus.ts';
import { idleStopSecondsOf } from '../idle-stop.ts';
import type { AppRecord } from '../records.ts';
import type { Store } from '../store.ts';
import { urisOf } from '../uris.ts';
import type { ActualState } from './actual-state.ts';
import { desiredOf, wantedIndices } from './desired.ts';
import { type LiveReloadParts, liveReloadOf } from './live-reload.ts';

export interface AppStatesParts extends LiveReloadParts {
  readonly bus: Bus;
  /** Of apps that do not say themselves when they may be stopped. */
  readonly idleStopSeconds: number | undefined;
}

/** Tells everybody what becomes of each app as a whole, each time it changes. */
export class AppStates {
  readonly #bus: Bus;
  readonly #store: Store;
  readonly #actual: ActualState;
  readonly #parts: AppStatesParts;
  /** What was said of each app last. */
  readonly #said = new Map<string, string>();

  constructor(parts: AppStatesParts) {
    this.#bus = parts.bus;
    this.#store = parts.store;
    this.#actual = parts.actual;
    this.#parts = parts;
  }

  /** Something may have changed about this app. */
  look(guid: string): void {
    const app = this.#store.get('app', guid);
    if (app !== undefined) this.#say(this.#stateOf(app));
    else if (this.#said.has(guid)) this.#sayDeleted(guid);
  }

  /** Says everything again: somebody new listens. */
  repeat(): void {
    this.#said.clear();
    for (const app of this.#store.all('app')) this.#say(this.#stateOf(app));
  }

  #say(state: AppState): void {
    const text = JSON.stringify(state);
    if (this.#said.get(state.app) === text) return;
    this.#said.set(state.app, text);
    this.#bus.publish(appState, state);
  }

  #sayDeleted(guid: string): void {
    this.#said.delete(guid);
    this.#bus.publish(appState, { app: guid, name: '', uris: [], state: 'DELETED' });
  }

  #stateOf(app: AppRecord): AppState {
    const { guid, name } = app;
    const seconds =
      app.state === 'STARTED' ? idleStopSecondsOf(this.#store, app, this.#parts.idleStopSeconds) : undefined;
    const idleStop = typeof seconds === 'number' ? { idle_stop_seconds: seconds } : {};
    const liveReload = liveReloadOf(this.#parts, app);
    return { app: guid, name, uris: urisOf(this.#store, guid), ...this.#becomes(app), ...idleStop, ...liveReload };
  }

  #becomes({ guid, state, isIdle }: AppRecord): Pick<AppState, 'state' | 'reason'> {
    if (state === 'STARTED' && isIdle === true) return { state: 'IDLE' };
    const desired = desiredOf(this.#store, guid);
    const live = this.#actual.instancesOf(guid).filter(({ isStopping }) => !isStopping);
    const isWanted = desired !== undefined && desired.process.instances > 0;
    if (isWanted && live.some(({ state }) => state === 'RUNNING')) return { state: 'RUNNING' };
    if (isWanted && live.length > 0) return { state: 'STARTING' };
    const isStaging = this.#store.all('build').some(({ app, state }) => app === guid && state === 'STAGING');
    if (isStaging) return { state: 'STAGING' };
    if (desired === undefined || !isWanted) return { state: 'STOPPED' };
    const troubles = wantedIndices(desired).map((index) => this.#actual.troubleAt(guid, index));
    const [first] = troubles;
    const hasFailed = troubles.every((trouble) => trouble?.version === desired.version);
    return hasFailed && first !== undefined ? { state: 'CRASHED', reason: first.reason } : { state: 'STARTING' };
  }
}
