import * as v from 'valibot';

/**
 * The resources of the v3 API, as far as both sides use them: the cloud controller makes them, the command line
 * reads them. Loose, because either side may be newer. Which field a real `cf` needs is told by its recordings.
 */

const links = v.optional(v.record(v.string(), v.unknown()));
const stamped = { guid: v.string(), created_at: v.string(), updated_at: v.string(), links };
const toOne = v.looseObject({ data: v.nullable(v.looseObject({ guid: v.string() })) });

/** A page of resources; `next` is followed as it stands. */
export function pageOf<T>(resource: v.GenericSchema<unknown, T>) {
  return v.looseObject({
    pagination: v.looseObject({
      total_results: v.number(),
      next: v.nullable(v.looseObject({ href: v.string() })),
    }),
    resources: v.array(resource),
  });
}

export const App = v.looseObject({
  ...stamped,
  name: v.string(),
  state: v.picklist(['STARTED', 'STOPPED']),
  /** Ours: it is started, but stopped as long as nobody asks for it. */
  idle: v.optional(v.boolean()),
  lifecycle: v.looseObject({ type: v.string(), data: v.looseObject({}) }),
  relationships: v.looseObject({ space: toOne }),
  metadata: v.optional(v.looseObject({ annotations: v.record(v.string(), v.string()) })),
});
export type App = v.InferOutput<typeof App>;

export const Process = v.looseObject({
  ...stamped,
  type: v.string(),
  command: v.nullish(v.string()),
  instances: v.number(),
  memory_in_mb: v.number(),
  disk_in_mb: v.number(),
  health_check: v.looseObject({
    type: v.string(),
    data: v.looseObject({ timeout: v.nullish(v.number()), endpoint: v.nullish(v.string()) }),
  }),
  relationships: v.looseObject({ app: toOne }),
});
export type Process = v.InferOutput<typeof Process>;

export const ProcessStats = v.looseObject({
  type: v.string(),
  index: v.number(),
  state: v.picklist(['RUNNING', 'STARTING', 'CRASHED', 'DOWN']),
  /** Seconds. */
  uptime: v.nullish(v.number()),
  /** Bytes. */
  mem_quota: v.nullish(v.number()),
  /** Bytes. */
  disk_quota: v.nullish(v.number()),
  /** Why it is not running, for people. */
  details: v.nullish(v.string()),
  host: v.nullish(v.string()),
  instance_ports: v.nullish(v.array(v.looseObject({ internal: v.number(), external: v.nullish(v.number()) }))),
  usage: v.looseObject({
    time: v.optional(v.string()),
    /** A fraction: 1 is one core. */
    cpu: v.optional(v.number()),
    /** Bytes. */
    mem: v.optional(v.number()),
    /** Bytes. */
    disk: v.optional(v.number()),
  }),
  /** Ours: pid of the app's process on the machine of its DEA. */
  pid: v.nullish(v.number()),
});
export type ProcessStats = v.InferOutput<typeof ProcessStats>;
/** `GET /v3/processes/:guid/stats` is a list without pages. */
export const ProcessStatsList = v.looseObject({ resources: v.array(ProcessStats) });

export const Package = v.looseObject({
  ...stamped,
  type: v.string(),
  state: v.picklist(['AWAITING_UPLOAD', 'PROCESSING_UPLOAD', 'READY', 'FAILED', 'COPYING', 'EXPIRED']),
  data: v.looseObject({ error: v.nullish(v.string()) }),
});
export type Package = v.InferOutput<typeof Package>;

export const Buildpack = v.looseObject({
  ...stamped,
  name: v.string(),
  state: v.picklist(['AWAITING_UPLOAD', 'READY']),
  filename: v.nullable(v.string()),
  stack: v.nullable(v.string()),
  position: v.number(),
  enabled: v.boolean(),
  locked: v.boolean(),
  lifecycle: v.optional(v.string()),
  metadata: v.optional(
    v.looseObject({ labels: v.record(v.string(), v.string()), annotations: v.record(v.string(), v.string()) }),
  ),
});
export type Buildpack = v.InferOutput<typeof Buildpack>;

export const Build = v.looseObject({
  ...stamped,
  state: v.picklist(['STAGING', 'STAGED', 'FAILED']),
  error: v.nullable(v.string()),
  package: v.looseObject({ guid: v.string() }),
  droplet: v.nullable(v.looseObject({ guid: v.string() })),
});
export type Build = v.InferOutput<typeof Build>;

export const Droplet = v.looseObject({
  ...stamped,
  state: v.string(),
  process_types: v.record(v.string(), v.string()),
  stack: v.nullable(v.string()),
  buildpacks: v.array(v.looseObject({ name: v.nullable(v.string()), detect_output: v.nullable(v.string()) })),
  checksum: v.nullable(v.looseObject({ type: v.string(), value: v.string() })),
});
export type Droplet = v.InferOutput<typeof Droplet>;

/** A command that is run once with the droplet of an app. */
export const Task = v.looseObject({
  ...stamped,
  /** Counts the tasks of an app. */
  sequence_id: v.number(),
  name: v.string(),
  command: v.nullish(v.string()),
  state: v.picklist(['PENDING', 'RUNNING', 'SUCCEEDED', 'CANCELING', 'FAILED']),
  memory_in_mb: v.number(),
  disk_in_mb: v.number(),
  result: v.looseObject({
    failure_reason: v.nullish(v.string()),
    /** Ours: as a shell tells it. */
    exit_status: v.nullish(v.number()),
  }),
});
export type Task = v.InferOutput<typeof Task>;

