import * as v from 'valibot';
import { appAnnotations } from '#contract/annotations.ts';
import { ApiError } from '#contract/api/errors.ts';
import { Hooks } from '#contract/staging.ts';
import { secondsOf } from '#ground/durations.ts';
import { ActionableError } from '#ground/errors.ts';
import { reasonOf } from '#ground/reason-of.ts';
import { cronJobsOf } from '#workload/cron/crontab.ts';
import { annotationNames } from '#workload/manifest/travellers.ts';
import { merged } from './changes/app.ts';
import { mapping } from './mapping.ts';
import type { AppRecord } from './records.ts';

/** Annotations of an app by which we act. Those that come from a stackato.yml are JSON texts each. */

const never = 'never';

type Annotated = Pick<AppRecord, 'annotations'>;

const EnvironmentScopes = mapping(v.picklist(['staging', 'runtime'], 'must be staging or runtime'));

const isMapping = (input: unknown) => typeof input === 'object' && input !== null && !Array.isArray(input);
const Mapping = v.custom<object>(isMapping, 'must be a mapping');
const HooksMapping = v.pipe(Mapping, Hooks);
const FrameworkSettings = v.pipe(Mapping, v.looseObject({ runtime: v.nullish(v.string()) }));
const Crontab = v.array(v.string('must be a text'), 'must be a list of lines');

const schemas = [
  [annotationNames.hooks, HooksMapping],
  [annotationNames.cron, Crontab],
  [annotationNames.environmentScopes, EnvironmentScopes],
  [annotationNames.framework, FrameworkSettings],
] as const;

/** Annotations after a change; `null` takes one away. @throws ApiError 422 for one of ours that cannot be understood */
export function changedAnnotations(
  before: AppRecord['annotations'],
  changes: Readonly<Record<string, string | null>> | null = {},
): Record<string, string> {
  for (const [name, schema] of schemas) {
    const text = changes?.[name];
    if (typeof text === 'string') check(name, text, schema);
  }
  checkCron(changes?.[annotationNames.cron]);
  checkIdleStop(changes?.[appAnnotations.idleStop]);
  return merged(before, changes ?? {});
}

/** What is to be run around staging and start. */
export function hooksOf(app: Annotated): Hooks {
  return readAnnotation(app, annotationNames.hooks, HooksMapping) ?? {};
}

/** Lines that were understood when they came. */
export function cronOf(app: Annotated): readonly string[] {
  return readAnnotation(app, annotationNames.cron, Crontab) ?? [];
}

/** The runtime that a stackato.yml names. */
export function runtimeInSettings(app: Annotated): string | undefined {
  return readAnnotation(app, annotationNames.framework, FrameworkSettings)?.runtime ?? undefined;
}

/** After how many seconds without a request it may be stopped, as far as it says so itself. */
export function idleStopOf({ annotations }: Annotated): number | 'never' | undefined {
  const text = annotations[appAnnotations.idleStop] ?? '';
  return text === never ? never : secondsOf(text);
}

/** `NAME=value` of an app's variables that are for this. */
export function variablesFor(phase: 'staging' | 'runtime', app: Annotated & Pick<AppRecord, 'environment'>): string[] {
  const scopes = new Map(
    Object.entries(readAnnotation(app, annotationNames.environmentScopes, EnvironmentScopes) ?? {}),
  );
  return Object.entries(app.environment)
    .filter(([name]) => (scopes.get(name) ?? phase) === phase)
    .map(([name, value]) => `${name}=${value}`);
}

/** Undefined for what cannot be understood: it was there before anybody looked. */
function readAnnotation<T>(
  { annotations }: Annotated,
  name: string,
  schema: v.GenericSchema<unknown, T>,
): T | undefined {
  const text = annotations[name];
  if (text === undefined) return undefined;
  const parsed = v.safeParse(schema, jsonIn(text));
  return parsed.success ? parsed.output : undefined;
}

function check(name: string, text: string, schema: v.GenericSchema): void {
  const value = jsonIn(text);
  if (value === undefined) throw refused(name, 'it is not JSON');
  const parsed = v.safeParse(schema, value);
  if (!parsed.success) throw refused(name, reasonOf(parsed.issues));
}

function checkCron(text: string | null | undefined): void {
  if (typeof text !== 'string') return;
  try {
    cronJobsOf(cronOf({ annotations: { [annotationNames.cron]: text } }));
  } catch (error) {
    if (!(error instanceof ActionableError)) throw error;
    throw new ApiError('CF-UnprocessableEntity', `${error.message} ${error.remedy}`, { cause: error });
  }
}

function checkIdleStop(text: string | null | undefined): void {
  if (typeof text !== 'string' || text === never || secondsOf(text) !== undefined) return;
  throw refused(appAnnotations.idleStop, "it must be a time such as 90s, 10m or 1h30m, or 'never'");
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function refused(name: string, reason: string): ApiError {
  return new ApiError(
    'CF-UnprocessableEntity',
    `The annotation ${name} cannot be understood: ${reason}. Correct it, or take it away.`,
  );
}
