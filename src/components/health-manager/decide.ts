import type { ActualInstance } from './actual-state.ts';
import type { Place } from './delayed-restarts.ts';
import type { DesiredApp, DesiredState } from './desired-state.ts';

export interface Start {
  readonly app: DesiredApp;
  readonly indices: readonly number[];
}

export interface Stop {
  readonly app: string;
  readonly lastUpdated: string | number | undefined;
  readonly version: string | undefined;
  readonly instances: readonly ActualInstance[];
}

export interface Moment {
  readonly nowMs: number;
  /** An app that changed less than this long ago is somebody else's business. */
  readonly settledAfterMs: number;
  /** Whether a start of this index is under way or waits for its time. */
  readonly isPending: (place: Place) => boolean;
}

/** Which indices of an app lack an instance of the right version. */
export function missingIndices(app: DesiredApp, live: readonly ActualInstance[]): number[] {
  if (!app.isWanted) return [];
  const present = new Set(live.filter((each) => each.version === app.version).map((each) => each.index));
  return Array.from({ length: app.instances }, (_, index) => index).filter((index) => !present.has(index));
}

/**
 * Which live instances of one app nobody asked for: those of an app that is stopped or unknown, of an index too high,
 * of an old version once the new one runs at that index, and all but the oldest of several at one index.
 */
function extraInstances(app: DesiredApp | undefined, live: readonly ActualInstance[]): ActualInstance[] {
  // Somebody who starts an instance by hand, without a cloud controller, wants it to run.
  if (app === undefined) return live.filter((each) => each.partition !== undefined);
  if (!app.isWanted) return [...live];
  return live.filter((each) => each.index >= app.instances || !isTheOne(each, app, live));
}

function isTheOne(instance: ActualInstance, app: DesiredApp, live: readonly ActualInstance[]): boolean {
  const peers = live.filter((each) => each.index === instance.index && each.version === app.version);
  if (instance.version !== app.version) return !peers.some((each) => each.state === 'RUNNING');
  const best = [...peers].sort(
    (a, b) => rank(a) - rank(b) || a.sinceMs - b.sinceMs || (a.instance < b.instance ? -1 : 1),
  );
  return best[0] === instance;
}

function rank(instance: ActualInstance): number {
  return instance.state === 'RUNNING' ? 0 : 1;
}

/** Compares everything that should run with everything that does. */
export function decide(
  desired: DesiredState,
  live: readonly ActualInstance[],
  moment: Moment,
): { starts: Start[]; stops: Stop[] } {
  const byApp = new Map<string, ActualInstance[]>();
  for (const each of live) byApp.set(each.app, [...(byApp.get(each.app) ?? []), each]);
  const isSettled = (changedAtMs: number) => moment.nowMs - changedAtMs >= moment.settledAfterMs;

  const starts = [...desired.values()].flatMap((app) => {
    if (!isSettled(app.changedAtMs)) return [];
    const indices = missingIndices(app, byApp.get(app.id) ?? []).filter(
      (index) => !moment.isPending({ app: app.id, version: app.version, index }),
    );
    return indices.length === 0 ? [] : [{ app, indices }];
  });
  const stops = [...byApp].flatMap(([id, instances]) => {
    const app = desired.get(id);
    const extras = extraInstances(app, instances).filter((each) => isSettled(app?.changedAtMs ?? each.sinceMs));
    if (extras.length === 0) return [];
    return [{ app: id, lastUpdated: app?.lastUpdated, version: app?.version, instances: extras }];
  });
  return { starts, stops };
}
