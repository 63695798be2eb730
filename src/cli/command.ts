import { megabytesOf } from '#ground/bytes.ts';
import { secondsOf } from '#ground/durations.ts';
import { ActionableError } from '#ground/errors.ts';
import type { Cli } from './cli.ts';

/** What completion offers for a value: names of apps or of buildpacks, paths, or these words. */
export type Completes = 'apps' | 'buildpacks' | 'files' | 'folders' | readonly string[];

/** An argument or an option of a command: `<name>`, `[path]`, `-i, --instances <number>`, `--no-start`. */
export interface Parameter<Value> {
  readonly syntax: string;
  readonly description: string;
  /** The value when the user gives none. */
  readonly initial: Value;
  /** Absent where the syntax takes no value. @throws ActionableError USAGE */
  parse?(text: string, before: Value): Value;
  readonly completes?: Completes;
}

type AnyParameters = Readonly<Record<string, Parameter<unknown>>>;
type InputOf<Takes> = { readonly [Key in keyof Takes]: Takes[Key] extends Parameter<infer Value> ? Value : never };

/** What a command's module exports. @returns the exit code; 0 when it returns nothing */
// biome-ignore lint/suspicious/noConfusingVoidType: a command that simply returns is the usual case
type Run<Input> = (cli: Cli, input: Input) => Promise<number | void>;

interface Row<Takes> {
  readonly name: string;
  readonly summary: string;
  /** Command lines that work, each with what it is good for. */
  readonly examples: readonly (readonly [line: string, use: string])[];
  /** What else a user should know, as lines of help. */
  readonly notes?: string;
  /** Arguments in their order, then options. The key of an option is its long name in camel case. */
  readonly takes: Takes;
  /**
   * The command reads its words itself, as the program does that it stands in for: all of them become its one argument.
   * Only a `--help` that stands alone is ours.
   */
  readonly readsItself?: true;
  /** Imports the command's module: only the command that runs is loaded. */
  readonly load: () => Promise<{ run: Run<InputOf<NoInfer<Takes>>> }>;
}

/** A row of the command table, as the command line parser and completion use it. */
export type Command = Omit<Row<AnyParameters>, 'load'> & {
  readonly load: () => Promise<{ run: Run<Readonly<Record<string, unknown>>> }>;
};

/** Checks that a command's module takes what its row says it is given. */
export function command<Takes extends AnyParameters>(row: Row<Takes>): Command {
  // The parser builds each input from `takes`, so what `load` asks for is what it gets.
  return row as unknown as Command;
}

export function argument(syntax: `<${string}>`, description: string, completes?: Completes): Parameter<string> {
  return { syntax, description, initial: '', parse: (text) => text, ...(completes === undefined ? {} : { completes }) };
}

/** An argument that may be left out, or an option with a value of any text. */
export function text(syntax: string, description: string, completes?: Completes): Parameter<string | undefined> {
  const value = { syntax, description, initial: undefined, parse: (given: string) => given };
  return completes === undefined ? value : { ...value, completes };
}

/** Every word behind the name of a command that reads them itself. */
export function words(syntax: `[${string}...]`, description: string): Parameter<readonly string[]> {
  return { syntax, description, initial: [] };
}

/** A switch: `--json`. One that begins with `--no-` is true until it is given, under the name without `no`. */
export function flag(syntax: string, description: string): Parameter<boolean> {
  return { syntax, description, initial: syntax.includes('--no-') };
}

/** An option that may be given again and again. */
export function list(syntax: string, description: string): Parameter<readonly string[]> {
  return { syntax, description, initial: [], parse: (given, before) => [...before, given] };
}

/** A whole number from `least` on. */
export function count(syntax: string, description: string, least = 0): Parameter<number | undefined> {
  const parse = (given: string) => {
    const value = Number(given);
    if (/^\d+$/.test(given) && Number.isSafeInteger(value) && value >= least) return value;
    throw misused(syntax, given, `a whole number, ${least} or more`);
  };
  return { syntax, description, initial: undefined, parse };
}

/** A size, which becomes a number of megabytes. */
export function megabytes(syntax: string, description: string): Parameter<number | undefined> {
  const parse = (given: string) => {
    const value = megabytesOf(given);
    if (value !== undefined && value > 0) return value;
    throw misused(syntax, given, 'a size such as 256M or 1G');
  };
  return { syntax, description, initial: undefined, parse };
}

/** A length of time, as it was written: `10m`. */
export function duration(syntax: string, description: string): Parameter<string | undefined> {
  const parse = (given: string) => {
    if (secondsOf(given) !== undefined) return given;
    throw misused(syntax, given, 'a time such as 90s, 10m or 1h30m');
  };
  return { syntax, description, initial: undefined, parse };
}

export function choice(syntax: string, description: string, choices: readonly string[]): Parameter<string | undefined> {
  const parse = (given: string) => {
    if (choices.includes(given)) return given;
    throw misused(syntax, given, `one of ${choices.join(', ')}`);
  };
  return {
    syntax,
    description: `${description}: ${choices.join(', ')}`,
    initial: undefined,
    parse,
    completes: choices,
  };
}

/** `--json`, which every command has that tells something. */
export const json = flag('--json', 'print the result as JSON, for programs');

function misused(syntax: string, given: string, expected: string): ActionableError {
  const option = /--[a-z-]+/.exec(syntax)?.[0] ?? syntax;
  return new ActionableError('USAGE', `${option} cannot be '${given}'.`, `Give it ${expected}.`);
}
