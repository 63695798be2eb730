import type { DropletReport } from '#contract/health.ts';
import type { ActualInstance, ActualState } from './actual-state.ts';
import type { DesiredState } from './desired-state.ts';

/** What is known, and how it is to be read. */
export interface Knowledge {
  readonly actual: ActualState;
  readonly desired: DesiredState | undefined;
  readonly instanceLostMs: number;
  readonly flappingCrashes: number;
}

interface AppQuestion {
  readonly droplet: string;
  readonly version?: string | null | undefined;
}

/** Which indices of an app flap, or which of its instances crashed; of the version it should have if none is named. */
export function statusOf(
  { actual, desired, flappingCrashes }: Knowledge,
  { droplet, version, state }: AppQuestion & { state: 'FLAPPING' | 'CRASHED' },
) {
  const app = desired?.get(droplet);
  const found = actual
    .crashesOfVersion(droplet, version ?? app?.version ?? '')
    .filter(({ index }) => index < (app?.instances ?? 0))
    .sort((a, b) => a.index - b.index);
  if (state === 'CRASHED') return { instances: found.flatMap(({ crashes }) => [...crashes.recent]) };
  const flapping = found.filter(({ crashes }) => crashes.count >= flappingCrashes);
  return { indices: flapping.map(({ index, crashes }) => ({ index, since: Math.floor(crashes.lastAtMs / 1000) })) };
}

/** How many instances of an app run. */
export function healthOf({ actual, instanceLostMs }: Knowledge, { droplet, version }: AppQuestion, nowMs: number) {
  const live = actual.liveInstancesOf(droplet, nowMs, instanceLostMs);
  const isMeant = (found: string) => version === undefined || version === null || found === version;
  const healthy = live.filter((each) => each.state === 'RUNNING' && isMeant(each.version)).length;
  return { droplet, version, healthy };
}

/** All about an app, for people; `undefined` when it is not known. */
export function reportOf({ actual, desired }: Knowledge, droplet: string): DropletReport | undefined {
  const app = desired?.get(droplet);
  const instances = actual.instancesOf(droplet);
  if (app === undefined && instances.length === 0) return undefined;
  const crashes = actual
    .crashesOfVersion(droplet, app?.version ?? '')
    .flatMap(({ index, crashes: { recent } }) =>
      recent.map(({ instance, since }) => [instance, { index, crash_timestamp: since }] as const),
    );
  const isExtra = (each: ActualInstance) => each.version !== app?.version || each.index >= app.instances;
  const extra = instances.filter(isExtra).map((each) => [each.instance, each.version] as const);
  return {
    id: droplet,
    num_instances: app?.instances ?? 0,
    versions: versionsOf(instances),
    crashes: Object.fromEntries(crashes),
    extra_instances: Object.fromEntries(extra),
    state: app?.state ?? null,
    live_version: app?.version ?? null,
    package_state: app?.packageState ?? null,
    last_updated: app?.lastUpdated ?? null,
  };
}

function versionsOf(instances: readonly ActualInstance[]): DropletReport['versions'] {
  const versions = new Map<string, { instances: Record<string, unknown> }>();
  for (const { version, index, instance, state, sinceMs, seenAtMs } of instances) {
    const known = versions.get(version) ?? { instances: {} };
    versions.set(version, known);
    const [state_timestamp, last_heartbeat] = [Math.floor(sinceMs / 1000), Math.floor(seenAtMs / 1000)];
    known.instances[String(index)] = { instance, state, state_timestamp, last_heartbeat };
  }
  return Object.fromEntries(versions);
}

/** The numbers of `/varz`. */
export function varzOf({ actual, desired, instanceLostMs, flappingCrashes }: Knowledge, nowMs: number): object {
  const apps = [...(desired?.values() ?? [])];
  const wanted = apps.filter((app) => app.isWanted);
  const instances = (some: readonly { instances: number }[]) => some.reduce((sum, each) => sum + each.instances, 0);
  const live = actual.liveInstances(nowMs, instanceLostMs);
  const running = live.filter((each) => each.state === 'RUNNING').length;
  const { indices, flapping } = actual.crashed(flappingCrashes);
  return {
    total: {
      apps: apps.length,
      started_apps: wanted.length,
      instances: instances(apps),
      started_instances: instances(wanted),
    },
    running: {
      apps: new Set(live.map((each) => each.app)).size,
      running_instances: running,
      missing_instances: Math.max(0, instances(wanted) - live.length),
      crashes: indices,
      flapping_instances: flapping,
    },
  };
}
