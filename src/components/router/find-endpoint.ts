import type { AppState } from '#contract/apps.ts';
import type { AppStates } from './app-states.ts';
import type { Destination } from './check-request.ts';
import { type Endpoint, pickEndpoint, type RouteTable } from './route-table.ts';
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
}

export interface Patience {
  readonly holdMs: number;
  readonly newsMs: number;
}

/** The search of one request for an instance: each endpoint once, waiting where something may turn up. */
export class EndpointSearch {
  readonly #directory: Directory;
  readonly #destination: Destination;
  readonly #stickyId: string | undefined;
  readonly #gone: () => AbortSignal;
  readonly #newsMs: number;
  readonly #endsAt: number;
  readonly #tried = new Set<Endpoint>();

  /** @param gone gives a signal that aborts when the client has left; asked for only by one that has to wait */
  constructor(
    directory: Directory,
    destination: Destination,
    { stickyId, gone, holdMs, newsMs }: Patience & { stickyId: string | undefined; gone: () => AbortSignal },
  ) {
    this.#directory = directory;
    this.#destination = destination;
    this.#stickyId = stickyId;
    this.#gone = gone;
    this.#newsMs = newsMs;
    this.#endsAt = performance.now() + holdMs;
  }

  /** The next endpoint to try, or why there is none. */
  async next(): Promise<Endpoint | Absence> {
    const { table, states, room } = this.#directory;
    const { host, target } = this.#destination;
    for (;;) {
      const route = table.find(host, target);
      const endpoint = route && pickEndpoint(route, { stickyId: this.#stickyId, tried: this.#tried });
      if (endpoint !== undefined) {
        this.#tried.add(endpoint);
        return endpoint;
      }
      const state = states.find(host, target);
      const hasRefused = this.#tried.size > 0;
      const waitMs = Math.min(this.#endsAt - performance.now(), patienceWith(state, hasRefused, this.#newsMs));
      const isNews = state !== undefined && waitMs > 0 && (await room.wait(state.app, waitMs, this.#gone()));
      if (!isNews) return absenceOf(states.find(host, target), hasRefused);
    }
  }
}

export function isAbsence(found: Endpoint | Absence): found is Absence {
  return 'why' in found;
}

/** How long it makes sense to wait, in ms; the caller has its own limit. */
function patienceWith(app: AppState | undefined, hasRefused: boolean, newsMs: number): number {
  switch (app?.state) {
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
