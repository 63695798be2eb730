import { appState, appUse } from '#contract/apps.ts';
import { routerRegister, routerUnregister } from '#contract/routes.ts';
import { AsyncDisposableStack } from '#ground/async-disposable-stack.ts';
import { type ComponentContext, type Running, runningWith } from '#ground/component.ts';
import { AccessFile } from './access-file.ts';
import { AccessLog } from './access-log.ts';
import { ActiveApps } from './active-apps.ts';
import { announceRouter, sweepRoutes } from './announce.ts';
import { AppStates } from './app-states.ts';
import { type Entrance, openDoors } from './doors.ts';
import type { Directory } from './find-endpoint.ts';
import type { Front } from './front.ts';
import { type Address, Handover } from './handover.ts';
import { IdleApps } from './idle-apps.ts';
import { InstanceTransport } from './instance-transport.ts';
import { Metrics } from './metrics.ts';
import type { RouterOptions } from './options.ts';
import { Probes } from './probe-instances.ts';
import { RouteTable } from './route-table.ts';
import type { Service } from './serve-request.ts';
import { Traffic } from './traffic.ts';
import { WaitingRoom } from './waiting-room.ts';

/** A router that serves, and where it can be asked: with an `Entrance` that is a side door until `open`. */
export interface RunningRouter extends Running, Address {
  /** Serves everybody who comes through the entrance from now on. Without one it did so from the start. */
  open(): Promise<void>;
  /** Of the listening socket, for another process to inherit. */
  readonly descriptor: number;
  /** Lets the clients go, each after its request, while everything is served; then nobody comes in any more. */
  leave(): Promise<void>;
  /**
   * Leaves the front to the caller, who has to end it: disposing the router then leaves the clients where they are.
   * Their requests are served as far as that goes, and wait for the next router otherwise.
   */
  release(): Promise<Front>;
}

/** How long the platform's own endpoints may take to complete their answers, before they go. */
const lastAnswersMs = 10_000;

/**
 * Starts what takes everybody's requests and has the instances answer them that registered for their host.
 * @throws ActionableError PORT_TAKEN, START_FAILED
 */
export async function startRouter(
  context: ComponentContext,
  options: RouterOptions,
  entrance?: Entrance,
): Promise<RunningRouter> {
  const { bus, log } = context;
  await using undo = new AsyncDisposableStack();
  const accessFile = accessFileOf(undo, context, options);
  const accessLog = undo.use(new AccessLog(bus, log, options.logEveryMs));
  const transport = new InstanceTransport({ ...options, idleMs: options.idleAppConnectionMs });
  const room = new WaitingRoom(options.maxHeld);
  const known = { table: new RouteTable(), states: new AppStates(), room };
  const idle = undo.use(new IdleApps({ ...context, ...known }));
  const directory = { ...known, wake: (app: string) => idle.wake(app) };
  const activeApps = undo.use(new ActiveApps(bus, log, options.activeAppsEveryMs));
  learnRoutes(undo, context, { ...directory, idle, activeApps });
  undo.use(sweepRoutes(context, directory.table, options));

  const handover = new Handover(options.handoverMs);
  const traffic = new Traffic();
  const { notFoundRedirect, traceKey } = options;
  const probes = undo.use(new Probes(options));
  const ways = { directory, patience: options, transport, handover, probes };
  const metrics = new Metrics();
  const records = { accessLog, accessFile, traffic, metrics };
  const service: Service = { ...ways, ...records, activeApps, notFoundRedirect, traceKey, bus, log };
  const doors = await openDoors(service, options, entrance);
  let isReleased = false;
  undo.defer(() => (isReleased ? undefined : transport[Symbol.dispose]()));
  undo.use(doors);
  undo.use(room); // before the front closes, so that nobody waits in vain
  const varz = () => varzOf(service, doors.front.connections, options.exposeAllApps);
  const figures = () => metrics.metrics(gaugesOf(service, doors.front.connections, idle.count));
  const { table } = directory;
  await announceRouter(undo, context, { options, address: () => doors.address(), varz, metrics: figures, table });
  await bus.flush(); // from here on no registration is missed
  const { host, port } = doors.address();
  log.info('router listens', { host, port });
  return {
    ...runningWith(undo.move()),
    get host() {
      return doors.address().host;
    },
    get port() {
      return doors.address().port;
    },
    get descriptor() {
      return doors.front.descriptor;
    },
    open: () => doors.open(),
    async leave() {
      await doors.front.calm({ leastMs: options.calmMs, limitMs: options.retireMs });
      await doors.front.retire({ quietMs: options.quietMs, limitMs: options.retireMs });
    },
    async release() {
      await handover.begin(lastAnswersMs);
      isReleased = true; // its connections end when nobody uses them
      return doors.release();
    },
  };
}

/** What the router tells about itself, under the names of 2012. */
function varzOf({ traffic, directory, transport }: Service, clients: number, isWhole: boolean): object {
  const { uris, endpoints } = directory.table.size();
  return {
    ...traffic.varz(performance.now(), isWhole),
    urls: uris,
    droplets: endpoints,
    client_connections: clients,
    app_connections: transport.connections,
  };
}

function gaugesOf({ directory, transport, probes }: Service, clients: number, idleApps: number) {
  const { uris, endpoints } = directory.table.size();
  return {
    client_connections: [clients, 'Connections of clients, idle ones included.'],
    instance_connections: [transport.connections, 'Connections to instances, idle ones included.'],
    held_requests: [directory.room.taken, 'Requests that wait for an app to start, or for news of it.'],
    routes: [uris, 'Host names, with or without a path, that lead somewhere.'],
    endpoints: [endpoints, 'Instances behind them.'],
    idle_apps: [idleApps, 'Apps that were stopped because nobody asked for them, and start with the next request.'],
    instances_left_out: [probes.size, 'Addresses that refused a connection and get no requests until they take one.'],
  } as const;
}

function accessFileOf(
  undo: AsyncDisposableStack,
  { log }: ComponentContext,
  { accessFile, accessFileBytes, logEveryMs }: RouterOptions,
): AccessFile | undefined {
  if (accessFile === undefined) return undefined;
  return undo.use(new AccessFile({ path: accessFile, maxBytes: accessFileBytes, everyMs: logEveryMs }, log));
}

interface Learning extends Directory {
  readonly idle: IdleApps;
  readonly activeApps: ActiveApps;
}

/** Keeps the directory as the bus says, and tells those who wait about it. */
function learnRoutes(undo: AsyncDisposableStack, { bus }: ComponentContext, learning: Learning): void {
  const { table, states, room, idle, activeApps } = learning;
  undo.use(
    bus.subscribe(routerRegister, (message) => {
      table.register(message, Date.now());
      idle.registered(message);
      if (room.taken > 0) for (const uri of message.uris) room.wake(states.at(uri)?.app ?? '');
    }),
  );
  undo.use(bus.subscribe(routerUnregister, (message) => table.unregister(message)));
  undo.use(
    bus.subscribe(appState, (state) => {
      const before = states.of(state.app);
      states.put(state);
      idle.follow(before, state);
      activeApps.follow(state);
      room.wake(state.app);
    }),
  );
  undo.use(bus.answer(appUse, ({ app }) => ({ in_use: activeApps.isInUse(app) })));
  undo.use(bus.onReconnect(() => table.refreshAll(Date.now())));
}
