import { readFileSync } from 'node:fs';
import * as v from 'valibot';
import { ActionableError, systemCodeOf } from '#ground/errors.ts';
import { reasonOf } from '#ground/reason-of.ts';

/** A list is a record to the library, with numbers as keys. */
const Variables = v.pipe(
  v.unknown(),
  v.check((env) => !Array.isArray(env), 'must be written as `KEY: value`'),
  v.record(v.string(), v.unknown()),
);

/** An app as a manifest describes it. What is not known here goes to the platform as it stands. */
const Attributes = v.looseObject({
  name: v.optional(v.pipe(v.string(), v.nonEmpty())),
  path: v.optional(v.pipe(v.string(), v.nonEmpty())),
  env: v.nullish(Variables),
  processes: v.optional(v.array(v.looseObject({ type: v.string() }))),
});
export type Attributes = v.InferOutput<typeof Attributes>;

const Manifest = v.looseObject({ applications: v.pipe(v.array(Attributes), v.minLength(1)) });

/** Apps of a manifest file. @throws ActionableError BAD_INPUT */
export async function readManifest(file: string): Promise<readonly Attributes[]> {
  // Loaded only for those who have a manifest.
  const { parseYaml } = await import('#ground/yaml.ts');
  const checked = v.safeParse(Manifest, parse(file, textOf(file), parseYaml));
  if (checked.success) return checked.output.applications;
  throw new ActionableError(
    'BAD_INPUT',
    `${file} is not a manifest: ${reasonOf(checked.issues)}.`,
    'It lists apps under `applications:`, each with a `name:`. Correct it, or push with `--manifest none`.',
  );
}

/**
 * The app that is meant: the one called `name`, or the first. The only app of a manifest may be given another name.
 * @throws ActionableError BAD_INPUT
 */
export function chooseApp(apps: readonly Attributes[], name: string | undefined, file: string): Attributes {
  const named = apps.find((app) => app.name === name);
  const [first] = apps;
  if (named !== undefined || first === undefined) return named ?? {};
  if (name === undefined) return first;
  if (apps.length === 1) return { ...first, name };
  const names = apps.flatMap((app) => (app.name === undefined ? [] : [`'${app.name}'`]));
  throw new ActionableError(
    'BAD_INPUT',
    `${file} has no app named '${name}'.`,
    `It has ${names.join(', ')}; or push with \`--manifest none\`.`,
  );
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    const code = systemCodeOf(cause);
    if (code === undefined) throw cause;
    const why = code === 'ENOENT' ? `There is no manifest ${file}.` : `${file} cannot be read: ${code}.`;
    throw new ActionableError('BAD_INPUT', why, 'Name a manifest that can be read, or `--manifest none`.', { cause });
  }
}

function parse(file: string, text: string, parseYaml: (text: string) => unknown): unknown {
  try {
    return parseYaml(text);
  } catch (cause) {
    if (!(cause instanceof ActionableError)) throw cause;
    throw new ActionableError('BAD_INPUT', `${file}: ${cause.message}`, 'Correct it, or push with `--manifest none`.', {
      cause,
    });
  }
}
