import { deaStop } from '#contract/dea.ts';
import {
  type HmRequest,
  healthStart,
  healthStop,
  hmRequests,
  hmRequestsOfPartition,
  type StartInstances,
} from '#contract/health.ts';
import { AsyncDisposableStack } from '#ground/async-disposable-stack.ts';
import type { Bus } from '#ground/bus.ts';
import type { Log } from '#ground/log.ts';
import type { BackgroundWork } from '../background-work.ts';
import type { Store } from '../store.ts';
import type { ActualState } from './actual-state.ts';
import { type Desired, desiredOf } from './desired.ts';
import type { InstanceStarts } from './instance-starts.ts';
import type { Versions } from './versions.ts';

export interface ObeyParts {
  readonly bus: Bus;
  readonly log: Log;
  readonly store: Store;
  readonly actual: ActualState;
  readonly starts: InstanceStarts;
  readonly versions: Versions;
  readonly background: BackgroundWork;
  /** How long instances may go on with the requests they have. */
  readonly drainSeconds: number;
  readonly changed: (app: string) => void;
  /** For an app that nobody asks for. */
  readonly rest: (app: string) => Promise<unknown>;
}

/** Cloud controllers share the requests of 2012: one of them obeys. */
const sharedBy = { queue: 'cc' };
const partition = 'default';

/**
 * Starts and stops what health managers ask for, as far as it is still right: they may have decided on what was wanted
 * a moment ago. Both the words of 2013 and those of 2012 are understood.
 */
export function obeyHealthManager(parts: ObeyParts): AsyncDisposable {
  const { bus } = parts;
  const older = (request: HmRequest) => {
    if (request.op === 'START') start(parts, request);
    else if (request.op === 'STOP') stop(parts, request.droplet, request.instances);
    else spinDown(parts, request.droplet);
  };
  const obeying = new AsyncDisposableStack();
  obeying.use(bus.subscribe(healthStart, (request) => start(parts, request)));
  obeying.use(bus.subscribe(healthStop, ({ droplet, instances }) => stop(parts, droplet, Object.keys(instances))));
  obeying.use(bus.subscribe(hmRequests, older, sharedBy));
  obeying.use(bus.subscribe(hmRequestsOfPartition.at(partition), older, sharedBy));
  return obeying;
}

type Start = Pick<StartInstances, 'droplet' | 'version' | 'indices' | 'flapping'>;

function start(
  { background, log, starts, store }: ObeyParts,
  { droplet: app, version, indices, flapping }: Start,
): void {
  const isWanted = desiredOf(store, app)?.version === version;
  if (isWanted)
    background.run('instances not started', () => starts.fill(app, { indices, flapping: flapping ?? false }));
  else log.debug('start of another version ignored', { app });
}

function stop({ actual, bus, changed, drainSeconds, store, versions }: ObeyParts, app: string, ids: readonly string[]) {
  const desired = desiredOf(store, app);
  const isProtected = (id: string) =>
    actual.instancesOf(app).some((each) => each.id === id && versions.protects(app, each.version));
  const extras = ids.filter((id) => !isNeeded(id, desired, actual) && !isProtected(id));
  if (extras.length === 0) return;
  bus.publish(deaStop, { droplet: app, instances: extras, ...(desired === undefined ? {} : { drain: drainSeconds }) });
  actual.stopping(app, { ids: extras });
  changed(app);
}

function spinDown({ background, rest, store }: ObeyParts, guid: string): void {
  if (store.get('app', guid)?.state !== 'STARTED') return;
  background.run('idle app not stopped', async () => {
    await rest(guid);
  });
}

/** Whether an instance is the only one at an index where one of its version should be. */
function isNeeded(id: string, desired: Desired | undefined, actual: ActualState): boolean {
  if (desired === undefined) return false;
  const live = actual.instancesOf(desired.guid).filter(({ isStopping }) => !isStopping);
  const instance = live.find((each) => each.id === id);
  if (instance?.version !== desired.version || instance.index >= desired.process.instances) return false;
  return !live.some(
    ({ index, version, ...each }) => index === instance.index && version === instance.version && each.id !== id,
  );
}
