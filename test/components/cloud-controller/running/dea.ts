import { randomUUID } from 'node:crypto';
import type { AppRecord, DropletRecord } from '#components/cloud-controller/records.ts';
import {
  type DiscoverRequest,
  type DropletExited,
  deaAdvertise,
  deaDiscover,
  deaFindDroplet,
  deaHeartbeat,
  deaLocate,
  deaStartInstance,
  deaStop,
  deaUpdate,
  dropletExited,
  type FindRequest,
  type FoundInstance,
  type Heartbeat,
  type InstanceState,
  type InstanceStats,
  type StartRequest,
  type StopRequest,
  type UpdateRequest,
} from '#contract/dea.ts';
import { dropletUpdated } from '#contract/health.ts';
import type { Bus } from '#ground/bus.ts';
import { waitFor } from '#ground/wait.ts';
import type { Scope } from '../../../support/spec.ts';
import { createApp, createDroplet, createRoute, type TestOperations } from '../operations.ts';

interface Played extends StartRequest {
  readonly id: string;
  /** What its heartbeats say beside the usual. */
  says?: Partial<Heartbeat['droplets'][number]>;
}

/** A DEA as the cloud controller sees it, played by the test. */
export class PlayedDea {
  readonly id: string;
  readonly #bus: Bus;
  #freeMb: number;
  /** Of every start it was asked for, in order. */
  readonly starts: Played[] = [];
  readonly stops: StopRequest[] = [];
  readonly updates: UpdateRequest[] = [];
  /** Instances that were started and not stopped. */
  readonly live = new Set<Played>();
  /** What it answers `dea.find.droplet` with, besides what it knows by itself; nothing at all when undefined. */
  stats: InstanceStats | null | undefined = null;
  /** Whether it stops what it is told to stop. */
  stopsInstances = true;

  constructor(id: string, bus: Bus, memoryMb: number) {
    this.id = id;
    this.#bus = bus;
    this.#freeMb = memoryMb;
  }

  get freeMb(): number {
    return this.#freeMb;
  }

  start(request: StartRequest): void {
    const played = { ...request, id: randomUUID() };
    this.starts.push(played);
    this.live.add(played);
    this.#freeMb -= request.limits?.mem ?? 0;
  }

  stop(request: StopRequest): void {
    this.stops.push(request);
    if (!this.stopsInstances) return;
    for (const each of this.live) {
      const isMeant =
        each.droplet === request.droplet &&
        (request.version ?? each.version) === each.version &&
        (request.indices?.includes(each.index) ?? true) &&
        (request.instances?.includes(each.id) ?? true);
      if (isMeant) this.exits(each, { reason: 'STOPPED' });
    }
  }

  /** Tells of an instance, of all live ones when none is named. */
  beats(state: InstanceState = 'RUNNING', instances: Iterable<Played> = this.live): void {
    const droplets = [...instances].map(({ droplet, version, id, index, says }) => ({
      droplet,
      version,
      instance: id,
      index,
      state,
      state_timestamp: Math.floor(Date.now() / 1000),
      ...says,
    }));
    this.#bus.publish(deaHeartbeat, { dea: this.id, droplets });
  }

  find({ droplet, include_stats }: FindRequest): FoundInstance[] {
    if (this.stats === undefined) return [];
    const found = [...this.live].filter((each) => each.droplet === droplet);
    return found.map(({ version, id, index }) => ({
      dea: this.id,
      version,
      droplet,
      instance: id,
      index,
      state: 'RUNNING',
      state_timestamp: Math.floor(Date.now() / 1000),
      ...(include_stats === true && this.stats ? { stats: this.stats } : {}),
    }));
  }

  exits(instance: Played, how: Pick<DropletExited, 'reason'> & Partial<DropletExited>): void {
    this.live.delete(instance);
    this.#freeMb += instance.limits?.mem ?? 0;
    const { droplet, version, id, index } = instance;
    this.#bus.publish(dropletExited, { droplet, version, instance: id, index, ...how });
  }

