import { randomBytes, randomUUID } from 'node:crypto';
import * as v from 'valibot';
import type { StartRequest } from '#contract/dea.ts';
import { CronTurn, turnAtStart } from './cron-turn.ts';
import { LifeSchema } from './instance.ts';
import type { DeaOptions } from './options.ts';
import { sidecarNamesOf } from './sidecars.ts';

const HealthCheck = v.object({
  type: v.picklist(['port', 'process', 'http']),
  limitMs: v.number(),
  endpoint: v.string(),
});
export type HealthCheck = v.InferOutput<typeof HealthCheck>;

/** All facts about an instance that outlive this process: an entry of the snapshot. */
export const InstanceRecord = v.object({
  id: v.string(),
  /** For the router's sticky sessions; not known to the app's visitors otherwise. */
  privateId: v.string(),
  /** `droplet` on the wire. */
  app: v.string(),
  /** The app it belongs to, where `app` is one of several processes. */
  application: v.optional(v.nullable(v.string()), null),
  processType: v.optional(v.string(), 'web'),
  /** The name of a task, which ends by itself; `null` for what is to run on. */
  task: v.optional(v.nullable(v.string()), null),
  /** Names of what runs beside it; their order is that of their log files. */
  sidecars: v.optional(v.array(v.string()), []),
  /** `null` without cron lines. */
  cronTurn: v.optional(v.nullable(CronTurn), null),
  index: v.number(),
  name: v.string(),
  version: v.string(),
  uris: v.array(v.string()),
  users: v.array(v.string()),
  partition: v.nullable(v.string()),
  runtime: v.string(),
  framework: v.string(),
  memoryMb: v.number(),
  diskMb: v.number(),
  fds: v.number(),
  healthCheck: HealthCheck,
  /** The files of a crash are of no use: it crashes all the time. */
  isFlapping: v.boolean(),
  /** Name of its directory. */
  directory: v.string(),
  /** `null` for an instance without routes. */
  port: v.nullable(v.number()),
  /** The name of a debug mode, or that there is one; `null` for none. */
  debugMode: v.optional(v.nullable(v.union([v.string(), v.literal(true)])), null),
  debugPort: v.optional(v.nullable(v.number()), null),
  hasConsole: v.optional(v.boolean(), false),
  consolePort: v.optional(v.nullable(v.number()), null),
  startedAtMs: v.number(),
  life: LifeSchema,
  /** The leader of its session; `null` before it was launched. */
  process: v.nullable(v.object({ pid: v.number(), startedAt: v.string() })),
});
export type InstanceRecord = v.InferOutput<typeof InstanceRecord>;

/** The id under which people know what an instance belongs to. */
export function applicationIdOf({ app, application }: Pick<InstanceRecord, 'app' | 'application'>): string {
  return application ?? app;
}

function ownerOf({ application_id, process_type, task }: StartRequest) {
  return { application: application_id ?? null, processType: process_type ?? 'web', task: task ?? null };
}

/** The record of an instance that is to be started. It has no port yet. */
export function recordOf(request: StartRequest, options: DeaOptions, nowMs: number): InstanceRecord {
  const id = randomUUID().replaceAll('-', '');
  return {
    id,
    privateId: randomBytes(32).toString('hex'),
    app: request.droplet,
    ...ownerOf(request),
    sidecars: sidecarNamesOf(request),
    cronTurn: turnAtStart(request),
    index: request.index,
    name: request.name,
    version: request.version,
    uris: [...(request.uris ?? [])],
    users: [...(request.users ?? [])],
    partition: request.cc_partition ?? null,
    runtime: request.runtime_info.name ?? '',
    framework: request.framework ?? '',
    memoryMb: request.limits?.mem ?? options.defaultMemoryMb,
    diskMb: request.limits?.disk ?? options.defaultDiskMb,
    fds: request.limits?.fds ?? options.defaultFds,
    healthCheck: healthCheckOf(request, options),
    isFlapping: request.flapping ?? false,
    directory: `${safeName(request.name)}-${request.index}-${id}`,
    port: null,
    debugMode: request.debug || null,
    debugPort: null,
    hasConsole: request.console ?? false,
    consolePort: null,
    startedAtMs: nowMs,
    life: { phase: 'PREPARING', sinceMs: nowMs },
    process: null,
  };
}

/** An instance that nobody reaches needs no port, unless its health check asks for one. */
export function needsPort({ uris, healthCheck }: InstanceRecord): boolean {
  return uris.length > 0 || healthCheck.type !== 'process';
}

/** All ports that are its own. */
export function portsOf({ port, debugPort, consolePort }: InstanceRecord): number[] {
  return [port, debugPort, consolePort].filter((each) => each !== null);
}

function healthCheckOf({ uris, health_check: asked }: StartRequest, options: DeaOptions): HealthCheck {
  const usual = (uris ?? []).length > 0 ? 'port' : 'process';
  const seconds = asked?.timeout;
  return {
    type: asked?.type ?? usual,
    limitMs: seconds === null || seconds === undefined ? options.readyLimitMs : seconds * 1000,
    endpoint: asked?.endpoint ?? '/',
  };
}

/** A file name of whatever an app is called. */
function safeName(name: string): string {
  const safe = name.replaceAll(/[^\w.-]/g, '_').replace(/^\.+/, '_');
  return safe.slice(0, 64) || '_';
}

/** The instance an instance directory belongs to, or `undefined` when that is no name of ours. */
export function instanceIdOf(directory: string): string | undefined {
  return /-\d+-([0-9a-f]{32})$/.exec(directory)?.[1];
}
