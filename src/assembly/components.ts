import { homedir, hostname } from 'node:os';
import * as v from 'valibot';
import { CloudControllerOptions, cloudController } from '#components/cloud-controller/index.ts';
import { DeaOptions, dea } from '#components/dea/index.ts';
import { HealthManagerOptions, healthManager } from '#components/health-manager/index.ts';
import { LogCacheOptions, logCache } from '#components/log-cache/index.ts';
import { RouterOptions, type RunningRouter, startRouter } from '#components/router/index.ts';
import { StagerOptions, stager } from '#components/stager/index.ts';
import { AsyncDisposableStack } from '#ground/async-disposable-stack.ts';
import { Bus, type BusAddress } from '#ground/bus.ts';
import type { Running } from '#ground/component.ts';
import { call } from '#ground/http-client.ts';
import { waitFor } from '#ground/wait.ts';
import type { PlatformContext, PlatformSettings } from './settings.ts';
import { type Part, part, startAll } from './start-all.ts';
import { urlOf } from './url-of.ts';

/** All components. What is the router's concerns all of them: where they can be asked, and their entrance. */
export type RunningComponents = RunningRouter;

/** Starts every component in this process on one connection to the bus. */
export async function startComponents(
  settings: PlatformSettings,
  address: BusAddress,
  { home, log, signal, version, entrance, routerWorkers }: PlatformContext,
): Promise<RunningComponents> {
  await using undo = new AsyncDisposableStack();
  const bus = undo.use(await Bus.connect(address, 'localpaas', log.with({ component: 'bus' })));
  const context = { bus, log, home, signal };
  const { domain, idleStopSeconds, listen, isolation, requireIsolation } = settings;

  let router: RunningRouter | undefined;
  let apiAnswers = Promise.resolve(true as const);
  const routerPart: Part = {
    name: 'router',
    async start(own) {
      const options = v.parse(RouterOptions, { host: listen, port: settings.port });
      const workforce = routerWorkers && { ...routerWorkers, bus: address };
      router = await startRouter(own, options, entrance, { workforce });
      apiAnswers = awaitApi(urlOf(router), own.signal); // which aborts when another part does not start
      return router;
    },
  };
  const hostNames = [...machineNames(), new URL(urlOf({ host: listen, port: 0 })).hostname];
  const running = undo.use(
    await startAll(
      [
        // What takes longest comes first: it waits for the bus's disk.
        part(
          cloudController,
          v.parse(CloudControllerOptions, { domain, hostNames, version, home: home.path, idleStopSeconds }),
        ),
        routerPart,
        part(logCache, v.parse(LogCacheOptions, { domain, hostNames })),
        part(dea, v.parse(DeaOptions, { path: process.env['PATH'] ?? '', userHome: homedir() })),
        part(stager, v.parse(StagerOptions, { isolation, requireIsolation, hidden: [home.path] })),
        part(healthManager, v.parse(HealthManagerOptions, {})),
      ],
      context,
    ),
  );
  await apiAnswers;
  return allOf(started(router), running, bus, undo.move());
}

function allOf(
  router: RunningRouter,
  { failure }: Running,
  bus: Bus,
  resources: AsyncDisposableStack,
): RunningComponents {
  return {
    get host() {
      return router.host;
    },
    get port() {
      return router.port;
    },
    async open() {
      await bus.flush(); // everybody has heard the router ask for routes
      await bus.flush(); // and the router everybody's answer
      await router.open();
    },
    get descriptor() {
      return router.descriptor;
    },
    front: router.front,
    leave: () => router.leave(),
    release: () => router.release(),
    failure,
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}

function started<T>(part: T | undefined): T {
  if (part === undefined) throw new TypeError('A part that has started is missing.');
  return part;
}

/**
 * Resolves when the API answers through the router, as it will for everybody. Asking begins before it can answer, so
 * that the way there is warm by then.
 */
function awaitApi(url: string, signal: AbortSignal): Promise<true> {
  const answers = async () => {
    const answer = await call(`${url}/`, { signal });
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
