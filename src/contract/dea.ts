import * as v from 'valibot';
import { exchange, subject, subjectFamily } from '#ground/subject.ts';
import { Count, EpochSeconds, Id, Nothing, Port, Uris } from './primitives.ts';
import { RuntimeInfo } from './runtimes.ts';

/** Shapes: dea 0e200ef (2012), each recorded from the original where it could be run. */

/** So few that their bytes are a number too. */
const megabytes = v.pipe(v.number(), v.minValue(0), v.maxValue(2 ** 32));

const Hello = v.looseObject({
  id: v.string(),
  ip: v.string(),
  /** Of the file viewer; `null` without one. */
  port: v.nullish(Port),
  version: v.union([v.number(), v.string()]),
});
export type Hello = v.InferOutput<typeof Hello>;

/** Once, when a DEA starts. */
export const deaStart = subject('dea.start', Hello);

const Advertisement = v.looseObject({
  id: v.string(),
  /** MB that are not reserved yet. */
  available_memory: v.number(),
  /** Names of the runtimes it can run. */
  runtimes: v.nullish(v.array(v.string())),
  prod: v.nullish(v.boolean()),
});
export type Advertisement = v.InferOutput<typeof Advertisement>;

/** Every 5 s and when resources change, unless the DEA is full or stopping. */
export const deaAdvertise = subject('dea.advertise', Advertisement);
export const deaLocate = subject('dea.locate', Nothing);

const DiscoverRequest = v.looseObject({
  droplet: Id,
  runtime_info: RuntimeInfo,
  limits: v.looseObject({ mem: megabytes, disk: v.optional(megabytes), fds: v.optional(Count) }),
  name: v.nullish(v.string()),
  runtime: v.nullish(v.string()),
  sha: v.nullish(v.string()),
  prod: v.nullish(v.boolean()),
  /** Ours: how many DEAs the asker knows of. */
  deas: v.nullish(Count),
});
export type DiscoverRequest = v.InferOutput<typeof DiscoverRequest>;

/** "Who can run this?" A DEA that can answers after a delay that grows with its load, a lone one at once; the first one wins. */
export const deaDiscover = exchange('dea.discover', DiscoverRequest, Hello);

const Status = v.looseObject({
  ...Hello.entries,
  max_memory: v.number(),
  reserved_memory: v.number(),
  used_memory: v.number(),
  num_clients: v.number(),
  state: v.optional(v.string()),
  /** Ours: why nothing more can be started there, whatever its size. */
  full: v.nullish(v.string()),
});
export type DeaStatus = v.InferOutput<typeof Status>;
export const deaStatus = exchange('dea.status', Nothing, Status);

const Service = v.looseObject({
  name: v.nullish(v.string()),
  label: v.string(),
  credentials: v.record(v.string(), v.unknown()),
  plan: v.nullish(v.string()),
  plan_option: v.nullish(v.string()),
  tags: v.nullish(v.array(v.string())),
  vendor: v.nullish(v.string()),
});

/** Ours: where a layer is had, and the SHA-256 of its bytes. */
const Layer = v.looseObject({
  sha256: v.pipe(v.string(), v.regex(/^[\da-f]{64}$/i, 'no SHA-256')),
  uri: v.string(),
  /** A path tried first when it exists on this machine. */
  file: v.nullish(v.string()),
});
export type LayerSource = v.InferOutput<typeof Layer>;

