import { availableParallelism } from 'node:os';
import type { ProcessStats } from '#contract/api/resources.ts';
import { deaFindDroplet } from '#contract/dea.ts';
import { healthManagerStatus } from '#contract/health.ts';
import { rubyTime } from '#contract/primitives.ts';
import type { HttpReply, HttpRequest, Routes } from '#ground/http-server.ts';
import type { InstanceView } from '../operations.ts';
import type { AppRecord } from '../records.ts';
import { dropletOf, versionOf } from '../revisions.ts';
import type { Store } from '../store.ts';
import { urisOf } from '../uris.ts';
import { appIn, type V1Context } from './v1-context.ts';

/** How long a health manager may take to tell what it knows. */
const healthLimitMs = 500;

/** What runs of an app. */
export function v1InstanceRoutes(routes: Routes, context: V1Context): void {
  const on = (path: string, answer: (app: AppRecord) => Promise<object>) =>
    routes.on(
      'GET',
      path,
      context.door.guarded(
        async (request: HttpRequest): Promise<HttpReply> => ({
          status: 200,
          body: await answer(appIn(context, request)),
        }),
      ),
    );
  on('/apps/:name/instances', (app) => instancesView(context, app));
  on('/apps/:name/stats', (app) => statsView(context, app));
  on('/apps/:name/crashes', (app) => crashesView(context, app));
}

async function instancesView(context: V1Context, app: AppRecord): Promise<object> {
  const views = context.api.operations.instancesOf(app);
  const flapping = await flappingOf(context, app, views);
  const none = { debug_ip: null, debug_port: null, console_ip: null, console_port: null };
  const instances = views.map(({ index, state, sinceMs }) => ({
    index,
    state: stateOf(state, flapping.has(index)),
    since: secondsOf(sinceMs),
    ...none,
  }));
  return { instances };
}

function stateOf(state: InstanceView['state'], isFlapping: boolean): string {
  if (state === 'RUNNING' || state === 'STARTING') return state;
  return isFlapping ? 'FLAPPING' : 'DOWN';
}

/** Indices that crash again and again, as the health manager sees it. */
async function flappingOf(
  { api, bus }: V1Context,
  app: AppRecord,
  views: readonly InstanceView[],
): Promise<Set<number>> {
  if (!views.some(({ state }) => state === 'CRASHED')) return new Set();
  const request = { ...liveVersionOf(api.store, app), state: 'FLAPPING' as const };
  const [told] = await bus.askMany(healthManagerStatus, request, { limitMs: healthLimitMs, expected: 1 });
  return new Set(told?.indices?.map(({ index }) => index) ?? []);
}

async function statsView({ api }: V1Context, app: AppRecord): Promise<object> {
  if (app.state === 'STOPPED') return {};
  const since = new Map(api.operations.instancesOf(app).map(({ index, sinceMs }) => [index, secondsOf(sinceMs)]));
  const uris = urisOf(api.store, app.guid);
  const all = await api.operations.statsOf(app, 'web');
  return Object.fromEntries(
    all.map((one) => [
      one.index,
      one.state === 'RUNNING'
        ? { state: one.state, stats: statsOf(app, uris, one) }
        : { state: one.state === 'STARTING' ? 'STARTING' : 'DOWN', since: since.get(one.index) ?? null },
    ]),
  );
}

/** In the units of 2012: percent of one core, KB of memory, bytes of disk. */
function statsOf(app: AppRecord, uris: readonly string[], one: ProcessStats): object {
  const { time, cpu, mem, disk } = one.usage;
  return {
    name: app.name,
    host: one.host ?? null,
    port: one.instance_ports?.[0]?.external ?? null,
    uris,
    uptime: one.uptime,
    mem_quota: one.mem_quota,
    disk_quota: one.disk_quota,
    fds_quota: one['fds_quota'],
    cores: availableParallelism(),
    usage: {
      time: rubyTime(new Date(time ?? Date.now())),
      cpu: Math.round((cpu ?? 0) * 1000) / 10,
      mem: Math.round((mem ?? 0) / 1024),
      disk: disk ?? 0,
    },
  };
}

/** Both know of crashes: the health manager counts them, and a DEA keeps their files for a while. */
async function crashesView({ api, bus }: V1Context, app: AppRecord): Promise<object> {
  const about = liveVersionOf(api.store, app);
  const [counted, kept] = await Promise.all([
    bus.askMany(healthManagerStatus, { ...about, state: 'CRASHED' }, { limitMs: healthLimitMs, expected: 1 }),
    bus.askMany(deaFindDroplet, { ...about, states: ['CRASHED'] }, { limitMs: healthLimitMs }),
  ]);
  const crashes = new Map<string, number>();
  for (const { instance, since } of counted[0]?.instances ?? []) {
    if (instance !== null) crashes.set(instance, secondsOf(since * 1000));
  }
  for (const { instance, state_timestamp } of kept) crashes.set(instance, secondsOf(state_timestamp * 1000));
  return { crashes: [...crashes].map(([instance, since]) => ({ instance, since })) };
}

/** The health manager of 2013 gives no answer where it is not told the version. */
function liveVersionOf(store: Store, app: AppRecord): { droplet: string; version?: string } {
  const droplet = dropletOf(store, app);
  return { droplet: app.guid, ...(droplet === undefined ? {} : { version: versionOf(app, droplet) }) };
}

function secondsOf(ms: number): number {
  return Math.floor(ms / 1000);
}
