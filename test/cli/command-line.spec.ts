import { Option } from 'commander';
import * as assert from 'uvu/assert';
import { cliOf } from '#cli/cli.ts';
import { parse } from '#cli/command-line.ts';
import { commands } from '#cli/command-table.ts';
import { ActionableError } from '#ground/errors.ts';
import { describe } from '../support/spec.ts';
import { runCli } from './run-cli.ts';

const sink = { write: () => {} };
const cli = cliOf({
  env: { HOME: '/home/somebody' },
  workingDirectory: '/',
  input: process.stdin,
  output: sink,
  messages: sink,
  signal: new AbortController().signal,
});

function inputOf(...args: string[]): Readonly<Record<string, unknown>> | undefined {
  return parse(args, cli)?.input;
}

function refusalOf(...args: string[]): string {
  try {
    parse(args, cli);
    return 'taken';
  } catch (error) {
    if (!(error instanceof ActionableError)) throw error;
    return `${error.code} ${error.message} ${error.remedy}`;
  }
}

describe('command line', (it) => {
  it('leaves the words alone of a command that reads them itself', () => {
    const words = ['-buildDir=/tmp/app', '--help', '-h', '--json', '--', '--home', 'x', ''];
    assert.equal(inputOf('launcher', ...words), { words });
    assert.equal(inputOf('shell'), { words: [] });
    assert.equal(inputOf('healthcheck', '-h'), { words: ['-h'] });
    assert.is(inputOf('healthcheck', '--help'), undefined);
    assert.is(inputOf('help', 'healthcheck'), undefined);
  });

  it('gives a command its arguments and options, with what was not given at its initial value', () => {
    assert.equal(inputOf('push'), {
      target: undefined,
      name: undefined,
      path: undefined,
      memory: undefined,
      disk: undefined,
      instances: undefined,
      command: undefined,
      env: [],
      buildpack: [],
      stack: undefined,
      healthCheckType: undefined,
      endpoint: undefined,
      timeout: undefined,
      route: true,
      randomRoute: false,
      start: true,
      strategy: undefined,
      watch: false,
      wait: true,
      manifest: undefined,
      noManifest: true,
      varsFile: [],
      var: [],
      json: false,
      home: undefined,
    });
  });

  it('takes options in any form and place', () => {
    const input = inputOf(
      'push',
      '-m',
      '1G',
      'shop',
      '--env=A=1',
      '-e',
      'B=x=y',
      '--no-start',
      '--instances',
      '3',
      '--no-route',
    );

    assert.is(input?.['target'], 'shop');
    assert.is(input?.['memory'], 1024);
    assert.equal(input?.['env'], ['A=1', 'B=x=y']);
    assert.is(input?.['start'], false);
    assert.is(input?.['route'], false);
    assert.is(input?.['instances'], 3);
  });

  it('takes a value that begins with a dash after two dashes, and a single dash as it is', () => {
    assert.is(inputOf('set-env', 'hello', 'OPTS', '--', '-v')?.['value'], '-v');
    assert.is(inputOf('set-env', 'hello', 'OPTS', '-')?.['value'], '-');
  });

  it('refuses a command it does not know, and guesses which was meant', () => {
    assert.is(
      refusalOf('pusj'),
      "USAGE There is no command 'pusj'. Did you mean 'push'? `localpaas help` lists all commands.",
    );
    assert.is(refusalOf('xyzzy'), "USAGE There is no command 'xyzzy'. `localpaas help` lists all commands.");
    assert.match(refusalOf('help', 'lgos'), /Did you mean 'logs'\?/);
    assert.match(refusalOf('--json', 'apps'), /^USAGE There is no option --json before the command\./);
  });

  it('refuses an option it does not know, too many arguments and too few', () => {
    assert.is(
      refusalOf('push', '--memroy', '1G'),
      "USAGE Unknown option '--memroy'. Did you mean --memory? Put `--` before a value that begins with a dash. `localpaas help push` shows what it takes.",
    );
    assert.match(refusalOf('app'), /^USAGE Missing required argument 'name'\. `localpaas help app`/);
    assert.match(refusalOf('app', 'one', 'two'), /^USAGE Too many arguments for 'app'/);
    assert.match(refusalOf('scale', 'hello', '-i'), /^USAGE Option '-i, --instances <number>' argument missing\./);
    assert.match(refusalOf('scale', 'hello', '-i', 'many'), /^USAGE --instances cannot be 'many'\./);
  });

  it('lets every command be told the home', () => {
    assert.is(parse(['apps', '--home', '/srv/paas'], cli)?.home, '/srv/paas');
    assert.is(parse(['apps'], cli)?.home, undefined);
  });

  it('prints an overview of all commands when nothing is asked for, or help is', async () => {
    for (const args of [[], ['--help'], ['-h'], ['help']]) {
      const { exitCode, output, messages } = await runCli(args);

      assert.is(exitCode, 0);
      assert.is(messages, '');
      for (const { name, summary } of commands) {
        assert.ok(output.includes(`  ${name} `), name);
        assert.ok(output.replace(/\s+/g, ' ').includes(summary), summary);
      }
    }
  });

  it('prints the help of each command with examples that begin with its name', async () => {
    for (const { name, examples } of commands) {
      const { exitCode, output } = await runCli([name, '--help']);
      const same = await runCli(['help', name]);

      assert.is(exitCode, 0);
      assert.is(same.output, output);
      assert.match(output, new RegExp(`^Usage: localpaas ${name}`));
      assert.ok(examples.length > 0, name);
      for (const [line, use] of examples) {
        assert.match(line, new RegExp(`localpaas ${name}\\b`));
        assert.ok(output.includes(line) && output.includes(use), line);
      }
    }
  });

  it('keeps its help within 80 columns, but for what is to be typed', async () => {
    for (const { name, examples } of commands) {
      const { output } = await runCli([name, '--help']);
      const wide = output.split('\n').filter((line) => line.length > 80);
      assert.equal(
        wide.filter((line) => !examples.some(([typed]) => line === `  ${typed}`)),
        [],
        name,
      );
    }
  });

  it('understands each of its own examples', () => {
    const lines = commands.flatMap(({ examples }) => examples.map(([line]) => line));
    for (const line of lines) {
      const [, args = ''] = /localpaas ([^|)]*)/.exec(line) ?? [];
      const words = (args.match(/'[^']*'|"[^"]*"|\S+/g) ?? []).map((word) => word.replace(/^(['"])(.*)\1$/, '$2'));

      assert.ok(parse(words, cli) !== undefined, line);
    }
  });

  it('names each option by the key its command knows it by', () => {
    // One that takes another option back goes under the name of that one.
    const keyOf = (syntax: string, takes: (typeof commands)[number]['takes']) => {
      const own = new Option(syntax).attributeName();
      const isTakenBack = syntax.startsWith('--no-') && (takes[own]?.syntax ?? syntax) !== syntax;
      return isTakenBack ? `no${own.charAt(0).toUpperCase()}${own.slice(1)}` : own;
    };
    for (const { name, takes } of commands) {
      for (const [key, { syntax, description }] of Object.entries(takes)) {
        assert.ok(description.length > 0, `${name} ${key}`);
        if (syntax.startsWith('-')) assert.is(keyOf(syntax, takes), key, `${name} ${key}`);
      }
    }
  });

  it(
    'finds the module of each command',
    async () => {
      for (const { name, load } of commands) assert.type((await load()).run, 'function', name);
    },
    { timeoutMs: 120_000 },
  );
});
