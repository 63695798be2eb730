import type { HttpHandler, HttpReply, HttpRequest } from '#ground/http-server.ts';
import { Routes } from '#ground/http-server.ts';
import { envelopeOf, everything, queryOf } from './envelope.ts';
import type { LogStore } from './log-store.ts';

export interface ReadApiOptions {
  readonly holdEmptyMs: number;
  /** Whether the request carries a token that may read logs. */
  readonly isAllowed: (authorization: string | undefined) => Promise<boolean>;
}

/** The part of log-cache 3 that clients use. */
export function readRoutes(store: LogStore, options: ReadApiOptions): Routes {
  const startedAt = Date.now();
  const guarded =
    (handler: HttpHandler): HttpHandler =>
    async (request) =>
      (await options.isAllowed(request.headers.authorization)) ? handler(request) : unauthorized;
  return new Routes()
    .on('GET', '/api/v1/info', () => ({
      status: 200,
      body: { version: '3.0.0', vm_uptime: String(Math.round((Date.now() - startedAt) / 1000)) },
    }))
    .on(
      'GET',
      '/api/v1/meta',
      guarded(() => meta(store)),
    )
    .on(
      'GET',
      '/api/v1/read/*',
      guarded((request) => read(store, request, options.holdEmptyMs)),
    );
}

const mostCounted = 100_000;

const unauthorized: HttpReply = {
  status: 401,
  body: { error: 'unauthorized', error_description: 'A valid access token is needed.' },
};

async function read(store: LogStore, request: HttpRequest, holdEmptyMs: number): Promise<HttpReply> {
  const sourceId = request.params['*'] ?? '';
  const types = request.query.getAll('envelope_types');
  if (types.length > 0 && !types.some((type) => type === 'LOG' || type === 'ANY')) return envelopes(sourceId, []);
  const query = queryOf(request.query);
  const lines = await store.read(sourceId, query);
  // Who asks for the newest lines does not wait for others.
  if (lines.length > 0 || query.descending) return envelopes(sourceId, lines);
  await store.awaitLines(sourceId, holdEmptyMs);
  return envelopes(sourceId, await store.read(sourceId, query));
}

function envelopes(sourceId: string, lines: Parameters<typeof envelopeOf>[1][]): HttpReply {
  return { status: 200, body: { envelopes: { batch: lines.map((line) => envelopeOf(sourceId, line)) } } };
}

async function meta(store: LogStore): Promise<HttpReply> {
  const entries = await Promise.all(
    (await store.sources()).map(async (source) => {
      const lines = await store.read(source, { ...everything, limit: mostCounted });
      const [oldest, newest] = [lines[0]?.t ?? '0', lines.at(-1)?.t ?? '0'];
      return [source, { count: String(lines.length), expired: '0', oldestTimestamp: oldest, newestTimestamp: newest }];
    }),
  );
  return { status: 200, body: { meta: Object.fromEntries(entries) } };
}
