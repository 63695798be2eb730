import * as v from 'valibot';
import { ActionableError } from '#ground/errors.ts';
import { jsonIn } from '#ground/json-in.ts';
import { type Action, isAction, programOf, type Run, read, readAction, runsIn } from './action.ts';

const text = v.optional(v.string(), '');

const Dependency = v.object({
  name: text,
  from: v.string(),
  to: v.string(),
  cache_key: text,
  checksum_algorithm: text,
  checksum_value: text,
});

/** How newer recordings name the same. */
const Layer = v.object({
  name: text,
  url: v.string(),
  destination_path: v.string(),
  digest_algorithm: text,
  digest_value: text,
});

const Definition = v.object({
  action: v.unknown(),
  setup: v.optional(v.unknown()),
  monitor: v.optional(v.unknown()),
  env: v.optional(v.array(v.object({ name: v.string(), value: text })), []),
  environment_variables: v.optional(v.array(v.object({ name: v.string(), value: text })), []),
  cached_dependencies: v.nullish(v.array(Dependency)),
  image_layers: v.nullish(v.array(Layer)),
  log_guid: text,
  process_guid: text,
  result_file: text,
  start_timeout_ms: v.optional(v.number(), 0),
});

/** A file that must be there before anything runs. */
export interface Dependency {
  readonly name: string;
  readonly from: string;
  readonly to: string;
  readonly checksum_algorithm: string;
  readonly checksum_value: string;
}

/** A recorded request to stage or to start an app. */
export interface Recording {
  /** What the app is known by; empty when the recording does not say. */
  readonly guid: string;
  readonly processGuid: string;
  readonly env: readonly { readonly name: string; readonly value: string }[];
  readonly dependencies: readonly Dependency[];
  readonly action: Action;
  /** The run action that was looked for. */
  readonly run: Run;
  readonly setup: Action | undefined;
  readonly monitor: Action | undefined;
  readonly startTimeoutMs: number;
}

/** What a request asks for, by the name of the program that its action runs. */
export type Program = 'builder' | 'launcher';

const commandFor = { builder: 'restage', launcher: 'launch' } as const;
const requestOf = { builder: 'staging', launcher: 'launch' } as const;

/**
 * Finds the last request for `program` in a log, a line of it, a definition, or an action alone.
 * @param source what to call the text in messages
 * @throws ActionableError BAD_INPUT
 */
export function findRecording(content: string, program: Program, source: string): Recording {
  const whole = jsonIn(content);
  const candidates = whole === undefined ? linesOf(content) : [whole];
  let other: Program | undefined;
  for (const candidate of candidates) {
    const found = definitionIn(candidate);
    if (found === undefined) continue;
    const action = readAction(found.definition.action);
    const run = runsIn(action).find((each) => programOf(each) === program);
    if (run !== undefined) return recordingOf(found, action, run);
    other ??= otherIn(action, program);
  }
  throw notFound(program, other, source);
}

/** The JSON objects on the lines of a log, the last one first. Something else may stand before each. */
function* linesOf(content: string): Generator<unknown> {
  for (const line of content.split('\n').reverse()) {
    if (!/"(?:actions?|taskDefinition|desiredLRP)"/.test(line)) continue;
    const value = jsonIn(line.slice(line.indexOf('{')));
    if (value !== undefined) yield value;
  }
}

interface Found {
  readonly definition: v.InferOutput<typeof Definition>;
  /** As the log calls the app. */
  readonly appId: string;
}

function definitionIn(value: unknown): Found | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  if (isAction(value)) return { definition: read(Definition, { action: value }, 'action'), appId: '' };
  const fields = value as Readonly<Record<string, unknown>>;
  const data = (
    typeof fields['data'] === 'object' && fields['data'] !== null ? fields['data'] : fields
  ) as typeof fields;
  const definition = data['taskDefinition'] ?? data['desiredLRP'] ?? fields['definition'] ?? fields;
  if (typeof definition !== 'object' || definition === null || !('action' in definition)) return undefined;
  const appId = data['app-id'];
  return { definition: read(Definition, definition, 'request'), appId: typeof appId === 'string' ? appId : '' };
}

function recordingOf({ definition, appId }: Found, action: Action, run: Run): Recording {
  const optional = (value: unknown, where: string) =>
    value === undefined || value === null ? undefined : readAction(value, where);
  const layers = (definition.image_layers ?? []).map((layer) => ({
    name: layer.name,
    from: layer.url,
    to: layer.destination_path,
    checksum_algorithm: layer.digest_algorithm,
    checksum_value: layer.digest_value,
  }));
  return {
    guid: definition.log_guid || appId,
    processGuid: definition.process_guid,
    env: [...definition.env, ...definition.environment_variables],
    dependencies: [...(definition.cached_dependencies ?? []), ...layers],
    action,
    run,
    setup: optional(definition.setup, 'setup'),
    monitor: optional(definition.monitor, 'monitor'),
    startTimeoutMs: definition.start_timeout_ms,
  };
}

function otherIn(action: Action, program: Program): Program | undefined {
  const other = program === 'builder' ? 'launcher' : 'builder';
  return runsIn(action).some((each) => programOf(each) === other) ? other : undefined;
}

function notFound(program: Program, other: Program | undefined, source: string): ActionableError {
  const message = `There is no ${requestOf[program]} request in ${source}: nothing there runs a ${program}.`;
  const remedy =
    other === undefined
      ? 'Give it a log of Diego, one line of it, or the definition as JSON.'
      : `It holds a ${requestOf[other]} request: use \`localpaas ${commandFor[other]}\`.`;
  return new ActionableError('BAD_INPUT', message, remedy);
}
