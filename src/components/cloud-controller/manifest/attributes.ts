import * as v from 'valibot';
import { HealthCheckRequest } from '../health-check.ts';
import { mapping } from '../mapping.ts';

/** A manifest's entry for an app as people write it; numbers and texts are told apart later, with better words. */

const scalar = v.union([v.string(), v.number(), v.boolean()]);
const flag = v.optional(v.boolean('must be true or false'));

/** What an app and each of its processes may say. `null` for the command takes it back. */
const processAttributes = {
  memory: v.nullish(scalar),
  'disk-quota': v.nullish(scalar),
  instances: v.nullish(v.pipe(v.number('must be a number'), v.integer('must be a whole number'))),
  command: v.optional(v.nullable(scalar)),
  'health-check-type': v.nullish(v.string()),
  'health-check-http-endpoint': v.nullish(v.string()),
  timeout: v.nullish(v.number('must be a number of seconds')),
};

export const ProcessAttributes = v.looseObject({ type: v.string(), ...processAttributes });
export type ProcessAttributes = Partial<v.InferOutput<typeof ProcessAttributes>>;

/** A process that runs beside others of the app. */
const SidecarAttributes = v.looseObject({
  name: v.pipe(v.string('must be a text'), v.nonEmpty('must not be empty')),
  'process-types': v.pipe(v.array(v.string()), v.minLength(1, 'must name a process')),
  command: v.pipe(v.string('must be a text'), v.nonEmpty('must not be empty')),
  memory: v.nullish(scalar),
});
export type SidecarAttributes = v.InferOutput<typeof SidecarAttributes>;

const names = mapping(v.nullable(v.string()));

export const AppAttributes = v.looseObject({
  name: v.pipe(v.string('must be a text'), v.nonEmpty('must not be empty')),
  ...processAttributes,
  env: v.nullish(mapping(v.unknown())),
  routes: v.nullish(
    v.array(v.looseObject({ route: v.string(), protocol: v.nullish(v.string()) }, 'must be written as `- route: …`')),
  ),
  'no-route': flag,
  'random-route': flag,
  'default-route': flag,
  processes: v.nullish(v.array(ProcessAttributes)),
  sidecars: v.nullish(v.array(SidecarAttributes)),
  buildpack: v.nullish(v.string()),
  buildpacks: v.nullish(v.array(v.string())),
  stack: v.nullish(v.string()),
  lifecycle: v.nullish(v.string()),
  metadata: v.nullish(v.looseObject({ labels: v.nullish(names), annotations: v.nullish(names) })),
});
export type AppAttributes = v.InferOutput<typeof AppAttributes>;

export const ManifestAttributes = v.looseObject({
  applications: v.pipe(v.array(v.looseObject({}), 'must be a list of apps'), v.minLength(1, 'must name an app')),
});

/** Attributes that are understood, or that rightly say nothing to the platform. */
const knownAttributes: ReadonlySet<string> = new Set([...Object.keys(AppAttributes.entries), 'path', 'type']);

const ofProcesses: ReadonlySet<string> = new Set(Object.keys(ProcessAttributes.entries));

/** What an app's entry says that changes nothing; of its processes as `processes.<key>`. */
export function ignoredAttributes(app: AppAttributes): string[] {
  const ownKeys = Object.keys(app).filter((key) => !knownAttributes.has(key));
  const keysOfProcesses = (app.processes ?? []).flatMap((process) => Object.keys(process));
  const strange = new Set(keysOfProcesses.filter((key) => !ofProcesses.has(key)));
  return [...ownKeys, ...[...strange].map((key) => `processes.${key}`)];
}

/** The types of health checks by their names in manifests; `none` is what `process` was called once. */
export function healthCheckTypeOf(name: string): HealthCheckRequest['type'] | undefined {
  if (name === 'none') return 'process';
  const parsed = v.safeParse(HealthCheckRequest, { type: name });
  return parsed.success ? parsed.output.type : undefined;
}
