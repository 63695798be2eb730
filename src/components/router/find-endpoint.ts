import type { AppState } from '#contract/apps.ts';
import type { AppStates } from './app-states.ts';
import type { Destination } from './check-request.ts';
import { type Balance, pickEndpoint, type Wish } from './pick-endpoint.ts';
import type { Endpoint, RouteTable } from './route-table.ts';
import type { WaitingRoom } from './waiting-room.ts';

/** Why no instance answers a request. */
export type Absence =
  | { readonly why: 'unknown' }
  | { readonly why: 'stopped' | 'starting' | 'crashed'; readonly app: AppState }
  /** All endpoints refused. */
  | { readonly why: 'unreachable'; readonly app: AppState | undefined }
  /** An instance accepted the request and gave no answer to it, or none that can be passed on. */
  | { readonly why: 'broken'; readonly app: AppState | undefined; readonly detail: string };

export interface Directory {
  readonly table: RouteTable;
  readonly states: AppStates;
  readonly room: WaitingRoom;
  /** Has an app started that is idle. */
  readonly wake: (app: string) => void;
}

export interface Patience {
  readonly holdMs: number;
  readonly newsMs: number;
  readonly wakeMs: number;
  readonly balance: Balance;
}

interface SearchOptions {
  readonly patience: Patience;
  readonly stickyId: string | undefined;
  readonly gone: () => AbortSignal;
}

/** The search of one request for an instance: each endpoint once, waiting where something may turn up. */
export class EndpointSearch {
  readonly #directory: Directory;
  readonly #destination: Destination;
  readonly #wish: Wish & { readonly tried: Endpoint[] };
  readonly #gone: () => AbortSignal;
  readonly #newsMs: number;
  readonly #wakeMs: number;
  readonly #startedAt: number;
  #endsAt: number;

  /** @param gone gives a signal that aborts when the client has left; asked for only by one that has to wait */
  constructor(directory: Directory, destination: Destination, { patience, stickyId, gone }: SearchOptions) {
    this.#directory = directory;
    this.#destination = destination;
    this.#wish = { stickyId, tried: [], balance: patience.balance };
    this.#gone = gone;
    this.#newsMs = patience.newsMs;
    this.#wakeMs = patience.wakeMs;
    this.#startedAt = performance.now();
    this.#endsAt = this.#startedAt + patience.holdMs;
  }

  /** The next endpoint to try, or why there is none: at once, unless that is to be waited for. */
  next(): Endpoint | Promise<Endpoint | Absence> {
    return this.#pick() ?? this.#wait();
  }

  #pick(): Endpoint | undefined {
    const route = this.#directory.table.find(this.#destination.host, this.#destination.target);
    const endpoint = route && pickEndpoint(route, this.#wish);
    if (endpoint !== undefined) this.#wish.tried.push(endpoint);
    return endpoint;
  }

  async #wait(): Promise<Endpoint | Absence> {
    const { states, room } = this.#directory;
    const { host, target } = this.#destination;
    for (;;) {
      const endpoint = this.#pick();
      if (endpoint !== undefined) return endpoint;
      const state = states.find(host, target);
      const hasRefused = this.#wish.tried.length > 0;
      if (state?.state === 'IDLE') this.#wake(state.app);
      const waitMs = Math.min(this.#endsAt - performance.now(), patienceWith(state, hasRefused, this.#newsMs));
      const isNews = state !== undefined && waitMs > 0 && (await room.wait(state.app, waitMs, this.#gone()));
      if (!isNews) return absenceOf(states.find(host, target), hasRefused);
    }
  }

  /** Its start begins only now, so it may take longer than one that others wait for already. */
  #wake(app: string): void {
    this.#directory.wake(app);
    this.#endsAt = this.#startedAt + this.#wakeMs;
  }
}

export function isAbsence(found: Endpoint | Absence): found is Absence {
  return 'why' in found;
}

/** How long it makes sense to wait, in ms; the caller has its own limit. */
function patienceWith(app: AppState | undefined, hasRefused: boolean, newsMs: number): number {
  switch (app?.state) {
    case 'IDLE':
    case 'STARTING':
    case 'STAGING':
      return Number.POSITIVE_INFINITY;
    case 'RUNNING':
      // Without an endpoint: its registration is on the way. Refusing: it may just have died, which we hear soon.
      return hasRefused ? newsMs : Number.POSITIVE_INFINITY;
    default:
      return 0;
  }
}

function absenceOf(app: AppState | undefined, hasRefused: boolean): Absence {
  switch (app?.state) {
    case 'IDLE':
    case 'STARTING':
    case 'STAGING':
      return { why: 'starting', app };
    case 'CRASHED':
      return { why: 'crashed', app };
    case 'RUNNING':
      return hasRefused ? { why: 'unreachable', app } : { why: 'starting', app };
    default:
      if (hasRefused) return { why: 'unreachable', app };
      return app === undefined ? { why: 'unknown' } : { why: 'stopped', app };
  }
}
