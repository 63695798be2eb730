import { readFileSync } from 'node:fs';
import * as v from 'valibot';
import { ActionableError, messageOf } from '#ground/errors.ts';

/** The file that `PLATFORM_CONFIG` names. Keys of the original that have no use here are ignored. */
const PlatformConfig = v.nullable(v.looseObject({ cache: v.nullish(v.pipe(v.string(), v.nonEmpty())) }));

export interface PlatformConfig {
  /** A directory of parts that go into apps. */
  readonly cache: string | undefined;
}

/** @throws ActionableError BAD_INPUT naming the file */
export async function platformConfigOf(env: Readonly<Record<string, string | undefined>>): Promise<PlatformConfig> {
  const file = env['PLATFORM_CONFIG'];
  if (file === undefined || file === '') return { cache: undefined };
  const { parseYaml } = await import('#ground/yaml.ts');
  let value: unknown;
  try {
    value = parseYaml(readFileSync(file, 'utf8'));
  } catch (cause) {
    const reason = cause instanceof ActionableError ? cause.message : `${messageOf(cause)}.`;
    throw bad(`PLATFORM_CONFIG names '${file}', which cannot be read: ${reason}`, cause);
  }
  if (Array.isArray(value))
    throw bad(`${file}, which PLATFORM_CONFIG names, holds a list in place of \`cache: DIRECTORY\`.`);
  const result = v.safeParse(PlatformConfig, value);
  if (result.success) return { cache: result.output?.cache ?? undefined };
  const [issue] = result.issues;
  throw bad(`${file}, which PLATFORM_CONFIG names: ${v.getDotPath(issue) ?? 'the whole'}: ${issue.message}.`);
}

function bad(message: string, cause?: unknown): ActionableError {
  return new ActionableError('BAD_INPUT', message, 'Correct the file, or start the stager without PLATFORM_CONFIG.', {
    cause,
  });
}