const StartRequest = v.looseObject({
  droplet: Id,
  index: Count,
  name: v.string(),
  /** Ours: the app to which what is started belongs, when `droplet` is one of its processes. */
  application_id: v.nullish(Id),
  /** Ours: `web`, `worker`, …; `web` when absent. */
  process_type: v.nullish(v.string()),
  /** Ours: what the droplet is to run instead of what it runs by itself; only droplets of buildpacks can. */
  start_command: v.nullish(v.string()),
  /** Ours: the name of the task that is started. It ends by itself, is in no heartbeat and never started again. */
  task: v.nullish(v.string()),
  /** `<sha1 of the droplet>-<run count>` */
  version: v.string(),
  /** Empty: no port is assigned, and the instance is RUNNING as soon as it is started. */
  uris: v.nullish(Uris),
  /** The droplet cache's key; verified only when it looks like a SHA-1. */
  sha1: v.string(),
  /** A path tried first when it exists on this machine. */
  executableFile: v.nullish(v.string()),
  executableUri: v.string(),
  runtime_info: RuntimeInfo,
  framework: v.nullish(v.string()),
  services: v.array(Service),
  /** MB, MB, count */
  limits: v.nullish(v.looseObject({ mem: v.nullish(megabytes), disk: v.nullish(megabytes), fds: v.nullish(Count) })),
  /** `NAME=value`, taken as they are. */
  env: v.nullish(v.array(v.string())),
  users: v.nullish(v.array(v.string())),
  cc_partition: v.nullish(v.string()),
  debug: v.nullish(v.union([v.string(), v.boolean()])),
  console: v.nullish(v.boolean()),
  flapping: v.nullish(v.boolean()),
  prod: v.nullish(v.boolean()),
  /** Ours: how the instance shows that it is ready; `port` when absent. */
  health_check: v.nullish(
    v.looseObject({
      type: v.picklist(['port', 'process', 'http']),
      /** Seconds until it must be ready; 60 when absent. */
      timeout: v.nullish(v.pipe(v.number(), v.minValue(1))),
      /** Path for `http`, answered with 200 when ready. */
      endpoint: v.nullish(v.string()),
    }),
  ),
  /** Ours: programs that run beside it in the same instance, which ends when one of them does. Its memory is theirs, too. */
  sidecars: v.nullish(
    v.array(v.looseObject({ name: v.string(), command: v.string(), /** MB of it. */ memory: v.nullish(megabytes) })),
  ),
  /** Ours: lines of a crontab, run in the instance while it runs. */
  cron: v.nullish(v.array(v.string())),
  /** Ours: an older version of the app runs such lines still; `dea.update` tells when they are this one's. */
  cron_waits: v.nullish(v.boolean()),
  /**
   * Ours: a plain tar that is laid over the unpacked droplet before it starts, as a layer of an OCI image is. Its members are
   * paths within the droplet (`app/server.js`); an empty file `dir/.wh.name` stands for a `dir/name` that is not there any
   * more, `dir/.wh..wh..opq` for all that `dir` held.
   */
  layer: v.nullish(Layer),
  /** Ours: the app is being watched, and its next version will come soon: the DEA may prepare for it. */
  standby: v.nullish(v.boolean()),
});
export type StartRequest = v.InferOutput<typeof StartRequest>;

/** To one DEA; no reply ever: what became of it shows in heartbeats and `droplet.exited`. */
export const deaStartInstance = subjectFamily('dea.*.start', StartRequest);

const instanceFilter = {
  droplet: Id,
  version: v.nullish(v.string()),
  instances: v.nullish(v.array(v.string())),
  /** What the 2012 cloud controller sends for `instances`; both are honoured. */
  instance_ids: v.nullish(v.array(v.string())),
  indices: v.nullish(v.array(Count)),
  states: v.nullish(v.array(v.string())),
};

const StopRequest = v.looseObject({
  ...instanceFilter,
  /** Ours: seconds that running instances may go on with the requests they have, when they get no new ones any more. */
  drain: v.nullish(v.pipe(v.number(), v.minValue(0), v.maxValue(3_600))),
});
export type StopRequest = v.InferOutput<typeof StopRequest>;

/** To all DEAs; a filter that is absent matches everything. */
export const deaStop = subject('dea.stop', StopRequest);

/** New uris of an app. New ones are registered, missing ones withdrawn. */
const UpdateRequest = v.looseObject({
  droplet: Id,
  uris: v.nullish(Uris),
  /** Ours: only the instances of this version. */
  version: v.nullish(v.string()),
  /** Ours, in minutes since 1970: cron lines that are due later are theirs (`after`), or another version's (`until`). */
  cron: v.nullish(v.looseObject({ after: v.nullish(Count), until: v.nullish(Count) })),
});
export type UpdateRequest = v.InferOutput<typeof UpdateRequest>;
export const deaUpdate = subject('dea.update', UpdateRequest);

/** Of an app, or of one version of it. */
const SyncRequest = v.looseObject({ droplet: Id, version: v.nullish(v.string()), layer: Layer });
export type SyncRequest = v.InferOutput<typeof SyncRequest>;

