import { totalmem } from 'node:os';
import * as v from 'valibot';
import { Port } from '#contract/primitives.ts';
import { ownNode } from '#packaging/own-node.ts';
import { managerVariablesOf } from '#workload/runtimes/manager-variables.ts';
import { configuredDirectories, usualDirectories } from '#workload/runtimes/programs.ts';

const ms = (fallback: number) => v.optional(v.pipe(v.number(), v.minValue(0)), fallback);
const whole = (fallback: number | (() => number)) =>
  v.optional(v.pipe(v.number(), v.integer(), v.minValue(0)), fallback);

const megabyte = 1024 * 1024;

/** Settings of a DEA. In brackets the default of the original (dea 0e200ef, 2012) where it had one. */
export const DeaOptions = v.object({
  /** The platform's own PATH: runtimes are looked for there, and apps get it. */
  path: v.string(),
  /** Directories with runtimes that go before the PATH, for apps as well. */
  runtimeDirectories: v.optional(v.array(v.string()), () => configuredDirectories(process.env)),
  /** Where managers of versions (nvm, pyenv, …) keep their things, by their own variables. */
  managerVariables: v.optional(v.record(v.string(), v.string()), () => managerVariablesOf(process.env)),
  /** Where programs are looked for when the PATH, which may be that of a service manager, does not have them. */
  programDirectories: v.optional(v.array(v.string()), [...usualDirectories]),
  /** The user's home: programs in its `.local/bin` count too. */
  userHome: v.optional(v.string()),
  /** The node for apps on a machine whose PATH has none: our own, where that is possible. Empty for none. */
  nodeProgram: v.optional(v.string(), () => ownNode(process.env) ?? ''),
  /** The address under which routers reach our instances. */
  host: v.optional(v.string(), '127.0.0.1'),
  /** Port of the file viewer; with `null` any is taken, and no message names it but replies to `dea.find.droplet`. */
  filerPort: v.optional(v.nullable(Port), null),

  /** Holds `staged/`, `apps/` and `db/`, as the original has them; without it all is in the component's own directory. */
  baseDir: v.optional(v.nullable(v.string()), null),
  /** Which of several DEAs; its id begins with it then. */
  index: v.optional(v.nullable(v.pipe(v.number(), v.integer(), v.minValue(0))), null),
  /** Port, user and password for `/healthz` and `/varz`; made up where absent. */
  status: v.optional(
    v.object({
      port: v.exactOptional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(65_535))),
      user: v.exactOptional(v.string()),
      password: v.exactOptional(v.string()),
    }),
    {},
  ),
  /** What `/varz` shows as the configuration, instead of these settings. */
  shownConfig: v.optional(v.record(v.string(), v.unknown())),

  /** Names of the runtimes apps may ask for; all that the machine has when `null`. [none] */
  runtimes: v.optional(v.nullable(v.array(v.string())), null),
  /** Whether a runtime has to be exactly as apps ask for it, or any version will do and is only remarked upon. [true] */
  strictRuntimes: v.optional(v.boolean(), false),

  /** MB that all instances together may ask for; the machine's memory when absent. [required] */
  maxMemoryMb: whole(() => Math.floor(totalmem() / megabyte)),
  /** [1024] */
  maxInstances: whole(1024),
  /** With less room on the disk than this many MB nothing new is started. [95 % full] */
  minFreeDiskMb: whole(100),
  /** With the disk as full as this, in percent, nothing new is started either. [95] */
  maxDiskUsePercent: v.optional(v.pipe(v.number(), v.minValue(0)), 100),
  /** Only apps that ask for it are placed on a DEA for production. [false] */
  prod: v.optional(v.nullable(v.boolean()), null),
  /** For an instance that names none, in MB. [512] */
  defaultMemoryMb: whole(512),
  /** For an instance that names none, in MB. [256] */
  defaultDiskMb: whole(256),
  /** For an instance that names none. [1024] */
  defaultFds: whole(1024),

  /** [10 s] */
  heartbeatEveryMs: ms(10_000),
  /** [5 s] */
  advertiseEveryMs: ms(5_000),
  /** Each route again, give or take a fifth. [only on `router.start`] */
  registerEveryMs: ms(20_000),

  /** An instance that names no other limit must be ready after this. [60 s] */
  readyLimitMs: ms(60_000),
  /** The same for one that shows in a file that it is ready. [300 s] */
  stateFileLimitMs: ms(300_000),
  /** How long one that answers requests may go without that file. [for ever] */
  stateFileGraceMs: ms(5_000),
  /** How long instances go on after the others heard that they leave. [30 s] */
  evacuationDelayMs: ms(30_000),
  /** How long an instance may take to end after SIGTERM. [none: SIGKILL at once] */
  stopGraceMs: ms(10_000),
  /** How long to go on killing before a process counts as unkillable. */
  killLimitMs: ms(10_000),

  /** How long an instance of an app that is being watched runs before its next one is prepared. */
  standbyDelayMs: ms(100),

  /** How often memory and CPU use are measured. [2 s] */
  memoryEveryMs: ms(1_000),
  /** How often disk use is measured; less often where measuring takes long. [2 s] */
  diskEveryMs: ms(5_000),

  /** Bytes of a log file on disk, after which what was read of it is given back. */
  logFileBytes: whole(16 * megabyte),
  /** Bytes per second that are read of one log file; beyond `logFileBytes` of arrears, output is dropped. */
  logBytesPerSecond: whole(4 * megabyte),
  /** How long lines wait for company. */
  logBatchMs: ms(20),
  /** A line without an end is delivered after this. */
  partialLineMs: ms(1_000),

  /** Leaves the directories of all instances for whoever wants to look at them. [false] */
  keepDirectories: v.optional(v.boolean(), false),
  /** Downloads droplets even where the cloud controller's file can be read. [false] */
  forceHttpSharing: v.optional(v.boolean(), false),
  /** How long the files of a crash are kept. [3600 s] */
  crashKeepMs: ms(3_600_000),
  /** How many crashes of an app are kept. */
  crashesKept: whole(3),
  /** Bytes of droplets kept for the next start. [none are kept] */
  stagedBytes: whole(1024 * megabyte),
  /** How many droplets are kept. */
  stagedCount: whole(50),
});
export type DeaOptions = v.InferOutput<typeof DeaOptions>;
