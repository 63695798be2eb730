import { appState } from '#contract/apps.ts';
import { routerRegister, routerUnregister } from '#contract/routes.ts';
import { AsyncDisposableStack } from '#ground/async-disposable-stack.ts';
import { type ComponentContext, type Running, runningWith } from '#ground/component.ts';
import { AccessLog } from './access-log.ts';
import { announceRouter, sweepRoutes } from './announce.ts';
import { AppStates } from './app-states.ts';
import type { Directory } from './find-endpoint.ts';
import { openFront } from './front.ts';
import type { RouterOptions } from './options.ts';
import { RouteTable } from './route-table.ts';
import { WaitingRoom } from './waiting-room.ts';

/** A router that listens. */
interface RunningRouter extends Running {
  /** The port for everybody's requests. */
  readonly port: number;
}

/**
 * Starts what takes everybody's requests and has the instances answer them that registered for their host.
 * @throws ActionableError PORT_TAKEN, START_FAILED
 */
export async function startRouter(context: ComponentContext, options: RouterOptions): Promise<RunningRouter> {
  const { bus, log } = context;
  await using undo = new AsyncDisposableStack();
  const { HttpxyTransport } = await import('./proxy.ts');
  const accessLog = undo.use(new AccessLog(bus, log, options.logEveryMs));
  const transport = undo.use(
    new HttpxyTransport({ connectMs: options.connectMs, idleMs: options.idleAppConnectionMs }),
  );
  const room = new WaitingRoom(options.maxHeld);
  const directory = { table: new RouteTable(), states: new AppStates(), room };
  learnRoutes(undo, context, directory);
  undo.use(sweepRoutes(context, directory.table, options));

  const service = { directory, patience: options, transport, accessLog, bus, log };
  const { port } = undo.use(await openFront(service, options));
  undo.use(room); // before the front closes, so that nobody waits in vain
  announceRouter(undo, context, { ...options, address: `${options.host}:${port}` });
  await bus.flush(); // from here on no registration is missed
  log.info('router listens', { host: options.host, port });
  return { ...runningWith(undo.move()), port };
}

/** Keeps the directory as the bus says, and tells those who wait about it. */
function learnRoutes(undo: AsyncDisposableStack, { bus }: ComponentContext, directory: Directory): void {
  const { table, states, room } = directory;
  undo.use(
    bus.subscribe(routerRegister, (message) => {
      table.register(message, Date.now());
      for (const uri of message.uris) room.wake(states.at(uri)?.app ?? '');
    }),
  );
  undo.use(bus.subscribe(routerUnregister, (message) => table.unregister(message)));
  undo.use(
    bus.subscribe(appState, (state) => {
      states.put(state);
      room.wake(state.app);
    }),
  );
  undo.use(bus.onReconnect(() => table.refreshAll(Date.now())));
}
