import * as v from 'valibot';

/**
 * Names with values, none of them left out: the schema library's own record drops names like `constructor`, and takes
 * lists for records.
 */
export function mapping<T>(value: v.GenericSchema<unknown, T>): v.GenericSchema<unknown, Record<string, T>> {
  return v.pipe(
    v.custom<object>((input) => typeof input === 'object' && input !== null && !Array.isArray(input), notAMapping),
    v.rawTransform(({ dataset, addIssue, NEVER }) => {
      const entries: [string, T][] = [];
      for (const [name, input] of Object.entries(dataset.value)) {
        const parsed = v.safeParse(value, input);
        if (!parsed.success) {
          addIssue({ message: `${name}: ${parsed.issues[0].message}` });
          return NEVER;
        }
        entries.push([name, parsed.output]);
      }
      return Object.fromEntries(entries);
    }),
  );
}

const notAMapping = 'must be a mapping of names to values';
