import { apiTime, type ProcessStats } from '#contract/api/resources.ts';
import { deaFindDroplet, type FoundInstance } from '#contract/dea.ts';
import type { Bus } from '#ground/bus.ts';
import { webOf } from '../changes/app.ts';
import type { InstanceView } from '../operations.ts';
import { processGuidOf } from '../process-guid.ts';
import { canRun } from '../process-types.ts';
import type { AppRecord, ProcessRecord } from '../records.ts';
import { dropletOf } from '../revisions.ts';
import type { Store } from '../store.ts';
import type { ActualState } from './actual-state.ts';
import { type Desired, desiredOf, wantedIndices } from './desired.ts';

const megabyte = 1024 * 1024;

/** What is known of each wanted instance, by index; nothing of a process that should not run. */
export function viewsOf(store: Store, actual: ActualState, guid: string): InstanceView[] {
  const desired = desiredOf(store, guid);
  return desired === undefined ? [] : wantedIndices(desired).map((index) => viewAt(actual, desired, index));
}

function viewAt(actual: ActualState, { guid, app, version }: Desired, index: number): InstanceView {
  const [best] = actual
    .instancesOf(guid)
    .filter((instance) => instance.index === index && !instance.isStopping)
    .sort((one, other) => rank(one) - rank(other));
  if (best !== undefined) return { index, state: best.state, sinceMs: best.sinceMs, details: null };
  const trouble = actual.troubleAt(guid, index);
  if (trouble?.version !== version) return { index, state: 'DOWN', sinceMs: Date.parse(app.updatedAt), details: null };
  const { kind, reason, sinceMs } = trouble;
  return { index, state: kind === 'crashed' ? 'CRASHED' : 'DOWN', sinceMs, details: reason };

  function rank(instance: { version: string; state: string }): number {
    return (instance.version === version ? 0 : 2) + (instance.state === 'RUNNING' ? 0 : 1);
  }
}

export interface StatsParts {
  readonly bus: Bus;
  readonly store: Store;
  readonly actual: ActualState;
  /** How long DEAs may take to tell of their instances. */
  readonly statsLimitMs: number;
}

/** The statistics of each wanted instance, by index. The DEAs are asked; one that is silent is told of from memory. */
export async function statsOf(app: AppRecord, processType: string, parts: StatsParts): Promise<ProcessStats[]> {
  const process = app.processes.find(({ type }) => type === processType) ?? webOf(app);
  const droplet = dropletOf(parts.store, app);
  if (droplet !== undefined && !canRun(process, droplet)) return [];
  const allDown = (details: string | null) =>
    Array.from({ length: process.instances }, (_, index) =>
      statsFrom({ index, state: 'DOWN', sinceMs: 0, details }, undefined, process),
    );
  if (app.state === 'STOPPED') return allDown(null);
  const guid = processGuidOf(app, process);
  const views = viewsOf(parts.store, parts.actual, guid);
  if (views.length === 0) return allDown(null);
  const found = await ask(guid, parts);
  return views.map((view) => statsFrom(view, bestOf(found, view.index), process));
}

async function ask(app: string, { actual, bus, statsLimitMs }: StatsParts): Promise<FoundInstance[]> {
  // An instance that is still unknown to its DEA, or not any more, would be waited for in vain.
  const running = actual.instancesOf(app).filter(({ state, isStopping }) => state === 'RUNNING' && !isStopping);
  const request = { droplet: app, states: ['RUNNING'], include_stats: true };
  return bus.askMany(deaFindDroplet, request, { limitMs: statsLimitMs, expected: running.length });
}

function bestOf(found: readonly FoundInstance[], index: number): FoundInstance | undefined {
  return found
    .filter((each) => each.index === index)
    .sort((one, other) => other.state_timestamp - one.state_timestamp)[0];
}

/** Memory comes in KB and processor time in percent; the API has bytes and fractions. */
function statsFrom(view: InstanceView, found: FoundInstance | undefined, process: ProcessRecord): ProcessStats {
  const { index, state, sinceMs, details } = view;
  const stats = state === 'RUNNING' ? found?.stats : undefined;
  const uptime = state === 'RUNNING' || state === 'STARTING' ? secondsSince(sinceMs) : 0;
  return {
    type: process.type,
    index,
    state,
    uptime: stats === undefined || stats === null ? uptime : Math.floor(stats.uptime),
    mem_quota: stats?.mem_quota ?? process.memoryMb * megabyte,
    disk_quota: stats?.disk_quota ?? process.diskMb * megabyte,
    fds_quota: stats?.fds_quota ?? null,
    log_rate_limit: -1,
    details,
    isolation_segment: null,
    ...(stats === undefined || stats === null
      ? {}
      : { host: stats.host, instance_ports: portsOf(stats.port), pid: stats.pid ?? null }),
    usage: usageFrom(stats?.usage),
  };
}

function usageFrom(usage: NonNullable<FoundInstance['stats']>['usage']): ProcessStats['usage'] {
  if (usage === undefined || usage === null) return {};
  return {
    time: timeOf(usage.time),
    cpu: usage.cpu / 100,
    mem: Math.round(usage.mem * 1024),
    // An instance has files from its first moment on: nothing means that they were not measured yet.
    ...(usage.disk > 0 ? { disk: usage.disk } : {}),
    log_rate: 0,
  };
}

function portsOf(port: number | null | undefined) {
  return port ? [{ internal: port, external: port }] : [];
}

function secondsSince(ms: number): number {
  return Math.max(0, Math.floor((Date.now() - ms) / 1000));
}

/** Ruby's default time text or any other; now when it is none. */
function timeOf(text: string): string {
  const parsed = new Date(text);
  return apiTime(Number.isNaN(parsed.getTime()) ? new Date() : parsed);
}
