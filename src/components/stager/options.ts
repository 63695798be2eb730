import * as v from 'valibot';
import { IsolationSettings } from '#workload/sandbox/settings.ts';

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
  /** Which of several stagers; it stands in what the stager says of itself. [index] */
  index: v.optional(v.nullable(v.pipe(v.number(), v.integer())), null),
  /** The address of the status listener. [that of the machine towards local_route] */
  host: v.optional(v.string(), '127.0.0.1'),
  /** What `/varz` shows as the configuration; these options in the original's words when absent. */
  shownConfig: v.optional(v.looseObject({})),
  /** Whether the stager's own log has the lines of its tasks too, as the original's has. */
  logsTaskLines: v.optional(v.boolean(), false),
  /** Which version of the original staging plugins `startup` and `stop` follow. */
  scripts: v.optional(v.picklist(['93f6a1f', '8f2fa00']), '93f6a1f'),
  /** A directory with manifests/ and runtimes.yml; those that come with localpaas when absent. */
  stacksDir: v.optional(v.string()),
  /** A directory of manifests; that of `stacksDir` when absent. [dirs.manifests] */
  manifestsDir: v.optional(v.string()),
  /** Bytes of an app's zip. */
  maxPackageBytes: whole(1024 ** 3),
  /** Bytes of an app, unpacked. */
  maxAppBytes: whole(2 * 1024 ** 3),
  /** Files and directories of an app. */
  maxAppFiles: whole(50_000),
  /** MB of disk that scripts of a task may use, and what they are given; that of the app, when its own limit is higher. */
  maxDiskMb: whole(4_096),
  /** MB that build caches of all apps take together; those that were used last are kept. */
  keptCachesMb: v.optional(v.pipe(v.number(), v.minValue(0)), 4_096),
  /** MB of the disk that no task may use. */
  keptFreeMb: v.optional(v.pipe(v.number(), v.minValue(0)), 256),
  /** What scripts of a task are kept in. */
  ...IsolationSettings.entries,
  /** Directories that scripts do not see, besides those of the stager: the home of the platform. */
  hidden: v.optional(v.array(v.string()), () => []),
  /** Compression of droplets, 1 to 9: they rarely leave the machine. */
  gzipLevel: whole(1),
  /**
   * What becomes of tasks when the stager is to stop. `refuse`: those that wait are refused, those that run get a grace.
   * `finish`: all that were taken are finished, as in the original; then a stop takes as long as they do.
   */
  atStop: v.optional(v.picklist(['refuse', 'finish']), 'refuse'),
  /** How long tasks may go on when the stager is to stop and refuses, in ms. */
  stopGraceMs: v.optional(v.pipe(v.number(), v.minValue(0)), 3_000),
});
export type StagerOptions = v.InferOutput<typeof StagerOptions>;

/** The configuration as `/varz` shows it. */
export function shownConfigOf(options: StagerOptions): object {
  return (
    options.shownConfig ?? {
      max_staging_duration: options.maxStagingMs / 1000,
      max_active_tasks: options.maxActiveTasks,
      queues: options.queues,
      secure: false,
      dirs: options.tmpDir === undefined ? {} : { tmp: options.tmpDir },
    }
  );
}
