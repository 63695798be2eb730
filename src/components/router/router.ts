import { AsyncDisposableStack } from '#ground/async-disposable-stack.ts';
import { type ComponentContext, type Running, runningWith } from '#ground/component.ts';
import { AccessLog } from './access-log.ts';
import { sweepRoutes } from './announce.ts';
import { accessFileOf, type Company, introduce } from './company.ts';
import { type Doors, type Entrance, openDoors } from './doors.ts';
import type { Front } from './front.ts';
import { type Address, Handover } from './handover.ts';
import { InstanceTransport } from './instance-transport.ts';
import { learnRoutes } from './learn-routes.ts';
import type { LiveReload } from './live-reload/live-reload.ts';
import { Metrics } from './metrics.ts';
import type { RouterOptions } from './options.ts';
import { Probes } from './probe-instances.ts';
import type { Service } from './serve-request.ts';
import { Traffic } from './traffic.ts';
import type { Figures } from './worker-message.ts';
import type { WorkerTeam } from './worker-team.ts';

/** A router that serves, and where it can be asked: with an `Entrance` that is a side door until `open`. */
export interface RunningRouter extends Running, Address {
  /** Serves everybody who comes through the entrance from now on. Without one it did so from the start. */
  open(): Promise<void>;
  /** Of the listening socket, for another process to inherit. */
  readonly descriptor: number;
  readonly front: Front;
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
  company: Company = {},
): Promise<RunningRouter> {
  const { bus, log } = context;
  await using undo = new AsyncDisposableStack();
  const accessFile = accessFileOf(undo, context, options, company);
  const accessLog = undo.use(new AccessLog(bus, log, options.logEveryMs));
  const transport = new InstanceTransport({ ...options, idleMs: options.idleAppConnectionMs });
  const { id, directory, idle, activeApps, liveReload } = learnRoutes(undo, context, options, company);
  undo.use(sweepRoutes(context, directory.table, options));

  const handover = new Handover(options.handoverMs);
  const traffic = new Traffic();
  const { notFoundRedirect, traceKey } = options;
  const probes = undo.use(new Probes(options));
  const ways = { directory, patience: options, transport, handover, probes };
  const metrics = new Metrics();
  const records = { accessLog, accessFile, traffic, metrics };
  const service: Service = { ...ways, ...records, activeApps, liveReload, notFoundRedirect, traceKey, bus, log };
  const doors = await openDoors(service, options, entrance);
  let isReleased = false;
  undo.defer(() => (isReleased ? undefined : transport[Symbol.dispose]()));
  undo.use(doors);
  undo.use(liveReload);
  undo.use(directory.room); // before the front closes, so that nobody waits in vain
  const own = (isWhole: boolean): Figures => ({
    varz: varzOf(service, doors.front.connections, isWhole),
    metrics: metrics.metrics(gaugesOf(service, doors.front.connections, idle.count)),
  });
  const spokesman = { id, options, doors, own, routes: () => directory.table.size().uris, activeApps, accessFile };
  const team = await introduce(undo, context, company, spokesman);
  await bus.flush(); // from here on no registration is missed
  if (company.membership === undefined) log.info('router listens', { ...doors.address() });
  if (entrance === undefined) team?.start();
  const released = () => {
    isReleased = true; // its connections end when nobody uses them
  };
  return entryOf(doors, options, { running: runningWith(undo.move()), handover, liveReload, team, released });
}

interface Started {
  readonly running: Running;
  readonly handover: Handover;
  readonly liveReload: LiveReload;
  readonly team: WorkerTeam | undefined;
  readonly released: () => void;
}

/** What is done with a router from outside. */
function entryOf(doors: Doors, options: RouterOptions, started: Started): RunningRouter {
  const { running, handover, liveReload, team, released } = started;
  const { front } = doors;
  return {
    ...running,
    get host() {
      return doors.address().host;
    },
    get port() {
      return doors.address().port;
    },
    get descriptor() {
      return front.descriptor;
    },
    front,
    async open() {
      await doors.open();
      team?.start();
    },
    async leave() {
      liveReload.leave();
      const others = team?.leave(false);
      await front.calm({ leastMs: options.calmMs, limitMs: options.retireMs });
      await front.retire({ quietMs: options.quietMs, limitMs: options.retireMs });
      await (await others)?.gone;
    },
    async release() {
      const [others] = await Promise.all([team?.leave(true), handover.begin(lastAnswersMs)]);
      if (others !== undefined) front.waitFor(others.gone);
      released();
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
