import type { AsyncDisposableStack } from '#ground/async-disposable-stack.ts';
import { messageOf } from '#ground/errors.ts';
import { type HttpReply, type HttpRequest, Routes, startHttpServer } from '#ground/http-server.ts';
import type { Log } from '#ground/log.ts';
import { type Credentials, shows } from './credentials.ts';
import { type Metric, metricsText, metricsType } from './metrics-text.ts';

export interface StatusServerOptions extends Credentials {
  readonly host: string;
  /** 0 takes any. */
  readonly port: number;
  readonly who: string;
  readonly varz: () => object | Promise<object>;
  /** What `/metrics` tells; without it there is no such page. */
  readonly metrics?: (() => readonly Metric[] | Promise<readonly Metric[]>) | undefined;
  readonly log: Log;
}

/**
 * `GET /healthz` and `GET /varz`, as every component of 2012 had them: behind HTTP Basic, both as `application/json`,
 * though what is healthy says only `ok`. `GET /metrics` is for whoever collects figures today, behind the same.
 * @returns the port @throws ActionableError PORT_TAKEN
 */
export async function serveStatus(undo: AsyncDisposableStack, options: StatusServerOptions): Promise<number> {
  const { host, port, who, log } = options;
  const json = (body: string): HttpReply => ({ status: 200, headers: { 'content-type': 'application/json' }, body });
  const guarded = (answer: () => Promise<string>) => async (request: HttpRequest) =>
    isAllowed(request, options) ? json(await answer()) : unauthorized;
  const routes = new Routes()
    .on(
      'GET',
      '/healthz',
      guarded(async () => 'ok\n'),
    )
    .on(
      'GET',
      '/varz',
      guarded(async () => `${JSON.stringify(await options.varz(), null, 2)}\n`),
    );
  const { metrics } = options;
  if (metrics !== undefined) {
    routes.on('GET', '/metrics', async (request) =>
      isAllowed(request, options)
        ? { status: 200, headers: { 'content-type': metricsType }, body: metricsText(await metrics()) }
        : unauthorized,
    );
  }
  const server = await startHttpServer({
    host,
    port,
    who,
    routes,
    notFound: (request) => (isAllowed(request, options) ? { status: 404, body: 'Not found.\n' } : unauthorized),
    failed: (error) => {
      log.error('status not told', { error: messageOf(error) });
      return { status: 500, body: 'The status cannot be told; the log has the reason.\n' };
    },
  });
  undo.use(server);
  return server.port;
}

const unauthorized: HttpReply = { status: 401, headers: { 'www-authenticate': 'Basic realm=""' }, body: '' };

function isAllowed({ headers }: HttpRequest, credentials: Credentials): boolean {
  return shows(headers.authorization, credentials);
}
