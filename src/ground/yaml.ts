import { parseDocument, stringify } from 'yaml';
import { ActionableError } from './errors.ts';
import { isNestedTooDeeply } from './yaml-nesting.ts';

/** Aliases may multiply a small text into a huge value; this many of them are enough for any manifest. */
const maxAliases = 100;

/**
 * The value of a YAML text: one document, with `<<` merges as YAML 1.1 has them. In all else it is YAML 1.2, unless the
 * other version is asked for, where `yes` and `no` are truth values.
 * @param plain leaves every scalar the text it is written as
 * @throws ActionableError BAD_INPUT with the line of the mistake
 */
export function parseYaml(
  text: string,
  { version = '1.2', plain = false }: { version?: '1.1' | '1.2'; plain?: boolean } = {},
): unknown {
  const schema = plain ? 'failsafe' : undefined;
  if (isNestedTooDeeply(text)) throw bad('it is nested too deeply', undefined);
  const document = parseDocument(text, {
    merge: true,
    prettyErrors: true,
    version,
    ...(schema === undefined ? {} : { schema }),
  });
  const [mistake] = document.errors;
  if (mistake !== undefined) throw bad(mistake.message, mistake);
  try {
    return document.toJS({ maxAliasCount: maxAliases }) as unknown;
  } catch (cause) {
    throw bad(cause instanceof Error ? cause.message : String(cause), cause);
  }
}

/** The YAML text of a JSON-like value. */
export function toYaml(value: unknown): string {
  return stringify(value, { lineWidth: 0 });
}

function bad(mistake: string, cause: unknown): ActionableError {
  const [what = mistake] = mistake.split('\n');
  return new ActionableError(
    'BAD_INPUT',
    `This is not YAML: ${what.replace(/:$/, '')}.`,
    'Correct the text and try again.',
    {
      cause,
    },
  );
}
