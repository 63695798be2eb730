import * as v from 'valibot';

const whole = (fallback: number) => v.optional(v.pipe(v.number(), v.integer(), v.minValue(1)), fallback);

/** Settings of a stager. In brackets the original's name for it (stager 206b107, 2012), and its unit where it differs. */
export const StagerOptions = v.object({
  /** Subjects of staging requests; each is also the name of the queue group that shares them. [queues] */
  queues: v.optional(v.pipe(v.array(v.pipe(v.string(), v.nonEmpty())), v.minLength(1)), () => ['staging']),
  /** How long one task may take, in ms, from its start. [max_staging_duration, s; it was never kept] */
  maxStagingMs: whole(15 * 60 * 1000),
  /** Tasks at the same time; further ones wait. [max_active_tasks] */
  maxActiveTasks: whole(4),
  /** Where tasks work; a directory of the component's own when absent. [dirs.tmp] */
  tmpDir: v.optional(v.string()),
  /** Which version of the original staging plugins `startup` and `stop` follow. */
  scripts: v.optional(v.picklist(['93f6a1f', '8f2fa00']), '93f6a1f'),
  /** Bytes of an app's zip. */
  maxPackageBytes: whole(1024 ** 3),
  /** Bytes of an app, unpacked. */
  maxAppBytes: whole(2 * 1024 ** 3),
  /** Files and directories of an app. */
  maxAppFiles: whole(50_000),
  /** Compression of droplets, 1 to 9: they rarely leave the machine. */
  gzipLevel: whole(1),
  /** How long tasks may go on when the stager is to stop, in ms. */
  stopGraceMs: v.optional(v.pipe(v.number(), v.minValue(0)), 3_000),
});
export type StagerOptions = v.InferOutput<typeof StagerOptions>;

/** The original's configuration file. Keys it knew and we have no use for are ignored. */
const OriginalConfig = v.looseObject({
  queues: v.array(v.string()),
  /** Seconds. */
  max_staging_duration: v.pipe(v.number(), v.integer(), v.minValue(1)),
  max_active_tasks: v.pipe(v.number(), v.integer(), v.minValue(1)),
  dirs: v.optional(v.looseObject({ tmp: v.optional(v.string()) })),
});

/** @param config parsed YAML @throws ValiError naming the key that is missing or wrong */
export function optionsOfOriginal(config: unknown): StagerOptions {
  const original = v.parse(OriginalConfig, config);
  return v.parse(StagerOptions, {
    queues: original.queues,
    maxStagingMs: original.max_staging_duration * 1000,
    maxActiveTasks: original.max_active_tasks,
    tmpDir: original.dirs?.tmp,
  });
}
