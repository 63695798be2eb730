import type { Bus } from '#ground/bus.ts';
import type { Log } from '#ground/log.ts';
import type { ActualState } from '../running/actual-state.ts';
import type { InstanceStarts } from '../running/instance-starts.ts';
import type { Routers } from '../running/routers.ts';
import type { Versions } from '../running/versions.ts';
import type { Store } from '../store.ts';

/** What deployments work with. */
export interface RunParts {
  readonly bus: Bus;
  readonly log: Log;
  readonly store: Store;
  readonly actual: ActualState;
  readonly versions: Versions;
  readonly starts: InstanceStarts;
  readonly routers: Routers;
  /** How long instances may go on with the requests they have. */
  readonly drainSeconds: number;
  /** How long a version must serve until the one before is given up. */
  readonly proveMs: number;
}
