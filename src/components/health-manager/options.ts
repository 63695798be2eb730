import * as v from 'valibot';
import { isToken } from '#ground/subject.ts';

const ms = (fallback: number) => v.optional(v.pipe(v.number(), v.minValue(0)), fallback);

/** Settings of the health manager, in ms. In brackets what the original (health_manager, 2014) used. */
export const HealthManagerOptions = v.object({
  /** How often desired and actual state are compared as a whole. [20 s] */
  analyseEveryMs: ms(10_000),
  /** How often the desired state is read again even when nobody says that it changed. [60 s] */
  refreshEveryMs: ms(60_000),
  /** An instance without heartbeat for so long is lost. [30 s] */
  instanceLostMs: ms(30_000),
  /** An app that changed so recently is left to the cloud controller. [60 s] */
  settledAfterMs: ms(10_000),
  /** A start that was asked for gets so long to show up. [20 s] */
  startPatienceMs: ms(20_000),
  /** How long after our own start DEAs may take to report before anything counts as missing. */
  surveyMs: ms(200),
  /** The second crash waits this long, each further one twice as long. The first restarts at once. [60 s] */
  minRestartDelayMs: ms(1_000),
  /** The longest wait between two restarts. [480 s] */
  maxRestartDelayMs: ms(60_000),
  /** An instance that ran longer than this before it crashed starts counting anew. */
  steadyAfterMs: ms(60_000),
  /** So does one whose last crash is longer ago than this. [flapping_timeout, 500 s] */
  flappingTimeoutMs: ms(500_000),
  /** So many crashes in a row are each followed by a restart at once. [flapping_death, 1] */
  flappingDeath: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0)), 1),
  /** At most so much is added to each delay, or taken away. [delay_time_noise, 5 s] */
  restartNoiseMs: ms(100),
  /** An index that crashed more often in a row is given up, until it has another version; 0 is never. [4] */
  giveUpAfterCrashes: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0)), 0),
  /** From this many crashes on an instance counts as flapping. [2] */
  flappingCrashes: v.optional(v.number(), 3),
  /** At most so many starts are asked for in each period; 0 is no limit. [dequeueing_rate, 50; queue_batch_size, 40] */
  startBatch: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0)), 50),
  /** How long a period is. [request_queue, 1 s] */
  startBatchEveryMs: ms(1_000),
  /**
   * An app that no router was asked for so long is stopped, unless the cloud controller says how long; 0 is never. Needs
   * routers that publish `router.active_apps` at least twice as often. Ours: the request is as old as 2011, no health
   * manager that was published made it.
   */
  spinDownAfterMs: ms(0),
  /** Where the bulk API is, when the cloud controller does not say so itself. [bulk_api.host] */
  bulkUrl: v.optional(v.pipe(v.string(), v.url())),
  /**
   * Whether requests go out a second time as cloud controllers up to 2013 heard them: on `cloudcontrollers.hm.requests`
   * (`plain`), or with the partition behind it. Never both to one that hears both: it would start twice.
   */
  olderRequests: v.optional(v.picklist(['none', 'plain', 'partition']), 'none'),
  /** Which cloud controllers are asked. [cc_partition] */
  partition: v.optional(v.pipe(v.string(), v.check(isToken, 'must be one token of a subject')), 'default'),
  /** The address of the status listener. [that of the machine towards local_route] */
  host: v.optional(v.pipe(v.string(), v.nonEmpty()), '127.0.0.1'),
  /** Which of several this is; its id begins with it then. */
  index: v.optional(v.nullable(v.pipe(v.number(), v.integer(), v.minValue(0))), null),
  /** The listener for `/healthz` and `/varz`; what is absent is made up. */
  status: v.optional(
    v.object({
      port: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(65_535))),
      user: v.optional(v.pipe(v.string(), v.nonEmpty())),
      password: v.optional(v.pipe(v.string(), v.nonEmpty())),
    }),
    {},
  ),
  /** What `/varz` shows as the configuration; these options when absent. */
  shownConfig: v.optional(v.looseObject({})),
});
export type HealthManagerOptions = v.InferOutput<typeof HealthManagerOptions>;