const Synced = v.looseObject({
  dea: v.string(),
  instance: v.string(),
  index: Count,
  /** How many files and links were written or removed. */
  files: v.nullish(Count),
  /** Why its files are not, or not all, what the layer says; in words. */
  error: v.nullish(v.string()),
});
export type Synced = v.InferOutput<typeof Synced>;

/** Ours, to all DEAs: lay this over the files of instances that run, for apps that reload by themselves. One reply each. */
export const deaSync = exchange('localpaas.dea.sync', SyncRequest, Synced);

const FindRequest = v.looseObject({ ...instanceFilter, include_stats: v.nullish(v.boolean()) });
export type FindRequest = v.InferOutput<typeof FindRequest>;

export const InstanceState = v.picklist(['STARTING', 'RUNNING', 'STOPPED', 'CRASHED']);
export type InstanceState = v.InferOutput<typeof InstanceState>;

/** Memory in KB, disk in bytes, cpu in percent of one core: the units of 2012. */
const Usage = v.looseObject({ time: v.string(), cpu: v.number(), mem: v.number(), disk: v.number() });

const Stats = v.looseObject({
  name: v.string(),
  host: v.string(),
  port: v.nullish(Port),
  uris: Uris,
  /** Seconds. */
  uptime: v.number(),
  /** Bytes. */
  mem_quota: v.number(),
  /** Bytes. */
  disk_quota: v.number(),
  fds_quota: v.number(),
  cores: v.optional(v.number()),
  usage: v.nullish(Usage),
  /** Ours: the app's process, as `startup` noted it in `run.pid`. */
  pid: v.nullish(v.number()),
});
export type InstanceStats = v.InferOutput<typeof Stats>;

const Found = v.looseObject({
  dea: v.string(),
  version: v.string(),
  droplet: Id,
  instance: v.string(),
  index: Count,
  state: InstanceState,
  state_timestamp: EpochSeconds,
  file_uri: v.nullish(v.string()),
  credentials: v.nullish(v.array(v.string())),
  staged: v.nullish(v.string()),
  debug_ip: v.nullish(v.string()),
  debug_port: v.nullish(Port),
  console_ip: v.nullish(v.string()),
  console_port: v.nullish(Port),
  stats: v.nullish(Stats),
  /** Ours, as in `droplet.exited`: how one that has ended did. */
  exit_status: v.nullish(v.number()),
  exit_description: v.nullish(v.string()),
});
export type FoundInstance = v.InferOutput<typeof Found>;

/** One reply per matching instance, crashed ones included; `stats` only for running ones that were asked for. */
export const deaFindDroplet = exchange('dea.find.droplet', FindRequest, Found);

/** One reply per starting or running instance; the request's body is ignored. */
export const dropletStatus = exchange('droplet.status', Nothing, Stats);

const Heartbeat = v.looseObject({
  dea: v.string(),
  prod: v.nullish(v.boolean()),
  droplets: v.array(
    v.looseObject({
      droplet: Id,
      version: v.string(),
      instance: v.string(),
      index: Count,
      state: InstanceState,
      state_timestamp: EpochSeconds,
      cc_partition: v.nullish(v.string()),
      /** Ours: it has cron lines, which are another version's to run. */
      cron_waits: v.nullish(v.boolean()),
    }),
  ),
});
export type Heartbeat = v.InferOutput<typeof Heartbeat>;

/** Every 10 s, singly when an instance becomes RUNNING, all on `healthmanager.start`. */
export const deaHeartbeat = subject('dea.heartbeat', Heartbeat);

export const ExitReason = v.picklist(['STOPPED', 'CRASHED', 'DEA_SHUTDOWN', 'DEA_EVACUATION']);

const DropletExited = v.looseObject({
  droplet: Id,
  version: v.string(),
  instance: v.string(),
  index: Count,
  reason: ExitReason,
  cc_partition: v.nullish(v.string()),
  /** Only for crashes. */
  crash_timestamp: v.nullish(EpochSeconds),
  /** Ours, after the DEA of 2013: the exit status of the app, when it is known. */
  exit_status: v.nullish(v.number()),
  /** Ours, after the DEA of 2013: why, in words for the user. */
  exit_description: v.nullish(v.string()),
});
export type DropletExited = v.InferOutput<typeof DropletExited>;

/** An instance is gone; `router.unregister` went before it. */
export const dropletExited = subject('droplet.exited', DropletExited);
