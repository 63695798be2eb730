import * as v from 'valibot';
import { exchange, subject, subjectFamily } from '#ground/subject.ts';
import { Count, EpochSeconds, Id, Nothing, Seconds } from './primitives.ts';

/** Shapes: health_manager 1063399 and its `health.start`/`health.stop` subjects of 2013. */

const DropletUpdated = v.looseObject({ droplet: Id, cc_partition: v.nullish(v.string()) });
/** The desired state of an app changed: read it again, forget delayed restarts. */
export const dropletUpdated = subject('droplet.updated', DropletUpdated);

/** A health manager started: DEAs answer with a heartbeat. */
export const healthManagerStart = subject('healthmanager.start', Nothing);

const LastUpdated = v.nullish(v.union([v.number(), v.string()]));

const StartInstances = v.looseObject({
  droplet: Id,
  last_updated: LastUpdated,
  version: v.string(),
  indices: v.array(Count),
  /** How many instances of each version run now. */
  running: v.nullish(v.record(v.string(), v.number())),
  flapping: v.nullish(v.boolean()),
});
export type StartInstances = v.InferOutput<typeof StartInstances>;
/** The health manager asks the cloud controller for missing instances. */
export const healthStart = subject('health.start', StartInstances);

const StopInstances = v.looseObject({
  droplet: Id,
  last_updated: LastUpdated,
  /** Instance id → version. */
  instances: v.record(v.string(), v.string()),
  running: v.nullish(v.record(v.string(), v.number())),
  version: v.nullish(v.string()),
});
export type StopInstances = v.InferOutput<typeof StopInstances>;
/** The health manager asks the cloud controller to have extra instances stopped. */
export const healthStop = subject('health.stop', StopInstances);

/** The same requests as the health managers up to 2013 wrote them. */
const HmRequest = v.variant('op', [
  v.looseObject({
    op: v.literal('START'),
    droplet: Id,
    last_updated: LastUpdated,
    version: v.string(),
    indices: v.array(Count),
    flapping: v.nullish(v.boolean()),
  }),
  v.looseObject({
    op: v.literal('STOP'),
    droplet: Id,
    last_updated: LastUpdated,
    /** Instance ids. */
    instances: v.array(v.string()),
  }),
  /** Stop an app that nobody uses. */
  v.looseObject({ op: v.literal('SPINDOWN'), droplet: Id }),
]);
export type HmRequest = v.InferOutput<typeof HmRequest>;
/** Up to July 2012; cloud controllers shared it in the queue group `cc`. */
export const hmRequests = subject('cloudcontrollers.hm.requests', HmRequest);
/** From then on, by the partition of the cloud controllers, `default` mostly. */
export const hmRequestsOfPartition = subjectFamily('cloudcontrollers.hm.requests.*', HmRequest);

const StatusRequest = v.looseObject({
  droplet: Id,
  version: v.nullish(v.string()),
  state: v.picklist(['FLAPPING', 'CRASHED']),
});
const since = EpochSeconds;
const StatusReply = v.looseObject({
  /** For FLAPPING. */
  indices: v.optional(v.array(v.looseObject({ index: Count, since }))),
  /** For CRASHED. The health manager of 2013 was seen to send null for the instance. */
  instances: v.optional(v.array(v.looseObject({ instance: v.nullable(v.string()), since }))),
});
export const healthManagerStatus = exchange('healthmanager.status', StatusRequest, StatusReply);

const HealthRequest = v.looseObject({
  droplets: v.array(v.looseObject({ droplet: Id, version: v.nullish(v.string()) })),
});
const HealthReply = v.looseObject({ droplet: Id, version: v.nullish(v.string()), healthy: Count });
/** One reply per droplet asked for: how many of its instances are RUNNING. */
export const healthManagerHealth = exchange('healthmanager.health', HealthRequest, HealthReply);

const DropletReport = v.looseObject({
  id: Id,
  /** How many should run. */
  num_instances: Count,
  /** By version and index. What stands there for an instance is text for people in the original. */
  versions: v.record(v.string(), v.looseObject({ instances: v.record(v.string(), v.unknown()) })),
  /** By instance id. */
  crashes: v.record(v.string(), v.unknown()),
  /** By instance id. */
  extra_instances: v.record(v.string(), v.unknown()),
  state: v.nullish(v.string()),
  live_version: v.nullish(v.string()),
  package_state: v.nullish(v.string()),
  last_updated: LastUpdated,
});
export type DropletReport = v.InferOutput<typeof DropletReport>;
/** For people: all that the health manager knows of some apps, one reply for each that it knows. */
export const healthManagerDroplet = exchange('healthmanager.droplet', HealthRequest, DropletReport);

const BulkCredentials = v.looseObject({
  user: v.string(),
  password: v.string(),
  /** Ours: where the bulk API is. The original health manager reads it from its configuration. */
  url: v.optional(v.string()),
});
/** Who may read the desired state in bulk (`GET /bulk/apps`). */
export const bulkCredentials = exchange('cloudcontroller.bulk.credentials.default', Nothing, BulkCredentials);

/** The same question to the cloud controllers of another partition. @throws TypeError when that is no token */
export function bulkCredentialsOf(partition: string): typeof bulkCredentials {
  return { ...bulkCredentials, name: bulkSubjects.at(partition).name };
}
const bulkSubjects = subjectFamily('cloudcontroller.bulk.credentials.*', Nothing);

/** One app of `GET /bulk/apps`. */
export const BulkApp = v.looseObject({
  id: Id,
  name: v.optional(v.string()),
  instances: Count,
  state: v.picklist(['STARTED', 'STOPPED']),
  memory: v.optional(v.number()),
  package_state: v.string(),
  updated_at: v.union([v.string(), v.number()]),
  version: v.nullable(v.string()),
  /** Ours: under which names the app is reached. Nobody can ask for one without any. */
  uris: v.optional(v.array(v.string())),
  /** Ours: after how long without a request it may be stopped, null for never; absent, that is the health manager's matter. */
  idle_stop_seconds: v.optional(v.nullable(Seconds)),
});
export type BulkApp = v.InferOutput<typeof BulkApp>;

/** A page of `GET /bulk/apps?batch_size=N&bulk_token=JSON`; no results end the walk. */
export const BulkPage = v.looseObject({
  results: v.record(v.string(), BulkApp),
  bulk_token: v.looseObject({ id: v.union([v.string(), v.number()]) }),
});
