/**
 * What a configuration file of 2012 must hold, checked with the words of the library all its components used
 * (membrane 0.0.2, 2012), so that whoever knows them finds them again.
 */
export interface Rule<T> {
  /** What is wrong with the value, or `undefined`. */
  mistakeIn(value: unknown): string | undefined;
  /** Of a key that may be absent. */
  readonly isOptional?: true;
  /** Never there: it only carries the type. */
  readonly holds?: T;
}

export type ValueOf<R> = R extends Rule<infer T> ? T : never;

type Keys = Readonly<Record<string, Rule<unknown>>>;
type OptionalOf<K extends Keys> = { [N in keyof K]: K[N] extends { isOptional: true } ? N : never }[keyof K];
type RecordOf<K extends Keys> = { readonly [N in Exclude<keyof K, OptionalOf<K>>]: ValueOf<K[N]> } & {
  readonly [N in OptionalOf<K>]?: ValueOf<K[N]>;
};

/** The rules there are. A record passes keys it does not know; an empty value counts as one of a wrong kind. */
export const config = {
  text: kind<string>('String', (value) => typeof value === 'string'),
  whole: kind<number>('Integer', Number.isInteger),
  number: kind<number>('Numeric', (value) => typeof value === 'number'),
  yesOrNo: {
    mistakeIn: (value) =>
      typeof value === 'boolean' ? undefined : `Expected instance of true or false, given ${textOf(value)}`,
  } as Rule<boolean>,
  /** Passwords and keys may look like numbers. */
  word: {
    mistakeIn: (value) =>
      typeof value === 'string' || typeof value === 'number'
        ? undefined
        : `Expected instance of String, given an instance of ${classOf(value)}`,
  } as Rule<string | number>,
  list,
  record,
  optional: <T>(rule: Rule<T>): Rule<T> & { isOptional: true } => ({ ...rule, isOptional: true }),
};

/** What most components of 2012 had in their files, under the same keys. */
export const common = {
  logging: record({
    level: config.optional(config.text),
    file: config.optional(config.text),
    syslog: config.optional(config.text),
  }),
  status: record({
    port: config.optional(config.whole),
    user: config.optional(config.word),
    password: config.optional(config.word),
  }),
};

/** A word as text. */
export function wordOf(value: string | number | undefined): string | undefined {
  return value === undefined ? undefined : String(value);
}

/**
 * A component of 2012 cannot start as it is configured. The message is the one line the original prints before it ends
 * with the exit code 1.
 */
export class ConfigError extends Error {
  readonly exitCode = 1;

  constructor(message: string, options?: ErrorOptions) {
    super(`ERROR: ${message}`, options);
    this.name = 'ConfigError';
  }
}

/**
 * A configuration; keys the rule does not name are in it too.
 * @throws ConfigError naming every key that is missing or wrong
 */
export function checkedConfig<T>(value: unknown, rule: Rule<T>): T {
  const mistake = rule.mistakeIn(value);
  if (mistake !== undefined) throw invalid(mistake);
  return value as T; // the rule says that it is one
}

/** @param mistake in the braces of the original */
export function invalid(mistake: string): ConfigError {
  return new ConfigError(`There was a problem validating the supplied config: ${mistake}`);
}

function kind<T>(name: string, isOne: (value: unknown) => boolean): Rule<T> {
  return {
    mistakeIn: (value) =>
      isOne(value) ? undefined : `Expected instance of ${name}, given an instance of ${classOf(value)}`,
  };
}

function list<T>(rule: Rule<T>): Rule<readonly T[]> {
  return {
    mistakeIn(value) {
      if (!Array.isArray(value)) return `Expected instance of Array, given instance of ${classOf(value)}`;
      const mistakes = value.flatMap((each, index) => {
        const mistake = rule.mistakeIn(each);
        return mistake === undefined ? [] : [`At index ${index}: ${mistake}`];
      });
      return mistakes.length === 0 ? undefined : mistakes.join(', ');
    },
  };
}

function record<K extends Keys>(keys: K): Rule<RecordOf<K>> {
  return {
    mistakeIn(value) {
      if (classOf(value) !== 'Hash') return `Expected instance of Hash, given instance of ${classOf(value)}`;
      const given = new Map(Object.entries(value as object)); // a Hash is an object
      const mistakes = Object.entries(keys).flatMap(([name, rule]) => {
        const missing = rule.isOptional === true ? undefined : 'Missing key';
        const mistake = given.has(name) ? rule.mistakeIn(given.get(name)) : missing;
        return mistake === undefined ? [] : [`${name} => ${mistake}`];
      });
      return mistakes.length === 0 ? undefined : `{ ${mistakes.join(', ')} }`;
    },
  };
}

/** What Ruby calls the class of a value that stood in YAML. */
function classOf(value: unknown): string {
  if (value === null || value === undefined) return 'NilClass';
  if (Array.isArray(value)) return 'Array';
  if (value instanceof Date) return 'Time';
  if (typeof value === 'boolean') return value ? 'TrueClass' : 'FalseClass';
  if (typeof value === 'number') return Number.isInteger(value) ? 'Integer' : 'Float';
  return typeof value === 'string' ? 'String' : 'Hash';
}

function textOf(value: unknown): string {
  if (value === null || value === undefined) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}