/** A version of an app that takes over from the one that runs. */
export const Deployment = v.looseObject({
  ...stamped,
  status: v.looseObject({
    value: v.picklist(['ACTIVE', 'FINALIZED']),
    reason: v.picklist(['DEPLOYING', 'PAUSED', 'DEPLOYED', 'CANCELING', 'CANCELED', 'SUPERSEDED', 'DEGENERATE']),
    details: v.looseObject({
      /** Why it was given up, for people. */
      error: v.optional(v.string()),
      /** Ours: from PROVING on it serves. */
      phase: v.optional(v.picklist(['STARTING', 'ROUTING', 'PROVING', 'OVER'])),
    }),
  }),
  droplet: v.looseObject({ guid: v.nullable(v.string()) }),
  revision: v.optional(v.looseObject({ guid: v.string(), version: v.number() })),
});
export type Deployment = v.InferOutput<typeof Deployment>;

/** What an app was when it was started. */
export const Revision = v.looseObject({
  ...stamped,
  /** Counts the revisions of an app. */
  version: v.number(),
  droplet: v.looseObject({ guid: v.string() }),
  description: v.string(),
  /** Whether its droplet is still there. */
  deployable: v.boolean(),
});
export type Revision = v.InferOutput<typeof Revision>;

export const Sidecar = v.looseObject({
  ...stamped,
  name: v.string(),
  command: v.string(),
  process_types: v.array(v.string()),
  memory_in_mb: v.nullable(v.number()),
  origin: v.picklist(['user', 'buildpack']),
});
export type Sidecar = v.InferOutput<typeof Sidecar>;

const Destination = v.looseObject({
  guid: v.string(),
  app: v.looseObject({ guid: v.string(), process: v.looseObject({ type: v.string() }) }),
});

export const Route = v.looseObject({
  ...stamped,
  host: v.string(),
  path: v.string(),
  /** Host, domain and path, without scheme and port. */
  url: v.string(),
  protocol: v.string(),
  destinations: v.array(Destination),
  relationships: v.looseObject({ space: toOne, domain: toOne }),
});
export type Route = v.InferOutput<typeof Route>;

export const Domain = v.looseObject({ ...stamped, name: v.string(), internal: v.boolean() });
export type Domain = v.InferOutput<typeof Domain>;

export const Space = v.looseObject({ ...stamped, name: v.string() });
export type Space = v.InferOutput<typeof Space>;

export const AuditEvent = v.looseObject({
  ...stamped,
  /** `audit.app.create`, `app.crash`, … */
  type: v.string(),
  actor: v.looseObject({ guid: v.string(), type: v.string(), name: v.string() }),
  target: v.looseObject({ guid: v.string(), type: v.string(), name: v.string() }),
  data: v.record(v.string(), v.unknown()),
});
export type AuditEvent = v.InferOutput<typeof AuditEvent>;

export const Job = v.looseObject({
  guid: v.string(),
  state: v.picklist(['PROCESSING', 'POLLING', 'COMPLETE', 'FAILED']),
  errors: v.array(v.looseObject({ code: v.number(), title: v.string(), detail: v.string() })),
});

/** `POST /v3/resource_matches`, both ways. At most 5,000 entries. */
export const Resource = v.looseObject({
  checksum: v.looseObject({ value: v.pipe(v.string(), v.regex(/^[0-9a-f]{40}$/, 'must be a SHA-1 in hex')) }),
  size_in_bytes: v.pipe(v.number(), v.integer(), v.minValue(0)),
  /** Relative, with `/`. Absent in a mere question. */
  path: v.optional(v.string()),
  /** Octal digits, e.g. `644`. */
  mode: v.optional(v.string()),
});
export type Resource = v.InferOutput<typeof Resource>;
export const ResourceList = v.looseObject({ resources: v.array(Resource) });

/** `GET /v3/apps/:guid/env` */
export const AppEnvironment = v.looseObject({
  environment_variables: v.record(v.string(), v.string()),
  staging_env_json: v.record(v.string(), v.unknown()),
  running_env_json: v.record(v.string(), v.unknown()),
  system_env_json: v.record(v.string(), v.unknown()),
  application_env_json: v.record(v.string(), v.unknown()),
});

/** UAA's answer to a login. */
export const TokenReply = v.looseObject({
  access_token: v.string(),
  refresh_token: v.string(),
  token_type: v.string(),
  /** Seconds. */
  expires_in: v.optional(v.number()),
});

/** `GET /api/v1/read/:source_id` of log-cache. */
export const LogEnvelope = v.looseObject({
  /** Nanoseconds since 1970. */
  timestamp: v.union([v.string(), v.number()]),
  source_id: v.string(),
  instance_id: v.string(),
  tags: v.looseObject({ source_type: v.string() }),
  log: v.looseObject({ payload: v.string(), type: v.picklist(['OUT', 'ERR']) }),
});
export type LogEnvelope = v.InferOutput<typeof LogEnvelope>;
export const LogRead = v.looseObject({ envelopes: v.looseObject({ batch: v.array(LogEnvelope) }) });

/** Seconds-precise RFC 3339, as the API writes all its times. */
export function apiTime(at: Date): string {
  return at.toISOString().replace(/\.\d+Z$/, 'Z');
}
