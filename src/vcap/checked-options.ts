import * as v from 'valibot';
import { invalid } from './config-rules.ts';

/**
 * The options a configuration file of 2012 comes to.
 * @param originals what the file calls our options, where that is something else
 * @throws ConfigError naming every key with a value that cannot be used
 */
export function checkedOptions<S extends v.GenericSchema>(
  schema: S,
  value: unknown,
  originals: Readonly<Record<string, string>>,
): v.InferOutput<S> {
  const options = v.safeParse(schema, value);
  if (options.success) return options.output;
  const mistakes = options.issues.map((issue) => {
    const name = v.getDotPath(issue) ?? '';
    return `${originals[name] ?? name} => ${issue.message}`;
  });
  throw invalid(`{ ${mistakes.join(', ')} }`);
}
