import { appAnnotations } from '#contract/annotations.ts';
import { App, Droplet, Process, type ProcessStats, ProcessStatsList, Route } from '#contract/api/resources.ts';
import { urlOf } from '../addresses.ts';
import type { ApiClient } from '../api-client.ts';
import { isNotFound } from '../api-refusal.ts';

/** An instance as `--json` prints it. */
export interface InstanceView {
  readonly index: number;
  readonly state: 'running' | 'starting' | 'crashed' | 'down';
  readonly uptimeSeconds: number | null;
  /** A fraction: 1 is one core. */
  readonly cpu: number | null;
  readonly memoryBytes: number | null;
  readonly diskBytes: number | null;
  readonly pid: number | null;
  /** Why it does not run. */
  readonly details: string | null;
}

/** One kind of process of an app, as `--json` prints it. */
export interface ProcessView {
  readonly type: string;
  readonly command: string | null;
  readonly instances: { readonly running: number; readonly wanted: number };
  readonly memoryMb: number;
  readonly diskMb: number;
  readonly list: readonly InstanceView[];
}

/** An app as `--json` prints it; programs rely on these names. What stands outside `processes` is of its main one. */
export interface AppView {
  readonly name: string;
  readonly guid: string;
  /** What is wanted. */
  readonly state: 'STARTED' | 'STOPPED';
  /** What became of it; `running` when at least one instance runs, `idle` when the next request starts it. */
  readonly health: 'running' | 'starting' | 'crashed' | 'down' | 'idle' | 'stopped';
  readonly instances: { readonly running: number; readonly wanted: number };
  readonly memoryMb: number;
  readonly diskMb: number;
  readonly urls: readonly string[];
  readonly processes: readonly ProcessView[];
}

export interface DetailedAppView extends AppView {
  /** What the user wants run; null where the app itself tells. */
  readonly command: string | null;
  /** What the app itself says of when it may be stopped for lack of requests: `10m`, `never`, or nothing. */
  readonly idleStop: string | null;
  /** What staging found: `node`, `sinatra`. */
  readonly detected: string | null;
  readonly list: readonly InstanceView[];
}

/** A process with what is known of its instances. */
export interface ObservedProcess {
  readonly process: Process;
  readonly stats: readonly ProcessStats[];
}

/** Everything about one app, asked at once. */
export async function viewOf(api: ApiClient, appGuid: string): Promise<DetailedAppView> {
  const path = `/v3/apps/${appGuid}`;
  const [app, processes, web, routes, droplet] = await Promise.all([
    api.get(path, App),
    api.list(`${path}/processes`, Process),
    statsOf(api, appGuid),
    api.list(`${path}/routes`, Route),
    currentDroplet(api, appGuid),
  ]);
  const observed = await Promise.all(
    processes.map(async (process) => ({
      process,
      stats: process.guid === appGuid ? web : await statsIn(api, process),
    })),
  );
  const urls = routes.map(({ url }) => urlOf(url, api.platform));
  const main = mainOf(observed);
  return {
    ...summaryOf(app, observed, urls),
    command: main?.process.command ?? null,
    idleStop: app.metadata?.annotations[appAnnotations.idleStop] ?? null,
    detected: detectedIn(droplet),
    list: main?.stats.map(instanceOf) ?? [],
  };
}

/** The instances of a process. That of `web` has the app's guid. */
export async function statsOf(api: ApiClient, processGuid: string): Promise<ProcessStats[]> {
  return (await api.get(`/v3/processes/${processGuid}/stats`, ProcessStatsList)).resources;
}

/** The instances of a process, which is not asked for what it does not have. */
export async function statsIn(api: ApiClient, { guid, instances }: Process): Promise<ProcessStats[]> {
  return instances === 0 ? [] : statsOf(api, guid);
}

/** The droplet the app runs, or `undefined` when it was never staged. */
export async function currentDroplet(api: ApiClient, appGuid: string): Promise<Droplet | undefined> {
  try {
    return await api.get(`/v3/apps/${appGuid}/droplets/current`, Droplet);
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

export function summaryOf(app: App, observed: readonly ObservedProcess[], urls: readonly string[]): AppView {
  const views = observed.map((each) => processOf(app, each));
  const main = mainOf(observed);
  const [shown] = views.filter(({ type }) => type === main?.process.type);
  const stats = main?.stats ?? [];
  return {
    name: app.name,
    guid: app.guid,
    state: app.state,
    health: healthOf(app, stats),
    instances: shown?.instances ?? { running: 0, wanted: 0 },
    memoryMb: shown?.memoryMb ?? 0,
    diskMb: shown?.diskMb ?? 0,
    urls,
    processes: views,
  };
}

/** `web`, which visitors reach; of an app that has none, the first of which something should run. */
function mainOf(observed: readonly ObservedProcess[]): ObservedProcess | undefined {
  const web = observed.find(({ process }) => process.type === 'web');
  if (web !== undefined && web.process.instances > 0) return web;
  return observed.find(({ process }) => process.instances > 0) ?? web ?? observed[0];
}

function processOf({ state }: App, { process, stats }: ObservedProcess): ProcessView {
  return {
    type: process.type,
    command: process.command ?? null,
    instances: { running: state === 'STOPPED' ? 0 : runningIn(stats), wanted: process.instances },
    memoryMb: process.memory_in_mb,
    diskMb: process.disk_in_mb,
    list: stats.map(instanceOf),
  };
}

function runningIn(stats: readonly ProcessStats[]): number {
  return stats.filter(({ state }) => state === 'RUNNING').length;
}

function healthOf({ state, idle }: App, stats: readonly ProcessStats[]): AppView['health'] {
  if (state === 'STOPPED') return 'stopped';
  if (idle === true) return 'idle';
  if (runningIn(stats) > 0) return 'running';
  if (stats.some(({ state }) => state === 'STARTING')) return 'starting';
  return stats.some(({ state }) => state === 'CRASHED') ? 'crashed' : 'down';
}

function detectedIn(droplet: Droplet | undefined): string | null {
  const [found] = droplet?.buildpacks ?? [];
  return found?.detect_output || found?.name || null;
}

/** How an app is, in words for people. */
export function stateTextOf({ health }: Pick<AppView, 'health'>): string {
  return health === 'idle' ? 'idle, starts with the next request' : health;
}

/** @param idleStop what an app says of it */
export function idleStopTextOf(idleStop: string): string {
  return idleStop === 'never' ? 'never for lack of requests' : `after ${idleStop} without a request`;
}

const states = { RUNNING: 'running', STARTING: 'starting', CRASHED: 'crashed', DOWN: 'down' } as const;

function instanceOf(stats: ProcessStats): InstanceView {
  const { index, state, uptime, usage, pid, details } = stats;
  return {
    index,
    state: states[state],
    uptimeSeconds: uptime ?? null,
    cpu: usage.cpu ?? null,
    memoryBytes: usage.mem ?? null,
    diskBytes: usage.disk ?? null,
    pid: pid ?? null,
    details: details ?? null,
  };
}
