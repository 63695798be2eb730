import type { RouteMessage, RouteWithdrawal } from '#contract/routes.ts';
import { HostTable } from './host-table.ts';

/** Where an instance, or a part of the platform, listens. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
  /** App guid; absent for the platform's own endpoints. */
  readonly app: string | undefined;
  /** Index of the instance. */
  readonly index: string | undefined;
  /** The value of the sticky-session cookie. */
  readonly privateInstanceId: string | undefined;
  /** When it was registered last, in ms. */
  seenAt: number;
  /** It refused a connection and was not registered since. */
  isLeftOut: boolean;
}

/** A uri and the endpoints behind it, at least one. */
export interface Route {
  readonly uri: string;
  endpoints: Endpoint[];
  /** Whose turn it is. */
  turn: number;
}

/** Which endpoints serve which uri. Identity is uri, host and port; the newest registration says the rest. */
export class RouteTable {
  readonly #routes = new HostTable<Route>();

  /** @param now in ms, as all times here */
  register({ uris, ...message }: RouteMessage, now: number): void {
    for (const uri of uris) this.#registerAt(uri, message, now);
  }

  #registerAt(uri: string, message: Omit<RouteMessage, 'uris'>, now: number): void {
    const endpoint: Endpoint = {
      host: message.host,
      port: message.port,
      app: plain(message.app),
      index: plain(message.private_instance_index),
      privateInstanceId: plain(message.private_instance_id),
      seenAt: now,
      isLeftOut: false,
    };
    const route = this.#routes.get(uri);
    if (route === undefined) {
      this.#routes.set(uri, { uri, endpoints: [endpoint], turn: 0 });
      return;
    }
    const known = route.endpoints.findIndex((each) => isAt(each, message));
    if (known < 0) route.endpoints.push(endpoint);
    else route.endpoints[known] = endpoint;
  }

  unregister({ uris, host, port }: RouteWithdrawal): void {
    for (const uri of uris) {
      const route = this.#routes.get(uri);
      if (route !== undefined) this.#keep(route, (endpoint) => !isAt(endpoint, { host, port }));
    }
  }

  /** The route a request takes. @param host the Host header @param path the request's target */
  find(host: string, path: string): Route | undefined {
    return this.#routes.find(host, path);
  }

  /** As if everybody had registered just now: for when nobody could. */
  refreshAll(now: number): void {
    for (const route of this.#routes.values()) for (const endpoint of route.endpoints) endpoint.seenAt = now;
  }

  /**
   * Drops every endpoint not seen for `staleMs`. A pause comes after each `slice` routes, for a scan of 100,000 of
   * them takes longer than a request should wait. @returns the number of dropped ones so far at each pause
   */
  *sweep(now: number, staleMs: number, slice = 5_000): Generator<number> {
    let dropped = 0;
    let scanned = 0;
    for (const route of this.#routes.values()) {
      const before = route.endpoints.length;
      this.#keep(route, (endpoint) => now - endpoint.seenAt <= staleMs);
      dropped += before - route.endpoints.length;
      scanned += 1;
      if (scanned % slice === 0) yield dropped;
    }
    yield dropped;
  }

  #keep(route: Route, isKept: (endpoint: Endpoint) => boolean): void {
    if (route.endpoints.every(isKept)) return;
    route.endpoints = route.endpoints.filter(isKept);
    if (route.endpoints.length === 0) this.#routes.delete(route.uri);
  }
}

/**
 * The endpoint for the next request: the one with `stickyId` if it can be had, else each in turn. Those that are left
 * out come last, for they may be back; those in `tried` never.
 */
export function pickEndpoint(
  route: Route,
  { stickyId, tried }: { stickyId?: string | undefined; tried: ReadonlySet<Endpoint> },
): Endpoint | undefined {
  if (stickyId !== undefined) {
    const own = route.endpoints.find((each) => each.privateInstanceId === stickyId);
    if (own !== undefined && !own.isLeftOut && !tried.has(own)) return own;
  }
  const count = route.endpoints.length;
  let lastResort: Endpoint | undefined;
  for (let step = 0; step < count; step += 1) {
    const endpoint = route.endpoints[(route.turn + step) % count];
    if (endpoint === undefined || tried.has(endpoint)) continue;
    if (endpoint.isLeftOut) {
      lastResort ??= endpoint;
      continue;
    }
    route.turn = (route.turn + step + 1) % count;
    return endpoint;
  }
  return lastResort;
}

function isAt(endpoint: Endpoint, { host, port }: { host: string; port?: number | null | undefined }): boolean {
  return endpoint.port === port && endpoint.host === host;
}

/** These go into headers, where anything else would break each request. */
function plain(text: string | null | undefined): string | undefined {
  return text !== null && text !== undefined && /^[\x21-\x7e]{1,256}$/.test(text) ? text : undefined;
}
