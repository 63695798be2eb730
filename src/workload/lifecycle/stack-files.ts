import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import * as v from 'valibot';
import { ActionableError, messageOf } from '#ground/errors.ts';
import { assetsDirectory } from '#packaging/assets.ts';
import {
  type DetectionRules,
  detectionOrder,
  type Framework,
  type FrameworkName,
  isFrameworkName,
} from './frameworks.ts';
import { regularExpressionOf } from './patterns.ts';
import { Rules } from './request-rules.ts';

/** An entry of `runtimes.yml`, with the keys of 2012. */
const RuntimeEntry = v.looseObject({
  version: v.string('must be a text: write it in quotes, "1.9.2"'),
  description: v.nullish(v.string()),
  executable: v.string(),
  version_flag: v.nullish(v.string()),
  /** A regular expression. */
  version_output: v.nullish(v.string()),
  /** Arguments whose output must contain `true`. */
  additional_checks: v.nullish(v.string()),
  environment: v.nullish(
    v.record(
      v.pipe(v.string(), v.regex(/^[A-Za-z_]\w*$/, 'is no name of a variable')),
      v.string('must be a text: write it in quotes'),
    ),
  ),
  /** A program that no stager of ours runs. */
  npm: v.nullish(v.string()),
  debug_modes: v.nullish(v.array(v.string())),
  /** Mode → `NAME=VALUE`. */
  debug_env: v.nullish(v.record(v.string(), v.array(v.string()))),
  disabled: v.nullish(v.boolean()),
  status: v.nullish(v.looseObject({ name: v.nullish(v.string()) })),
  series: v.nullish(v.string()),
  category: v.nullish(v.string()),
});
type RuntimeEntry = v.InferOutput<typeof RuntimeEntry>;

const Manifest = v.looseObject({
  name: v.string(),
  runtimes: v.array(v.record(v.string(), v.nullable(v.looseObject({ default: v.nullish(v.boolean()) })))),
  detection: v.nullish(Rules),
  disabled: v.nullish(v.boolean()),
  /** Ours. */
  signs: v.nullish(Rules),
  /** Ours. */
  looked_for: v.nullish(v.string()),
});

/** What `stacks/` says. */
export interface StackFiles {
  /** In the order in which they are looked for. */
  readonly frameworks: readonly Framework[];
  readonly runtimes: ReadonlyMap<string, RuntimeEntry>;
}

let last: { readonly state: string; readonly files: StackFiles } | undefined;

/**
 * The manifests and runtimes of a directory like `stacks/`. An edited file counts from the next call on.
 * @throws ActionableError BAD_INPUT naming file and place
 */
export function readStackFiles(directory: string): Promise<StackFiles> {
  return readFiles(join(directory, 'manifests'), join(directory, 'runtimes.yml'));
}

/**
 * Those manifests, with the runtimes beside their folder where there are some, else with those that localpaas brings along.
 * @throws ActionableError BAD_INPUT naming file and place
 */
export async function readManifests(manifests: string): Promise<StackFiles> {
  const beside = join(dirname(resolve(manifests)), 'runtimes.yml');
  return readFiles(manifests, existsSync(beside) ? beside : join(await shippedDirectory(), 'runtimes.yml'));
}

async function readFiles(manifests: string, runtimesFile: string): Promise<StackFiles> {
  const paths = [runtimesFile, ...manifestsIn(manifests).map((name) => join(manifests, name))];
  const state = paths.map(stateOf).join('\n');
  if (last?.state === state) return last.files;

  const { parseYaml } = await import('#ground/yaml.ts');
  const read = <S extends v.GenericSchema>(schema: S, file: string) =>
    checked(schema, file, parsed(file, textOf(file), parseYaml));
  const runtimes = new Map(Object.entries(read(v.record(v.string(), RuntimeEntry), runtimesFile)));
  for (const [name, { version_output }] of runtimes) {
    if (version_output) checkPattern(version_output, runtimesFile, `${name}.version_output`);
  }
  const frameworks = paths.slice(1).flatMap((file) => {
    const manifest = read(Manifest, file);
    const name = checkManifest(file, manifest, runtimes);
    return manifest.disabled === true ? [] : [frameworkOf(name, manifest)];
  });
  const place = ({ name }: Framework) => detectionOrder.indexOf(name);
  const files = { frameworks: frameworks.sort((one, other) => place(one) - place(other)), runtimes };
  last = { state, files };
  return files;
}

