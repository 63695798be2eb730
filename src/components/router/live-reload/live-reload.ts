import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AppState } from '#contract/apps.ts';
import type { Bus } from '#ground/bus.ts';
import type { Destination } from '../check-request.ts';
import { lastWords } from '../send-page.ts';
import { clientScript } from './client-script.ts';
import { LivePage, mayBePage, noVersion, scriptTag } from './live-page.ts';
import { reservedPathIn, scriptPathFor } from './paths.ts';
import { Streams } from './streams.ts';

interface Parts {
  readonly bus: Bus;
  /** The app a request is meant for. */
  readonly find: (destination: Destination) => AppState | undefined;
}

/** An app that somebody works on. */
interface Watched {
  state: AppState;
  /** What served last. */
  version: string | undefined;
  readonly streams: Streams;
}

/** The pages of apps that somebody works on: each has a script that reloads it when another version serves. */
export class LiveReload implements Disposable {
  readonly #parts: Parts;
  readonly #apps = new Map<string, Watched>();
  #isClosed = false;
  /** Whether there is such an app. All else is asked only then. */
  isOn = false;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** What became of an app. */
  follow(state: AppState): void {
    const known = this.#apps.get(state.app);
    if (state.live_reload !== true || state.state === 'DELETED') {
      known?.streams.end();
      this.#apps.delete(state.app);
    } else {
      const watched = known ?? this.#watch(state);
      watched.state = state;
      if (state.state === 'RUNNING' && state.version !== undefined) watched.version = state.version;
      watched.streams.tell(state);
    }
    this.isOn = this.#apps.size > 0;
  }

  /** Answers what is asked of the router itself for such an app. @returns whether it was that */
  serve(request: IncomingMessage, response: ServerResponse, destination: Destination): boolean {
    const watched = this.#find(destination);
    const path = watched && reservedPathIn(destination.target, watched.state.uris);
    if (watched === undefined || path === undefined) return false;
    request.resume();
    if (request.method !== 'GET' && request.method !== 'HEAD') refuse(response, 405, { Allow: 'GET, HEAD' });
    else if (isOfOtherSite(request)) refuse(response, 403, {});
    else if (path === 'script') sendScript(response);
    else if (this.#isClosed) refuse(response, 503, { 'Retry-After': '1' });
    else watched.streams.open(request, response, watched.state);
    return true;
  }

  /** A request for what may be a page of such an app. @param app the one whose instance is asked */
  page(request: IncomingMessage, destination: Destination, app: string | undefined): LivePage | undefined {
    const watched = app === undefined ? undefined : this.#apps.get(app);
    if (watched === undefined || !mayBePage(request)) return undefined;
    return new LivePage(request, identityOf(watched, destination, watched.version ?? ''));
  }

  /**
   * The script's tag for a page of the router itself, in the place of one of such an app.
   * @param isOutdated by the first version that serves; else by another one than serves already
   */
  tagFor(destination: Destination, isOutdated: boolean): string | undefined {
    const watched = this.#find(destination);
    return watched && scriptTag(identityOf(watched, destination, isOutdated ? noVersion : (watched.version ?? '')));
  }

  /** Sends everybody away who listens; they come back, to the next router for one. */
  leave(): void {
    this.#isClosed = true;
    for (const { streams } of this.#apps.values()) streams[Symbol.dispose]();
  }

  [Symbol.dispose](): void {
    this.leave();
  }

  #watch(state: AppState): Watched {
    const lines = () => lastWords(this.#parts.bus, state.app);
    const watched = { state, version: state.version, streams: new Streams(lines) };
    this.#apps.set(state.app, watched);
    return watched;
  }

  #find(destination: Destination): Watched | undefined {
    const app = this.#parts.find(destination)?.app;
    return app === undefined ? undefined : this.#apps.get(app);
  }
}

function identityOf({ state }: Watched, { target }: Destination, version: string) {
  return { scriptPath: scriptPathFor(target, state.uris), version };
}

function sendScript(response: ServerResponse): void {
  response.writeHead(200, {
    'Content-Type': 'text/javascript; charset=utf-8',
    'Content-Length': Buffer.byteLength(clientScript),
    'Cache-Control': 'public, max-age=31536000, immutable', // its address has a hash of it
    'X-Content-Type-Options': 'nosniff',
  });
  response.end(clientScript);
}

/** Pages of others could not read anything, but keep places. */
function isOfOtherSite({ headers }: IncomingMessage): boolean {
  const site = headers['sec-fetch-site'];
  return site !== undefined && site !== 'same-origin' && site !== 'none';
}

function refuse(response: ServerResponse, status: number, headers: Readonly<Record<string, string>>): void {
  response.writeHead(status, { ...headers, 'Content-Length': 0, 'Cache-Control': 'no-store' }).end();
}
