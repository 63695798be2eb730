import { resolve } from 'node:path';
import { type Argument, CommanderError, Help, Option, Command as Parser } from 'commander';
import { ActionableError } from '#ground/errors.ts';
import type { Cli } from './cli.ts';
import { type Command, type Parameter, text } from './command.ts';
import { commandGroups, commands } from './command-table.ts';
import { didYouMean } from './similar.ts';

/** Every command is about the platform of one home. */
const home = text('--home <directory>', 'the home of the platform; else $LOCALPAAS_HOME, else ~/.localpaas', 'folders');

/** A command and what it is to be given. */
export interface Invocation {
  readonly command: Command;
  readonly input: Readonly<Record<string, unknown>>;
  /** What `--home` said. */
  readonly home: string | undefined;
}

/**
 * What the arguments ask for; `undefined` when help was asked for, which has been printed then.
 * @throws ActionableError USAGE
 */
export function parse(args: readonly string[], cli: Cli): Invocation | undefined {
  const [first = '--help', ...rest] = args;
  if (first === 'help') return rest[0] === undefined ? printOverview(cli) : parse([rest[0], '--help'], cli);
  if (first === '--help' || first === '-h') return printOverview(cli);
  const found = commands.find(({ name }) => name === first);
  if (found === undefined) throw unknownCommand(first);
  return parseFor(found, rest, cli);
}

function parseFor(command: Command, args: readonly string[], cli: Cli): Invocation | undefined {
  const isHelp = args.length === 1 && args[0] === '--help';
  if (command.readsItself && !isHelp) return asTyped(command, args);
  let invocation: Invocation | undefined;
  const parser = new Parser('localpaas');
  configure(parser, cli);
  parser.addCommand(parserFor(command, cli, (input) => (invocation = invocationOf(command, input))));
  try {
    parser.parse([command.name, ...args], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return undefined;
    throw misuse(error, command);
  }
  return invocation;
}

function asTyped(command: Command, args: readonly string[]): Invocation {
  const [name = ''] = Object.keys(command.takes);
  return { command, input: { [name]: args }, home: undefined };
}

function invocationOf(command: Command, input: Record<string, unknown>): Invocation {
  const { home } = input;
  return { command, input, home: typeof home === 'string' ? resolve(home) : undefined };
}

function parserFor(command: Command, cli: Cli, found: (input: Record<string, unknown>) => void): Parser {
  const parser = new Parser(command.name).summary(command.summary).description(command.summary);
  configure(parser, cli);
  const takes = Object.entries({ ...command.takes, home });
  const argumentNames: string[] = [];
  for (const [name, parameter] of takes) {
    if (parameter.syntax.startsWith('-')) parser.addOption(optionOf(parameter));
    else {
      argumentNames.push(name);
      parser.argument(parameter.syntax, parameter.description);
    }
  }
  parser.addHelpText('after', () => helpAfter(command, cli));
  return parser.action((...given: unknown[]) => {
    const initial = takes.map(([name, parameter]) => [name, parameter.initial]);
    const values = argumentNames.map((name, index) => [name, given[index]]);
    found({ ...Object.fromEntries([...initial, ...values]), ...parser.opts() });
  });
}

function optionOf({ syntax, description, initial, parse: parseValue }: Parameter<unknown>): Option {
  const option = new Option(syntax, description);
  // A default that says nothing would be printed by the help all the same.
  if (!syntax.includes('--no-')) option.default(initial, '');
  if (parseValue !== undefined) option.argParser(parseValue);
  return option;
}

/** Nothing of the parser's own ends the process or prints an error. */
function configure(parser: Parser, cli: Cli): void {
  parser
    .exitOverride()
    .helpCommand(false)
    .helpOption('-h, --help', 'print this help')
    .configureOutput({
      writeOut: (text) => cli.out.raw(text),
      writeErr: (text) => cli.out.raw(text),
      outputError: () => {},
      getOutHelpWidth: () => widthOf(cli),
      getOutHasColors: () => true, // what is coloured was decided before
    })
    .configureHelp({
      styleTitle: (title) => cli.out.style.bold(title),
      subcommandTerm: (command) => [command.name(), ...command.registeredArguments.map(termOf)].join(' '),
      // Nothing is added to what the table says.
      optionDescription: (option) => option.description,
    });
}

function termOf(argument: Argument): string {
  return argument.required ? `<${argument.name()}>` : `[${argument.name()}]`;
}

function printOverview(cli: Cli): undefined {
  const parser = new Parser('localpaas');
  configure(parser, cli);
  parser.usage('<command> [arguments]').description('A whole platform in one executable.');
  parser.option('-V, --version', 'print the version');
  for (const { title, members } of commandGroups) {
    for (const command of members) parser.addCommand(parserFor(command, cli, () => {}).helpGroup(`${title}:`));
  }
  parser.addHelpText('after', '\n`localpaas help <command>` shows what a command takes, with examples.');
  parser.outputHelp();
}

/** What examples are for stands beside them where all of that fits, else below each. */
function helpAfter({ examples, notes }: Command, cli: Cli): string {
  const { bold, dim } = cli.out.style;
  const width = widthOf(cli);
  const widest = Math.max(...examples.map(([line]) => line.length));
  const fits = examples.every(([, use]) => 2 + widest + 2 + use.length <= width);
  const lines = examples.map(([line, use]) =>
    fits ? `  ${line.padEnd(widest)}  ${dim(use)}` : `  ${line}\n      ${dim(use)}`,
  );
  const wrapped = notes === undefined ? [] : ['', new Help().boxWrap(notes.replaceAll('\n', ' '), width)];
  return ['', bold('Examples:'), ...lines, ...wrapped].join('\n');
}

/** Of help, in columns. */
function widthOf({ output }: Cli): number {
  return output.columns ?? 80;
}

function unknownCommand(given: string): ActionableError {
  if (given.startsWith('-')) {
    return new ActionableError(
      'USAGE',
      `There is no option ${given} before the command.`,
      'Options follow the command: `localpaas help` lists the commands.',
    );
  }
  const names = commands.map(({ name }) => name);
  return new ActionableError(
    'USAGE',
    `There is no command '${given}'.`,
    `${didYouMean(given, names)}\`localpaas help\` lists all commands.`,
  );
}

/** commander's messages read `error: …`, with a guess on a line of its own. */
function misuse(error: CommanderError, command: Command): ActionableError {
  const [message = '', guess] = error.message.replace(/^error: /, '').split('\n');
  const hint = guess === undefined ? '' : `${guess.replace(/^\(|\)$/g, '')} `;
  const dash = error.code === 'commander.unknownOption' ? 'Put `--` before a value that begins with a dash. ' : '';
  return new ActionableError(
    'USAGE',
    `${message.charAt(0).toUpperCase()}${message.slice(1).replace(/\.$/, '')}.`,
    `${hint}${dash}\`localpaas help ${command.name}\` shows what it takes.`,
    { cause: error },
  );
}
