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

/** A buildpack a request names, as Diego's cloud controller wrote them (`lifecycle_data.buildpacks`, 2015 and later). */
const BuildpackChoice = v.looseObject({
  /** What people call it; `custom` for one that is only a URL. */
  name: v.string(),
  /** What the builder calls it. The content of a key never changes, but for that of a URL. */
  key: v.pipe(v.string(), v.nonEmpty()),
  /** A zip, or a git repository; absent for one that comes with the stager. */
  url: v.nullish(v.string()),
});
export type BuildpackChoice = v.InferOutput<typeof BuildpackChoice>;

/** A variable, as Diego's cloud controller wrote them. */
const Variable = v.looseObject({ name: v.string(), value: v.string() });

const Commands = v.nullish(v.array(v.string()));

/** What an app wants run around its staging and its start, by the names that Stackato had for it: commands for bash. */
export const Hooks = v.looseObject({
  /** In the directory of the app, before it is known what it is made with. */
  'pre-staging': Commands,
  /** In the directory of the app, as it goes into the droplet. */
  'post-staging': Commands,
  /** In each instance, before the app: part of the droplet's `startup`. */
  'pre-running': Commands,
  /** The same, behind it, where a framework plugin makes the droplet. */
  'legacy-running': Commands,
});
export type Hooks = v.InferOutput<typeof Hooks>;

/** How an app is staged by buildpacks. */
const BuildpackLifecycle = v.looseObject({
  /** All that are to be used, in order, when `skip_detect`; else those that are asked in turn. */
  buildpacks: v.array(BuildpackChoice),
  /** Whether the buildpacks were chosen by somebody. */
  skip_detect: v.optional(v.boolean()),
  /** What scripts of buildpacks see besides the app's own variables: VCAP_APPLICATION and others. */
  environment: v.optional(v.array(Variable)),
  /** The stack apps are staged for and run on. */
  stack: v.nullish(v.string()),
});
export type BuildpackLifecycle = v.InferOutput<typeof BuildpackLifecycle>;

const StagingRequest = v.looseObject({
  app_id: v.optional(v.unknown()),
  /** GET; a zip. `user:password@` becomes HTTP Basic. */
  download_uri: v.pipe(v.string(), v.nonEmpty()),
  /** Ours: a path of the same zip, taken when it is there on the stager's machine. It is only read. */
  download_file: v.nullish(v.string()),
  /** POST multipart, part `upload[droplet]`. */
  upload_uri: v.pipe(v.string(), v.nonEmpty()),
  properties: StagingProperties,
  /**
   * Ours: `buildpack` has the buildpacks of `lifecycle_data` make the droplet. Without it a framework plugin does; where the
   * framework is to be found (`auto`) and none can build the app, the buildpacks are asked all the same.
   */
  lifecycle: v.nullish(v.string()),
  lifecycle_data: v.nullish(BuildpackLifecycle),
  /** Ours. `environment` is what they see besides the app's own variables where `lifecycle_data` does not say it. */
  hooks: v.nullish(v.looseObject({ ...Hooks.entries, environment: v.optional(v.array(Variable)) })),
  /** Ours: staging lines are published on `localpaas.logs.<log_id>` as they come. */
  log_id: v.optional(v.string()),
});
export type StagingRequest = v.InferOutput<typeof StagingRequest>;

/** What the buildpacks made, as the builder's result.json has it (buildpack lifecycle of Diego). */
export const BuilderResult = v.looseObject({
  lifecycle_metadata: v.looseObject({
    detected_buildpack: v.string(),
    buildpacks: v.optional(
      v.array(
        v.looseObject({
          key: v.string(),
          name: v.string(),
          version: v.optional(v.string()),
          output_metadata: v.optional(v.unknown()),
        }),
      ),
    ),
  }),
  /** Start commands by type of process. */
  process_types: v.nullable(v.record(v.string(), v.string())),
  sidecars: v.optional(
    v.nullable(
      v.array(
        v.looseObject({
          name: v.string(),
          process_types: v.array(v.string()),
          command: v.string(),
          /** MB */
          memory: v.optional(v.number()),
        }),
      ),
    ),
  ),
});
export type BuilderResult = v.InferOutput<typeof BuilderResult>;

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
  /** Ours: which version of the runtime the app asks for, as the file says it that names it: `>=18`. */
  runtime_constraint: v.nullish(v.string()),
  /** Ours: absent where a framework plugin made the droplet. */
  result: v.nullish(BuilderResult),
});
export type StagingReply = v.InferOutput<typeof StagingReply>;

/** Staging requests go to one member of the queue group that has the queue's own name. */
export function stagingQueue(queue: string): Exchange<StagingRequest, StagingReply> {
  return exchange(queue, StagingRequest, StagingReply);
}

export const staging = stagingQueue('staging');
