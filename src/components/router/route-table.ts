import type { RouteMessage, RouteWithdrawal } from '#contract/routes.ts';
import { HostTable } from './host-table.ts';
import type { Tags } from './traffic.ts';

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
  /** Which version of its app it runs. */
  readonly version: string | undefined;
  /** What its requests are counted by; the same object for as long as it is registered. */
  readonly tags: Tags | undefined;
  /** When it was registered last, in ms. */
  seenAt: number;
  /** It refused a connection and was not heard of since. */
  isLeftOut: boolean;
  /** Its app is idle: it is being stopped, or may be in a moment. It gets no requests. */
  isResting: boolean;
  /** It is registered no more, or as another. */
  isGone: boolean;
  /** Requests that it is answering, and websockets that it has open. */
  active: number;
}

/** A uri and the endpoints behind it, at least one. */
export interface Route {
  readonly uri: string;
  endpoints: Endpoint[];
  /** Whose turn it is. */
  turn: number;
}

/**
 * Which endpoints serve which uri. Identity is uri, host and port: who registers again says only that it is there still.
 * Another instance may have got the port meanwhile, which its private id tells.
 */
export class RouteTable {
  readonly #routes = new HostTable<Route>();
  /** Those that are registered no more, and were at work when they went. */
  readonly #leaving = new Set<Endpoint>();
  #uris = 0;
  #endpoints = 0;

  /** @param now in ms, as all times here */
  register({ uris, ...message }: RouteMessage, now: number): void {
    for (const uri of uris) this.#registerAt(uri, message, now);
  }

  #registerAt(uri: string, message: Omit<RouteMessage, 'uris'>, now: number): void {
    const route = this.#routes.get(uri);
    if (route === undefined) {
      this.#routes.set(uri, { uri, endpoints: [endpointOf(message, now)], turn: 0 });
      this.#uris += 1;
      this.#endpoints += 1;
      return;
    }
    const at = route.endpoints.findIndex((each) => isAt(each, message));
    const known = route.endpoints[at];
    if (known === undefined) {
      route.endpoints.push(endpointOf(message, now));
      this.#endpoints += 1;
    } else if (isSame(known, message) && !known.isLeftOut) known.seenAt = now;
    else {
      // Another object, so that a request which was refused there before the news tries it again.
      this.#dismiss(known);
      const tags = isSame(known, message) ? { tags: known.tags } : {};
      route.endpoints[at] = { ...endpointOf(message, now), ...tags };
    }
  }

  unregister({ uris, host, port }: RouteWithdrawal): void {
    for (const uri of uris) {
      const route = this.#routes.get(uri);
      if (route !== undefined) this.#keep(route, (endpoint) => !isAt(endpoint, { host, port }));
    }
  }

  /** The instances of an app get no requests from now on, or do so again. */
  rest(app: string, uris: readonly string[], isResting: boolean): void {
    for (const uri of uris) {
      for (const endpoint of this.#routes.get(uri)?.endpoints ?? []) {
        if (endpoint.app === app) endpoint.isResting = isResting;
      }
    }
  }

  /** Drops the instances of an app that rest. */
  dropResting(app: string, uris: readonly string[]): void {
    for (const uri of uris) {
      const route = this.#routes.get(uri);
      if (route !== undefined) this.#keep(route, (endpoint) => endpoint.app !== app || !endpoint.isResting);
    }
  }

  /** How many uris there are, and how many endpoints behind them. */
  size(): { uris: number; endpoints: number } {
    return { uris: this.#uris, endpoints: this.#endpoints };
  }

  /** The route a request takes. @param host the Host header @param path the request's target */
  find(host: string, path: string): Route | undefined {
    return this.#routes.find(host, path);
  }

  /** How many of the endpoints that are meant get requests, and how many they answer. */
  census(uris: readonly string[], isMeant: (endpoint: Endpoint) => boolean): { routed: number; active: number } {
    const found = uris.map((uri) => this.#routes.get(uri)?.endpoints.filter(isMeant) ?? []);
    for (const endpoint of this.#leaving) if (endpoint.active === 0) this.#leaving.delete(endpoint);
    const busy = [...found.flat(), ...[...this.#leaving].filter(isMeant)];
    return {
      routed: Math.min(...found.map(({ length }) => length)),
      active: busy.reduce((sum, { active }) => sum + active, 0),
    };
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
    for (const endpoint of route.endpoints) if (!isKept(endpoint)) this.#dismiss(endpoint);
    const before = route.endpoints.length;
    route.endpoints = route.endpoints.filter(isKept);
    this.#endpoints -= before - route.endpoints.length;
    if (route.endpoints.length > 0) return;
    this.#routes.delete(route.uri);
    this.#uris -= 1;
  }

  #dismiss(endpoint: Endpoint): void {
    endpoint.isGone = true;
    if (endpoint.active > 0) this.#leaving.add(endpoint);
  }
}

function endpointOf(message: Omit<RouteMessage, 'uris'>, now: number): Endpoint {
  return {
    host: message.host,
    port: message.port,
    app: plain(message.app),
    index: plain(message.private_instance_index),
    privateInstanceId: plain(message.private_instance_id),
    version: message.version ?? undefined,
    tags: message.tags ? tagsOf(message.tags) : undefined,
    seenAt: now,
    isLeftOut: false,
    isResting: false,
    isGone: false,
    active: 0,
  };
}

function tagsOf(tags: Readonly<Record<string, string | null | undefined>>): Tags {
  return Object.fromEntries(Object.entries(tags).filter((each): each is [string, string] => isTag(each[0], each[1])));
}

/** They are kept for as long as the router runs. */
function isTag(key: string, value: string | null | undefined): boolean {
  return key.length <= 64 && typeof value === 'string' && value.length <= 256;
}

function isSame(endpoint: Endpoint, message: Omit<RouteMessage, 'uris'>): boolean {
  return endpoint.privateInstanceId === plain(message.private_instance_id);
}

function isAt(endpoint: Endpoint, { host, port }: { host: string; port?: number | null | undefined }): boolean {
  return endpoint.port === port && endpoint.host === host;
}

/** These go into headers, where anything else would break each request. */
function plain(text: string | null | undefined): string | undefined {
  return text !== null && text !== undefined && /^[\x21-\x7e]{1,256}$/.test(text) ? text : undefined;
}
