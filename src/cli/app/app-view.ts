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

/** An app as `--json` prints it; programs rely on these names. */
export interface AppView {
  readonly name: string;
  readonly guid: string;
  /** What is wanted. */
  readonly state: 'STARTED' | 'STOPPED';
  /** What became of it; `running` when at least one instance runs. */
  readonly health: 'running' | 'starting' | 'crashed' | 'down' | 'stopped';
  readonly instances: { readonly running: number; readonly wanted: number };
  readonly memoryMb: number;
  readonly diskMb: number;
  readonly urls: readonly string[];
}

export interface DetailedAppView extends AppView {
  /** What the user wants run; null where the app itself tells. */
  readonly command: string | null;
  /** What staging found: `node`, `sinatra`. */
  readonly detected: string | null;
  readonly list: readonly InstanceView[];
}

/** Everything about one app, asked at once. */
export async function viewOf(api: ApiClient, appGuid: string): Promise<DetailedAppView> {
  const path = `/v3/apps/${appGuid}`;
  const [app, processes, stats, routes, droplet] = await Promise.all([
    api.get(path, App),
    api.list(`${path}/processes`, Process),
    statsOf(api, appGuid),
    api.list(`${path}/routes`, Route),
    currentDroplet(api, appGuid),
  ]);
  const web = processes.find(({ type }) => type === 'web');
  const urls = routes.map(({ url }) => urlOf(url, api.platform));
  return {
    ...summaryOf(app, web, stats, urls),
    command: web?.command ?? null,
    detected: detectedIn(droplet),
    list: stats.map(instanceOf),
  };
}

/** The instances of an app's web process, which has the app's guid. */
export async function statsOf(api: ApiClient, appGuid: string): Promise<ProcessStats[]> {
  return (await api.get(`/v3/processes/${appGuid}/stats`, ProcessStatsList)).resources;
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

export function summaryOf(
  app: App,
  web: Process | undefined,
  stats: readonly ProcessStats[],
  urls: readonly string[],
): AppView {
  const running = stats.filter(({ state }) => state === 'RUNNING').length;
  return {
    name: app.name,
    guid: app.guid,
    state: app.state,
    health: app.state === 'STOPPED' ? 'stopped' : healthOf(stats, running),
    instances: { running: app.state === 'STOPPED' ? 0 : running, wanted: web?.instances ?? stats.length },
    memoryMb: web?.memory_in_mb ?? 0,
    diskMb: web?.disk_in_mb ?? 0,
    urls,
  };
}

function healthOf(stats: readonly ProcessStats[], running: number): AppView['health'] {
  if (running > 0) return 'running';
  if (stats.some(({ state }) => state === 'STARTING')) return 'starting';
  return stats.some(({ state }) => state === 'CRASHED') ? 'crashed' : 'down';
}

function detectedIn(droplet: Droplet | undefined): string | null {
  const [found] = droplet?.buildpacks ?? [];
  return found?.detect_output ?? found?.name ?? null;
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
