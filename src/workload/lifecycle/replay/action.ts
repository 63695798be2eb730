import * as v from 'valibot';
import { ActionableError } from '#ground/errors.ts';
import { reasonOf } from '#ground/reason-of.ts';

const text = v.optional(v.string(), '');

const Variables = v.optional(v.array(v.object({ name: v.string(), value: text })), []);

const Checksum = { checksum_algorithm: text, checksum_value: text };

const Download = v.object({ artifact: text, from: v.string(), to: v.string(), ...Checksum });
const Upload = v.object({ artifact: text, from: v.string(), to: v.string() });
const Run = v.object({
  path: v.string(),
  args: v.optional(v.array(v.string()), []),
  dir: text,
  env: Variables,
  resource_limits: v.optional(v.object({ nofile: v.optional(v.number()) }), {}),
});
export type Download = v.InferOutput<typeof Download>;
export type Upload = v.InferOutput<typeof Upload>;
export type Run = v.InferOutput<typeof Run>;

/** One action of Diego. In JSON each is an object with one member, named by its kind. */
export type Action =
  | { readonly kind: 'download'; readonly download: Download }
  | { readonly kind: 'upload'; readonly upload: Upload }
  | { readonly kind: 'run'; readonly run: Run }
  | { readonly kind: 'timeout'; readonly action: Action; readonly limitMs: number }
  | { readonly kind: 'emit_progress'; readonly action: Action; readonly start: string; readonly failure: string }
  | { readonly kind: 'try'; readonly action: Action }
  | { readonly kind: 'parallel' | 'serial' | 'codependent'; readonly actions: readonly Action[] };

const kinds = [
  'download',
  'upload',
  'run',
  'timeout',
  'emit_progress',
  'try',
  'parallel',
  'serial',
  'codependent',
] as const;

const Group = v.object({ actions: v.optional(v.array(v.unknown()), []) });
const Timeout = v.object({
  action: v.unknown(),
  timeout_ms: v.optional(v.number()),
  /** Of older recordings, in ns. */
  timeout: v.optional(v.number()),
});
const Progress = v.object({ action: v.unknown(), start_message: text, failure_message_prefix: text });

/** No recorder nests as deep as this. */
const maxDepth = 64;

/** Whether a value looks like an action: then `readAction` says what is wrong with it, if something is. */
export function isAction(value: unknown): boolean {
  return typeof value === 'object' && value !== null && kinds.some((kind) => kind in value);
}

/**
 * @param where the way to it, for messages
 * @throws ActionableError BAD_INPUT
 */
export function readAction(value: unknown, where = 'action', depth = 0): Action {
  if (depth > maxDepth) throw broken(where, `it is nested deeper than ${maxDepth}`);
  const members = Object.entries(typeof value === 'object' && value !== null ? value : {});
  const [[kind, body] = []] = members.filter(([name, member]) => isKind(name) && member !== null);
  if (kind === undefined || !isKind(kind)) throw broken(where, `it is none of ${kinds.join(', ')}`);
  const path = `${where}.${kind}`;
  const inner = (action: unknown) => readAction(action, `${path}.action`, depth + 1);
  switch (kind) {
    case 'download':
      return { kind, download: read(Download, body, path) };
    case 'upload':
      return { kind, upload: read(Upload, body, path) };
    case 'run':
      return { kind, run: read(Run, body, path) };
    case 'timeout': {
      const { action, timeout_ms, timeout = 0 } = read(Timeout, body, path);
      return { kind, action: inner(action), limitMs: timeout_ms ?? timeout / 1e6 };
    }
    case 'emit_progress': {
      const { action, start_message, failure_message_prefix } = read(Progress, body, path);
      return { kind, action: inner(action), start: start_message, failure: failure_message_prefix };
    }
    case 'try':
      return { kind, action: inner(read(v.object({ action: v.unknown() }), body, path).action) };
    default: {
      const { actions } = read(Group, body, path);
      return { kind, actions: actions.map((each, at) => readAction(each, `${path}.actions[${at}]`, depth + 1)) };
    }
  }
}

function isKind(name: string): name is Action['kind'] {
  return (kinds as readonly string[]).includes(name);
}

/** @throws ActionableError BAD_INPUT */
export function read<T>(schema: v.GenericSchema<unknown, T>, value: unknown, where: string): T {
  const parsed = v.safeParse(schema, value);
  if (!parsed.success) throw broken(where, reasonOf(parsed.issues));
  return parsed.output;
}

/** All run actions below an action, in their order. */
export function runsIn(action: Action): readonly Run[] {
  if (action.kind === 'run') return [action.run];
  if ('actions' in action) return action.actions.flatMap(runsIn);
  return 'action' in action ? runsIn(action.action) : [];
}

/** The last part of a program's path. */
export function programOf({ path }: Run): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

function broken(where: string, reason: string): ActionableError {
  return new ActionableError(
    'BAD_INPUT',
    `The recorded ${where} cannot be understood: ${reason}.`,
    'Take the whole line from the log again.',
  );
}
