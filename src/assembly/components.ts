import { homedir, hostname } from 'node:os';
import * as v from 'valibot';
import { CloudControllerOptions, cloudController } from '#components/cloud-controller/index.ts';
import { DeaOptions, dea } from '#components/dea/index.ts';
import { HealthManagerOptions, healthManager } from '#components/health-manager/index.ts';
import { LogCacheOptions, logCache } from '#components/log-cache/index.ts';
import { RouterOptions, startRouter } from '#components/router/index.ts';
import { StagerOptions, stager } from '#components/stager/index.ts';
import { AsyncDisposableStack } from '#ground/async-disposable-stack.ts';
import { Bus, type BusAddress } from '#ground/bus.ts';
import type { Running } from '#ground/component.ts';
import { call } from '#ground/http-client.ts';
import { waitFor } from '#ground/wait.ts';
import type { PlatformContext, PlatformSettings } from './settings.ts';
import { type Part, part, startAll } from './start-all.ts';

/** All components, and the router's port. */
export interface RunningComponents extends Running {
  readonly port: number;
}

/** Starts every component in this process on one connection to the bus. */
export async function startComponents(
  settings: PlatformSettings,
  address: BusAddress,
  { home, log, signal, version }: PlatformContext,
): Promise<RunningComponents> {
  await using undo = new AsyncDisposableStack();
  const bus = undo.use(await Bus.connect(address, 'localpaas', log.with({ component: 'bus' })));
  const context = { bus, log, home, signal };
  const { domain, listen } = settings;

  const startsAreOver = new AbortController();
  let port = 0;
  let apiAnswers = Promise.resolve(true as const);
  const router: Part = {
    name: 'router',
    async start(own) {
      const running = await startRouter(own, v.parse(RouterOptions, { host: listen, port: settings.port }));
      port = running.port;
      apiAnswers = awaitApi(port, AbortSignal.any([signal, startsAreOver.signal]));
      return running;
    },
  };
  const hostNames = machineNames();
  const running = undo.use(
    await startAll(
      [
        // What takes longest comes first: it waits for the bus's disk.
        part(cloudController, v.parse(CloudControllerOptions, { domain, hostNames, version, home: home.path })),
        router,
        part(logCache, v.parse(LogCacheOptions, { domain, hostNames })),
        part(dea, v.parse(DeaOptions, { path: process.env['PATH'] ?? '', userHome: homedir() })),
        part(stager, v.parse(StagerOptions, {})),
        part(healthManager, v.parse(HealthManagerOptions, {})),
      ],
      context,
    ).catch((error: unknown) => {
      startsAreOver.abort(error);
      throw error;
    }),
  );
  await apiAnswers;
  const resources = undo.move();
  return {
    port,
    failure: running.failure,
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}

/**
 * Resolves when the API answers through the router, as it will for everybody. Asking begins before it can answer, so
 * that the way there is warm by then.
 */
function awaitApi(port: number, signal: AbortSignal): Promise<true> {
  const answers = async () => {
    const answer = await call(`http://127.0.0.1:${port}/`, { signal });
    answer.discard();
    return answer.status === 200 ? (true as const) : undefined;
  };
  const answered = waitFor('the API to answer through the router', answers, { limitMs: 10_000, everyMs: 4, signal });
  answered.catch(() => {}); // when something does not start, that is the news
  return answered;
}

/** Names under which this machine is known, for the API to answer to. */
function machineNames(): string[] {
  const name = hostname().toLowerCase();
  return [...new Set([name, name.split('.')[0] ?? name, `${name.split('.')[0]}.local`])];
}
