import { deaStop } from '#contract/dea.ts';
import { healthStart, healthStop } from '#contract/health.ts';
import { AsyncDisposableStack } from '#ground/async-disposable-stack.ts';
import type { Bus } from '#ground/bus.ts';
import type { Log } from '#ground/log.ts';
import type { BackgroundWork } from '../background-work.ts';
import type { Store } from '../store.ts';
import type { ActualState } from './actual-state.ts';
import { type Desired, desiredOf } from './desired.ts';
import type { InstanceStarts } from './instance-starts.ts';

export interface ObeyParts {
  readonly bus: Bus;
  readonly log: Log;
  readonly store: Store;
  readonly actual: ActualState;
  readonly starts: InstanceStarts;
  readonly background: BackgroundWork;
  readonly changed: (app: string) => void;
}

/**
 * Starts and stops what health managers ask for, as far as it is still right: they may have decided on what was wanted
 * a moment ago.
 */
export function obeyHealthManager(parts: ObeyParts): AsyncDisposable {
  const { background, bus, log, starts, store } = parts;
  const obeying = new AsyncDisposableStack();
  obeying.use(
    bus.subscribe(healthStart, ({ droplet: app, version, indices, flapping }) => {
      if (desiredOf(store, app)?.version !== version) return log.debug('start of another version ignored', { app });
      background.run('instances not started', () => starts.fill(app, { indices, flapping: flapping ?? false }));
    }),
  );
  obeying.use(
    bus.subscribe(healthStop, ({ droplet: app, instances }) => {
      const desired = desiredOf(store, app);
      const extras = Object.keys(instances).filter((id) => !isNeeded(id, desired, parts.actual));
      if (extras.length === 0) return;
      bus.publish(deaStop, { droplet: app, instances: extras });
      parts.actual.stopping(app, { ids: extras });
      parts.changed(app);
    }),
  );
  return obeying;
}

/** Whether an instance is the only one at an index where one of its version should be. */
function isNeeded(id: string, desired: Desired | undefined, actual: ActualState): boolean {
  if (desired === undefined) return false;
  const live = actual.instancesOf(desired.app.guid).filter(({ isStopping }) => !isStopping);
  const instance = live.find((each) => each.id === id);
  if (instance?.version !== desired.version || instance.index >= desired.process.instances) return false;
  return !live.some(
    ({ index, version, ...each }) => index === instance.index && version === instance.version && each.id !== id,
  );
}
