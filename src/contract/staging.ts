import * as v from 'valibot';
import { type Exchange, exchange } from '#ground/subject.ts';
import { RuntimeInfo } from './runtimes.ts';

/** Shapes: stager 206b107 (2012-11), the version the "DIY PaaS" article runs. */

/** The original's schema asks for integers, of whatever sign. */
const Amount = v.pipe(v.number(), v.integer());

export const StagingProperties = v.looseObject({
  services: v.array(v.looseObject({})),
  framework_info: v.looseObject({
    /**
     * Selects the framework plugin. Ours: `auto` has the stager detect it.
     */
    name: v.optional(v.string()),
    /** Of the framework's manifest; no stager reads them. */
    detection: v.optional(v.unknown()),
    runtimes: v.optional(v.unknown()),
  }),
  runtime_info: RuntimeInfo,
  /** MB, MB, count; all three are required. */
  resources: v.looseObject({ memory: Amount, disk: Amount, fds: Amount }),
  /** `NAME=value` each. */
  environment: v.optional(v.nullable(v.array(v.string()))),
  /** `command` is the start command of a standalone app. */
  meta: v.optional(v.nullable(v.looseObject({ command: v.optional(v.nullable(v.string())) }))),
});
export type StagingProperties = v.InferOutput<typeof StagingProperties>;

const StagingRequest = v.looseObject({
  app_id: v.optional(v.unknown()),
  /** GET; a zip. `user:password@` becomes HTTP Basic. */
  download_uri: v.pipe(v.string(), v.nonEmpty()),
  /** POST multipart, part `upload[droplet]`. */
  upload_uri: v.pipe(v.string(), v.nonEmpty()),
  properties: StagingProperties,
  /** Ours: staging lines are published on `localpaas.logs.<log_id>` as they come. */
  log_id: v.optional(v.string()),
});
export type StagingRequest = v.InferOutput<typeof StagingRequest>;

const StagingReply = v.looseObject({
  /** 32 hex digits. */
  task_id: v.string(),
  /** Lines, each ended by `\n`. */
  task_log: v.string(),
  /** Only on failure. Clients test it for null, not for presence. */
  error: v.nullish(v.string()),
  /** Ours: what was found, for the record of the droplet. */
  framework: v.nullish(v.string()),
  runtime: v.nullish(v.string()),
  /** Ours: the command `startup` runs, for people to read. */
  start_command: v.nullish(v.string()),
});
export type StagingReply = v.InferOutput<typeof StagingReply>;

/** Staging requests go to one member of the queue group that has the queue's own name. */
export function stagingQueue(queue: string): Exchange<StagingRequest, StagingReply> {
  return exchange(queue, StagingRequest, StagingReply);
}

export const staging = stagingQueue('staging');