  /** Resolves when that many starts have come, with the last one. */
  async started(count: number): Promise<Played> {
    const last = () => (this.starts.length >= count ? this.starts[count - 1] : undefined);
    return waitFor(`${count} starts`, last, { limitMs: 15_000 });
  }
}

export interface DeaTraits {
  readonly id?: string;
  readonly runtimes?: string[];
  readonly memoryMb?: number;
  /** Runs before each answer to `dea.discover`. */
  readonly beforeAnswer?: (request: DiscoverRequest) => Promise<void>;
}

export async function playDea(
  scope: Scope,
  { bus, settled }: TestOperations,
  { id = 'dea-1', runtimes = ['ruby'], memoryMb = 4096, beforeAnswer }: DeaTraits = {},
): Promise<PlayedDea> {
  const dea = new PlayedDea(id, bus, memoryMb);
  const advertise = () => bus.publish(deaAdvertise, { id, available_memory: dea.freeMb, runtimes, prod: null });
  scope.use(bus.subscribe(deaLocate, advertise));
  scope.use(
    bus.answer(deaDiscover, async (request) => {
      await beforeAnswer?.(request);
      const { name = '' } = request.runtime_info;
      const canRun = (name === '' || runtimes.includes(name)) && request.limits.mem <= dea.freeMb;
      return canRun ? { id, ip: '127.0.0.1', port: null, version: 0.99 } : undefined;
    }),
  );
  scope.use(bus.subscribe(deaStartInstance.at(id), (request) => dea.start(request)));
  scope.use(bus.subscribe(deaStop, (request) => dea.stop(request)));
  scope.use(bus.answerEach(deaFindDroplet, (request) => dea.find(request)));
  scope.use(bus.subscribe(deaUpdate, (request) => void dea.updates.push(request)));
  advertise();
  await settled();
  return dea;
}

export interface Runnable {
  readonly app: AppRecord;
  readonly droplet: DropletRecord;
}

/** An app that is started, with a droplet and a route, as far as its records go. */
export async function startedApp(
  { store }: TestOperations,
  given: Partial<AppRecord> & { readonly instances?: number; readonly runtime?: string | null } = {},
  made: Partial<DropletRecord> = {},
): Promise<Runnable> {
  const { instances = 1, runtime = 'ruby', ...rest } = given;
  const created = await createApp(store, { name: 'hello', ...rest });
  const droplet = await createDroplet(store, created, { runtime, ...made });
  await createRoute(store, created);
  const app = await store.update('app', created.guid, (now) => ({
    ...now,
    state: 'STARTED',
    runCount: 1,
    currentDroplet: droplet.guid,
    processes: now.processes.map((process) => ({ ...process, instances })),
  }));
  return { app, droplet };
}

/** Changes the number of instances in the record. */
export function rescaled({ store }: TestOperations, { guid }: AppRecord, instances: number): Promise<AppRecord> {
  return store.update('app', guid, (now) => ({
    ...now,
    processes: now.processes.map((process) => ({ ...process, instances })),
  }));
}

/** Waits until the cloud controller sees the app's instances so: `RUNNING,STARTING`. */
export function seen({ operations, store }: TestOperations, { guid }: AppRecord, states: string): Promise<unknown> {
  const look = () => {
    const app = store.get('app', guid);
    const views = app === undefined ? [] : operations.instancesOf(app);
    return views.map(({ state }) => state).join() === states ? views : undefined;
  };
  return waitFor(`the instances to be ${states}`, look, { limitMs: 15_000 });
}

/** Every `droplet.updated` from now on. */
export async function hearUpdates(scope: Scope, { bus }: TestOperations): Promise<string[]> {
  const heard: string[] = [];
  scope.use(bus.subscribe(dropletUpdated, ({ droplet }) => void heard.push(droplet)));
  await bus.flush();
  return heard;
}
