import { appState } from '#contract/apps.ts';
import { apiHostsOf } from '#contract/hosts.ts';
import { logBatches, recentLogs } from '#contract/logs.ts';
import { type RouteMessage, routerRegister, routerStart, routerUnregister } from '#contract/routes.ts';
import { checkToken } from '#contract/tokens.ts';
import { AsyncDisposableStack } from '#ground/async-disposable-stack.ts';
import type { Bus } from '#ground/bus.ts';
import { type Component, type ComponentContext, type Running, runningWith } from '#ground/component.ts';
import { messageOf } from '#ground/errors.ts';
import { startHttpServer } from '#ground/http-server.ts';
import { repeat } from '#ground/wait.ts';
import { everything } from './envelope.ts';
import { LogStore } from './log-store.ts';
import type { LogCacheOptions } from './options.ts';
import { readRoutes } from './read-api.ts';

/** Keeps what apps, staging and the router log, and answers the readers. */
export const logCache: Component<LogCacheOptions> = {
  name: 'log-cache',
  async start(context: ComponentContext, options: LogCacheOptions): Promise<Running> {
    const { bus, log, dataDir } = context;
    await using undo = new AsyncDisposableStack();
    const store = new LogStore(dataDir, options);
    undo.defer(() => store.close());

    const server = undo.use(
      await startHttpServer({
        host: '127.0.0.1',
        port: 0,
        who: 'The log store',
        routes: readRoutes(store, { holdEmptyMs: options.holdEmptyMs, isAllowed: tokenCheck(bus) }),
        notFound: () => ({ status: 404, body: { error: 'There is nothing here.' } }),
        failed: (error) => {
          if (error instanceof RangeError) return { status: 400, body: { error: error.message } };
          log.error('log request failed', { error: messageOf(error) });
          return { status: 500, body: { error: 'The log could not be read.' } };
        },
      }),
    );
    undo.use(bus.subscribe(logBatches, (batch) => store.append(batch)));
    undo.use(bus.subscribe(appState, ({ app, state }) => (state === 'DELETED' ? store.remove(app) : undefined)));
    undo.use(
      bus.answer(recentLogs, async ({ source_id, limit }) => {
        const query = { ...everything, limit, descending: true };
        const lines = (await store.read(source_id, query)).reverse();
        return {
          lines: lines.map((line) => ({
            timestamp: line.t,
            stream: line.e ? 'ERR' : 'OUT',
            text: line.m,
            source_type: line.s,
            instance_id: line.i,
          })),
        };
      }),
    );
    announceRoute(undo, context, server.port, options);
    await bus.flush(); // from here on no message is missed
    return runningWith(undo.move());
  },
};

function announceRoute(
  undo: AsyncDisposableStack,
  { bus, log }: ComponentContext,
  port: number,
  options: LogCacheOptions,
) {
  const route: RouteMessage = {
    host: '127.0.0.1',
    port,
    uris: [
      `log-cache.${options.domain}`,
      ...apiHostsOf(options.domain, options.hostNames).map((host) => `${host}/api/v1`),
    ],
    tags: { component: 'LogCache' },
  };
  const register = () => bus.publish(routerRegister, route);
  undo.use(bus.subscribe(routerStart, register));
  undo.use(
    repeat(options.registerEveryMs, register, (error) => log.warn('not registered', { error: messageOf(error) })),
  );
  undo.defer(() => bus.publish(routerUnregister, route));
  register();
}

/** Asks the cloud controller about each token once, and remembers its verdict for a minute at most. */
function tokenCheck(bus: Bus): (authorization: string | undefined) => Promise<boolean> {
  const rememberMs = 60_000;
  const accepted = new Map<string, number>();
  return async (authorization) => {
    const token = /^bearer\s+(\S+)$/i.exec(authorization ?? '')?.[1];
    if (token === undefined) return false;
    if ((accepted.get(token) ?? 0) > Date.now()) return true;
    const verdict = await bus.ask(checkToken, { token }, { limitMs: 2_000 });
    if (!verdict.valid) return false;
    if (accepted.size > 1_000) accepted.clear();
    accepted.set(token, Math.min(Date.now() + rememberMs, (verdict.expires_at ?? 0) * 1000));
    return true;
  };
}
