import { mkdir, writeFile } from 'node:fs/promises';
import { createServer, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { listen } from '#ground/ports.ts';
import { scratchDirectory } from '../support/scratch.ts';
import type { Scope } from '../support/spec.ts';

export interface RecordedRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface RecordedAnswer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** An object becomes JSON. */
  readonly body?: object | string;
}

type Answer = RecordedAnswer | ((request: RecordedRequest) => RecordedAnswer | Promise<RecordedAnswer>);

export interface RecordedApi {
  /** A home that says this API is its platform, logged in with the token `first`. */
  readonly home: string;
  readonly url: string;
  readonly requests: RecordedRequest[];
  /** `GET /v3/apps` and so on, in order. */
  readonly calls: () => string[];
}

export interface RecordedApiOptions {
  /** When the access token of the home runs out, in ms from now. */
  readonly expiresInMs?: number;
}

/** A server that answers as it was recorded, by `METHOD /path`; anything else gets a 404 of the API. */
export async function recordedApi(
  scope: Scope,
  answers: Readonly<Record<string, Answer>>,
  { expiresInMs = 3_600_000 }: RecordedApiOptions = {},
): Promise<RecordedApi> {
  const requests: RecordedRequest[] = [];
  const server = createServer(async (raw, response) => {
    const request = await requestOf(raw);
    requests.push(request);
    const answer = answers[`${request.method} ${request.path}`] ?? notFound;
    const { status = 200, headers = {}, body = '' } = typeof answer === 'function' ? await answer(request) : answer;
    const isText = typeof body === 'string';
    response.writeHead(status, { 'content-type': isText ? 'text/plain' : 'application/json', ...headers });
    response.end(isText ? body : JSON.stringify(body));
  });
  const port = await listen(server, { host: '127.0.0.1', port: 0, who: 'The recorded API' });
  scope.defer(async () => {
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
  });
  const url = `http://127.0.0.1:${port}`;
  const home = await homeFor(scope, url, expiresInMs);
  return { home, url, requests, calls: () => requests.map(({ method, path }) => `${method} ${path}`) };
}

/** A home whose platform is at `url`. */
export async function homeFor(scope: Scope, url: string, expiresInMs = 3_600_000): Promise<string> {
  const home = await scratchDirectory(scope);
  await mkdir(join(home, 'run'));
  await mkdir(join(home, 'cli'));
  const platform = {
    pid: process.pid,
    startedAt: 'now',
    url,
    domain: 'localhost',
    version: '9.9.9',
    bus: 'nats://127.0.0.1:1',
    natsServerPid: process.pid,
  };
  const login = { accessToken: 'first', refreshToken: 'again', expiresAt: Date.now() + expiresInMs, loggedInAt: 42 };
  await writeFile(join(home, 'run', 'platform.json'), JSON.stringify(platform));
  await writeFile(join(home, 'cli', 'login.json'), JSON.stringify(login), { mode: 0o600 });
  return home;
}

const notFound: RecordedAnswer = {
  status: 404,
  body: { errors: [{ code: 10000, title: 'CF-NotFound', detail: 'Unknown request' }] },
};

async function requestOf(raw: IncomingMessage): Promise<RecordedRequest> {
  const url = new URL(raw.url ?? '/', 'http://any');
  const body = (await buffer(raw)).toString('latin1');
  return { method: raw.method ?? '', path: url.pathname, query: url.searchParams, headers: raw.headers, body };
}

/** A refusal as the API words it. */
export function refusal(status: number, title: string, detail: string): RecordedAnswer {
  return { status, body: { errors: [{ code: 1, title, detail }] } };
}

/** A list of the API, all on one page. */
export function pageOf(resources: readonly object[], next: string | null = null): RecordedAnswer {
  const link = next === null ? null : { href: next };
  return { body: { pagination: { total_results: resources.length, next: link }, resources } };
}

const stamps = { created_at: '2026-11-21T10:00:00Z', updated_at: '2026-11-21T10:00:00Z' };

export function appResource(name: string, state: 'STARTED' | 'STOPPED' = 'STARTED', guid = `guid-of-${name}`): object {
  return {
    ...stamps,
    guid,
    name,
    state,
    lifecycle: { type: 'buildpack', data: {} },
    relationships: { space: { data: { guid: 'space-1' } } },
  };
}

export function processResource(app: string, changes: object = {}): object {
  return {
    ...stamps,
    guid: `guid-of-${app}`,
    type: 'web',
    command: null,
    instances: 1,
    memory_in_mb: 128,
    disk_in_mb: 1024,
    health_check: { type: 'port', data: { timeout: null } },
    relationships: { app: { data: { guid: `guid-of-${app}` } } },
    ...changes,
  };
}

export function statsResource(index: number, state: string, changes: object = {}): object {
  return { type: 'web', index, state, uptime: 125, mem_quota: 1, disk_quota: 1, details: null, usage: {}, ...changes };
}

export function routeResource(host: string, apps: readonly string[], path = ''): object {
  return {
    ...stamps,
    guid: `route-${host}${path}`,
    host,
    path,
    url: `${host}.localhost${path}`,
    protocol: 'http',
    destinations: apps.map((app) => ({
      guid: `destination-${app}`,
      app: { guid: `guid-of-${app}`, process: { type: 'web' } },
    })),
    relationships: { space: { data: { guid: 'space-1' } }, domain: { data: { guid: 'domain-1' } } },
  };
}

export function dropletResource(detected: string | null = 'node'): object {
  return {
    ...stamps,
    guid: 'droplet-1',
    state: 'STAGED',
    process_types: { web: 'node app.js' },
    stack: null,
    buildpacks: [{ name: detected, detect_output: detected }],
    checksum: null,
  };
}

/** A log-cache answer. @param lines `[seconds, source type, text]` */
export function logAnswer(lines: readonly (readonly [number, string, string])[]): RecordedAnswer {
  return {
    body: {
      envelopes: {
        batch: lines.map(([seconds, source, text]) => ({
          timestamp: String(BigInt(Math.round(seconds * 1000)) * 1_000_000n),
          source_id: 'x',
          instance_id: '0',
          tags: { source_type: source },
          log: { payload: Buffer.from(text).toString('base64'), type: 'OUT' },
        })),
      },
    },
  };
}
