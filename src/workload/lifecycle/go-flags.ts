import { durationText, millisecondsOf, quoted } from './go-text.ts';

/** One flag of a command line that is read as Go's `flag` package reads it. A duration is in ms. */
type GoFlag =
  | { readonly type: 'string'; readonly default: string; readonly usage: string }
  | { readonly type: 'int' | 'duration'; readonly default: number; readonly usage: string }
  | { readonly type: 'bool'; readonly default: boolean; readonly usage: string };
type GoFlags = Readonly<Record<string, GoFlag>>;
type ValueOf<F extends GoFlag> = F extends { type: 'string' } ? string : F extends { type: 'bool' } ? boolean : number;

export interface ParsedGoFlags<F extends GoFlags> {
  readonly values: { readonly [Name in keyof F]: ValueOf<F[Name]> };
  /** What stands behind the flags: they end at the first word that is none, or behind `--`. */
  readonly operands: readonly string[];
}

/** The command line was refused, or help was asked for: `stderr` is to be written, then the program ends. */
export class GoFlagsEnd extends Error {
  override readonly name = 'GoFlagsEnd';
  readonly exitCode: 0 | 2;
  /** What Go writes, its last line end included. */
  readonly stderr: string;

  constructor(exitCode: 0 | 2, stderr: string) {
    super(stderr.trimEnd());
    this.exitCode = exitCode;
    this.stderr = stderr;
  }
}

/**
 * Reads `-x=v`, `-x v`, `--x=v` and bare truth values.
 * @param program its name, as usage texts say it
 * @param usage replaces the usage text, which is otherwise that of `usageOf`
 * @throws GoFlagsEnd with Go's texts: 2 for what is not understood, 0 for `-h` and `-help`
 */
export function parseGoFlags<const F extends GoFlags>(
  program: string,
  flags: F,
  args: readonly string[],
  usage: string = usageOf(program, flags),
): ParsedGoFlags<F> {
  const values = Object.fromEntries(Object.entries(flags).map(([name, flag]) => [name, flag.default]));
  const refuse = (what: string): never => {
    throw new GoFlagsEnd(2, `${what}\n${usage}`);
  };
  let rest = args;
  while (isFlag(rest[0])) {
    const { name, flag, value } = flagOf(rest[0] ?? '', flags, usage, refuse);
    const own = value ?? (flag.type === 'bool' ? 'true' : undefined);
    const given = own ?? rest[1] ?? refuse(`flag needs an argument: -${name}`);
    values[name] = readValue(flag.type, given, (reason) => refuse(refusalOf(flag.type, given, name, reason)));
    rest = rest.slice(own === undefined ? 2 : 1);
  }
  const operands = rest[0] === '--' ? rest.slice(1) : rest;
  // Each name has a value of its flag's type: the default, or what was read for it.
  return { values: values as ParsedGoFlags<F>['values'], operands };
}

function flagOf(
  word: string,
  flags: GoFlags,
  usage: string,
  refuse: (what: string) => never,
): { name: string; flag: GoFlag; value: string | undefined } {
  const { name, value } = partsOf(word) ?? refuse(`bad flag syntax: ${word}`);
  const flag = Object.hasOwn(flags, name) ? flags[name] : undefined;
  if (flag !== undefined) return { name, flag, value };
  if (name === 'help' || name === 'h') throw new GoFlagsEnd(0, usage);
  return refuse(`flag provided but not defined: -${name}`);
}

function isFlag(word: string | undefined): boolean {
  return word !== undefined && word.length > 1 && word.startsWith('-') && word !== '--';
}

/** The usage text, as Go's `PrintDefaults` writes it: flags by name, defaults that are not empty behind them. */
export function usageOf(program: string, flags: GoFlags): string {
  const names = Object.keys(flags).sort();
  const lines = names.flatMap((name) => (flags[name] === undefined ? [] : [lineOf(name, flags[name])]));
  return `Usage of ${program}:\n${lines.join('')}`;
}

function lineOf(name: string, flag: GoFlag): string {
  const [, named] = /`([^`]*)`/.exec(flag.usage) ?? [];
  const kind = named ?? (flag.type === 'bool' ? '' : flag.type);
  const head = `  -${name}${kind === '' ? '' : ` ${kind}`}`;
  const text = flag.usage.replace(/`([^`]*)`/, '$1').replaceAll('\n', '\n    \t');
  return `${head}${head.length <= 4 ? '\t' : '\n    \t'}${text}${defaultText(flag)}\n`;
}

function defaultText(flag: GoFlag): string {
  if (!flag.default) return '';
  if (flag.type === 'string') return ` (default ${quoted(flag.default)})`;
  return ` (default ${flag.type === 'duration' ? durationText(flag.default) : flag.default})`;
}

function partsOf(word: string): { name: string; value: string | undefined } | undefined {
  const [, name, equals, value] = /^--?([^-=][^=]*)(=)?([\s\S]*)$/.exec(word) ?? [];
  return name === undefined ? undefined : { name, value: equals === undefined ? undefined : value };
}

function refusalOf(type: GoFlag['type'], given: string, name: string, reason: string): string {
  if (type === 'bool') return `invalid boolean value ${quoted(given)} for -${name}: ${reason}`;
  return `invalid value ${quoted(given)} for flag -${name}: ${reason}`;
}

const truths: ReadonlyMap<string, boolean> = new Map([
  ...['1', 't', 'T', 'TRUE', 'true', 'True'].map((word) => [word, true] as const),
  ...['0', 'f', 'F', 'FALSE', 'false', 'False'].map((word) => [word, false] as const),
]);

function readValue(type: GoFlag['type'], given: string, refuse: (reason: string) => never): string | number | boolean {
  if (type === 'string') return given;
  if (type === 'int') return readInteger(given, refuse);
  const value = type === 'bool' ? truths.get(given) : millisecondsOf(given);
  return value ?? refuse('parse error');
}

const decimal = /^(?:0|[1-9](?:_?[0-9])*)$/;
const based = /^0(?:[xX](?:_?[0-9a-fA-F])+|[bB](?:_?[01])+|[oO](?:_?[0-7])+|(?:_?[0-7])+)$/;

function readInteger(given: string, refuse: (reason: string) => never): number {
  const [, sign, digits = ''] = /^([+-]?)(.*)$/s.exec(given) ?? [];
  if (!decimal.test(digits) && !based.test(digits)) return refuse('parse error');
  const plain = digits.replaceAll('_', '');
  const magnitude = BigInt(/^0[0-7]/.test(plain) ? `0o${plain.slice(1)}` : plain);
  const value = sign === '-' ? -magnitude : magnitude;
  return BigInt.asIntN(64, value) === value ? Number(value) : refuse('value out of range');
}
