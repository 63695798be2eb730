import type { Log } from '#ground/log.ts';
import type { EventLog } from './events.ts';
import type { Jobs } from './jobs.ts';
import type { Operations } from './operations.ts';
import type { CloudControllerOptions } from './options.ts';
import type { Setup } from './setup.ts';
import type { Store } from './store.ts';

/** What the handlers work with. */
export interface Api {
  readonly store: Store;
  readonly events: EventLog;
  readonly operations: Operations;
  readonly jobs: Jobs;
  readonly setup: Setup;
  readonly options: CloudControllerOptions;
  readonly log: Log;
}