let shipped: string | undefined;

/** Those that localpaas brings along. */
export async function shippedStackFiles(): Promise<StackFiles> {
  return readStackFiles(await shippedDirectory());
}

/**
 * An executable compares what it unpacked with what it carries, which is enough once, and unpacks it again when somebody
 * removed it.
 */
async function shippedDirectory(): Promise<string> {
  if (shipped === undefined || !existsSync(shipped)) shipped = await assetsDirectory('stacks', process.env);
  return shipped;
}

/** `platform.yml` lay in the same directory and is no framework. */
function manifestsIn(directory: string): string[] {
  try {
    return readdirSync(directory)
      .filter((name) => name.endsWith('.yml') && name !== 'platform.yml')
      .sort();
  } catch (cause) {
    throw unreadable(directory, cause);
  }
}

function stateOf(file: string): string {
  const stats = statSync(file, { throwIfNoEntry: false });
  return `${file} ${stats?.ino} ${stats?.size} ${stats?.mtimeMs}`;
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw unreadable(file, cause);
  }
}

function parsed(file: string, text: string, parse: (text: string) => unknown): unknown {
  try {
    return parse(text);
  } catch (cause) {
    throw wrong(file, cause instanceof ActionableError ? cause.message : messageOf(cause), cause);
  }
}

function checked<S extends v.GenericSchema>(schema: S, file: string, value: unknown): v.InferOutput<S> {
  const result = v.safeParse(schema, value);
  if (result.success) return result.output;
  const [issue] = result.issues;
  throw wrong(file, `${v.getDotPath(issue) ?? 'the whole'}: ${issue.message}.`);
}

function checkManifest(
  file: string,
  { name, runtimes, detection, signs }: v.InferOutput<typeof Manifest>,
  known: ReadonlyMap<string, unknown>,
): FrameworkName {
  if (!file.endsWith(`/${name}.yml`)) throw wrong(file, `name: '${name}' is not the name of the file.`);
  if (!isFrameworkName(name)) {
    throw wrong(file, `name: nothing stages '${name}'; there is ${detectionOrder.join(', ')}.`);
  }
  const missing = runtimes.flatMap((entry) => Object.keys(entry)).find((runtime) => !known.has(runtime));
  if (missing !== undefined) throw wrong(file, `runtimes: '${missing}' does not stand in runtimes.yml.`);
  for (const [key, rules] of Object.entries({ detection, signs })) {
    const patterns = (rules ?? []).flatMap((rule, index) =>
      Object.entries(rule).map(([glob, wanted]) => ({ wanted, place: `${key}.${index}.${glob}` })),
    );
    for (const { wanted, place } of patterns) if (typeof wanted === 'string') checkPattern(wanted, file, place);
  }
  return name;
}

function checkPattern(pattern: string, file: string, place: string): void {
  try {
    regularExpressionOf(pattern);
  } catch (cause) {
    throw wrong(file, `${place}: '${pattern}' is no regular expression.`, cause);
  }
}

function frameworkOf(name: FrameworkName, manifest: v.InferOutput<typeof Manifest>): Framework {
  const detection: DetectionRules = manifest.detection ?? [];
  const signs = manifest.signs ?? detection;
  return {
    name,
    runtimes: manifest.runtimes.flatMap((entry) =>
      Object.entries(entry).map(([runtime, facts]) => ({ name: runtime, isDefault: facts?.default === true })),
    ),
    detection,
    signs,
    lookedFor: manifest.looked_for ?? signs.flatMap((rule) => Object.keys(rule)).join(', '),
  };
}

const remedy = 'Correct the file; `stacks/` of localpaas has one that is right.';

function wrong(file: string, what: string, cause?: unknown): ActionableError {
  return new ActionableError('BAD_INPUT', `${file}: ${what}`, remedy, { cause });
}

function unreadable(path: string, cause: unknown): ActionableError {
  const next =
    'A directory of stacks holds `manifests/` and `runtimes.yml`: copy `stacks/` of localpaas and edit the copy.';
  return new ActionableError('BAD_INPUT', `${path} cannot be read: ${messageOf(cause)}.`, next, { cause });
}
