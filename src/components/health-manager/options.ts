import * as v from 'valibot';

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
  /** From this many crashes on an instance counts as flapping. [2] */
  flappingCrashes: v.optional(v.number(), 3),
});
export type HealthManagerOptions = v.InferOutput<typeof HealthManagerOptions>;
