import * as v from 'valibot';
import { mapping } from '../mapping.ts';
import type {
  AppRecord,
  BuildpackRecord,
  DropletRecord,
  PackageRecord,
  RevisionRecord,
  RouteRecord,
} from '../records.ts';

/** The records of a desired state that somebody brings: they were ours once, but anybody may have written the file since. */

/** Part of a key of the bucket, and the name of directories. */
const Guid = v.pipe(v.string(), v.regex(/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/, 'is no guid'));
const Sha256 = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));
const Sha1 = v.pipe(v.string(), v.regex(/^[0-9a-f]{40}$/));
const whole = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const line = v.pipe(v.string(), v.maxLength(255), v.regex(/^\P{Cc}*$/u, 'holds control characters'));
const host = v.pipe(v.string(), v.regex(/^([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)?$/, 'is no host name'));
const domain = v.pipe(v.string(), v.maxLength(253), v.regex(/^[a-z0-9.-]+$/, 'is no domain'));
const path = v.pipe(v.string(), v.maxLength(128), v.regex(/^(\/[^\s?#]+)?$/, 'is no path'));
const texts = mapping(v.string());

const common = { guid: Guid, createdAt: v.string(), updatedAt: v.string() };

const Process = v.looseObject({
  type: line,
  command: v.nullable(v.string()),
  instances: whole,
  memoryMb: whole,
  diskMb: whole,
  healthCheck: v.looseObject({
    type: v.picklist(['port', 'process', 'http']),
    timeoutSeconds: v.nullable(v.number()),
    endpoint: v.nullable(v.string()),
  }),
});

const sidecar = {
  name: line,
  command: v.string(),
  processTypes: v.array(line),
  memoryMb: v.nullable(whole),
};

const Sidecar = v.looseObject({ ...common, ...sidecar, origin: v.picklist(['user', 'buildpack']) });

export const App = v.looseObject({
  ...common,
  name: v.pipe(line, v.nonEmpty()),
  state: v.picklist(['STARTED', 'STOPPED']),
  isIdle: v.exactOptional(v.boolean()),
  environment: texts,
  processes: v.array(Process),
  currentDroplet: v.nullable(Guid),
  runCount: whole,
  lifecycle: v.looseObject({ type: v.string(), buildpacks: v.array(v.string()), stack: v.nullable(v.string()) }),
  labels: texts,
  annotations: texts,
  sidecars: v.exactOptional(v.array(Sidecar)),
  revision: v.exactOptional(Guid),
  version: v.exactOptional(v.string()),
}) satisfies v.GenericSchema<unknown, AppRecord>;

export const Package = v.looseObject({
  ...common,
  app: Guid,
  state: v.picklist(['AWAITING_UPLOAD', 'PROCESSING_UPLOAD', 'READY', 'FAILED']),
  error: v.nullable(v.string()),
  sha256: v.nullable(Sha256),
  sizeBytes: whole,
}) satisfies v.GenericSchema<unknown, PackageRecord>;

export const Droplet = v.looseObject({
  ...common,
  app: Guid,
  package: v.nullable(Guid),
  state: v.literal('STAGED'),
  sha256: Sha256,
  sha1: Sha1,
  sizeBytes: whole,
  framework: v.nullable(v.string()),
  runtime: v.nullable(v.string()),
  startCommand: v.nullable(v.string()),
  runtimeConstraint: v.exactOptional(v.string()),
  buildpacks: v.exactOptional(
    v.array(v.looseObject({ chosen: v.string(), name: v.string(), version: v.nullable(v.string()) })),
  ),
  processTypes: v.exactOptional(texts),
  sidecars: v.exactOptional(v.array(v.looseObject(sidecar))),
  layer: v.exactOptional(v.looseObject({ sha256: Sha256, sizeBytes: whole })),
  base: v.exactOptional(Guid),
}) satisfies v.GenericSchema<unknown, DropletRecord>;

export const Revision = v.looseObject({
  ...common,
  app: Guid,
  number: whole,
  description: v.string(),
  droplet: Guid,
  environment: texts,
  processes: v.array(Process),
  sidecars: v.exactOptional(v.array(Sidecar)),
  annotations: texts,
}) satisfies v.GenericSchema<unknown, RevisionRecord>;

export const Route = v.looseObject({
  ...common,
  host,
  domain,
  path,
  destinations: v.array(v.looseObject({ guid: Guid, app: Guid, processType: line })),
}) satisfies v.GenericSchema<unknown, RouteRecord>;

export const Buildpack = v.looseObject({
  ...common,
  name: v.pipe(line, v.nonEmpty()),
  position: whole,
  enabled: v.boolean(),
  locked: v.boolean(),
  isBuiltIn: v.boolean(),
  sha256: v.nullable(Sha256),
  sizeBytes: whole,
  filename: v.nullable(line),
  labels: texts,
  annotations: texts,
}) satisfies v.GenericSchema<unknown, BuildpackRecord>;
