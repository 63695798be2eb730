import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { scratchDirectory } from '../../support/scratch.ts';
import { describe, type Scope } from '../../support/spec.ts';
import { appResource, pageOf, type RecordedAnswer, recordedApi, refusal } from '../recorded-api.ts';
import { type CliOptions, runCli } from '../run-cli.ts';

const change = 'PATCH /v3/apps/guid-of-hello/environment_variables';
const hello: Record<string, RecordedAnswer> = {
  'GET /v3/apps': pageOf([appResource('hello')]),
  [change]: { body: { var: {} } },
};

/** What `set-env` sends for these arguments, and how it ends. */
async function set(scope: Scope, args: readonly string[], options: CliOptions = {}) {
  const { home, requests } = await recordedApi(scope, hello);
  const ran = await runCli(['set-env', 'hello', 'KEY', ...args], { ...options, home });
  const sent = requests.find(({ method }) => method === 'PATCH')?.body;
  return {
    ...ran,
    value: sent === undefined ? undefined : JSON.parse(Buffer.from(sent, 'latin1').toString('utf8')).var.KEY,
  };
}

describe('set-env', (it) => {
  it('sends the value as it is', async (scope) => {
    for (const value of ['', ' a  b ', `it's "$HOME" \`x\` \\n %`, 'ünïcödé ✓ 日本', 'two\nlines\n']) {
      assert.is((await set(scope, [value])).value, value);
    }
  });

  it('reads it from a file or from standard input, without the last line end', async (scope) => {
    const folder = await scratchDirectory(scope);
    await writeFile(join(folder, 'key.pem'), 'one\ntwo\n\n');
    await writeFile(join(folder, 'large'), 'x'.repeat(100 * 1024));

    assert.is((await set(scope, ['--file', 'key.pem'], { workingDirectory: folder })).value, 'one\ntwo\n');
    assert.is((await set(scope, ['--file', join(folder, 'large')])).value.length, 100 * 1024);
    assert.is((await set(scope, ['-'], { input: 'from a pipe\r\n' })).value, 'from a pipe');
    assert.is((await set(scope, ['-'])).value, '');
  });

  it('says when it is in force', async (scope) => {
    assert.is(
      (await set(scope, ['v', '--no-restart'])).output,
      'KEY of hello is set.\nIts instances see that after `localpaas restart hello`.\n',
    );
    assert.equal(JSON.parse((await set(scope, ['v', '--no-restart', '--json'])).output), {
      name: 'hello',
      key: 'KEY',
      value: 'v',
    });
  });

  it('refuses what cannot be a variable, before it asks anybody', async (scope) => {
    const folder = await scratchDirectory(scope);
    await mkdir(join(folder, 'directory'));
    await writeFile(join(folder, 'binary'), Buffer.from([0xff, 0xfe]));
    await writeFile(join(folder, 'zero'), 'a\0b');
    await writeFile(join(folder, 'huge'), 'x'.repeat(128 * 1024));
    const cases: [string[], number, RegExp][] = [
      [[], 2, /There is no value\..*\n.*'' is an empty one/],
      [['v', '--file', 'zero'], 2, /VALUE and --file contradict each other/],
      [['--file', 'missing'], 2, /missing cannot be read: ENOENT/],
      [['--file', 'directory'], 2, /cannot be read: EISDIR/],
      [['--file', 'binary'], 2, /What binary holds is not text in UTF-8/],
      [['--file', 'zero'], 2, /The value of KEY holds a zero byte/],
      [['--file', 'huge'], 2, /KEY is too long: 131076 bytes with its name/],
    ];
    for (const [args, exitCode, expected] of cases) {
      const ran = await set(scope, args, { workingDirectory: folder });

      assert.is(ran.exitCode, exitCode, ran.messages);
      assert.match(ran.messages, expected);
      assert.is(ran.value, undefined);
    }
    const badKey = await runCli(['set-env', 'hello', 'A=B', 'v']);
    assert.match(badKey.messages, /'A=B' cannot be the name of a variable/);
  });

  it('passes on why the platform refuses', async (scope) => {
    const { home } = await recordedApi(scope, {
      ...hello,
      [change]: refusal(422, 'CF-UnprocessableEntity', 'Environment variable VCAP_X is reserved.'),
    });

    const { exitCode, messages } = await runCli(['set-env', 'hello', 'VCAP_X', '1'], { home });

    assert.is(exitCode, 1);
    assert.match(messages, /Environment variable VCAP_X is reserved\./);
  });
});

describe('unset-env', (it) => {
  it('removes the variable', async (scope) => {
    const { home, requests } = await recordedApi(scope, hello);

    const { output } = await runCli(['unset-env', 'hello', 'KEY', '--no-restart'], { home });

    assert.match(output, /^KEY of hello is removed\.\n/);
    assert.equal(JSON.parse(requests.at(-1)?.body ?? ''), { var: { KEY: null } });
  });
});

describe('env', (it) => {
  const environment = {
    environment_variables: { PLAIN: 'a b', LINES: 'one\ntwo', ESCAPE: '\u001b[31m' },
    staging_env_json: {},
    running_env_json: {},
    system_env_json: { VCAP_SERVICES: {} },
    application_env_json: { VCAP_APPLICATION: { name: 'hello' } },
  };

  it('shows each variable on one line', async (scope) => {
    const { home } = await recordedApi(scope, { ...hello, 'GET /v3/apps/guid-of-hello/env': { body: environment } });

    assert.is(
      (await runCli(['env', 'hello'], { home })).output,
      [
        'set by you',
        'PLAIN=a b',
        'LINES="one\\ntwo"',
        'ESCAPE="\\u001b[31m"',
        '',
        'set by the platform',
        'VCAP_SERVICES={}',
        'VCAP_APPLICATION={"name":"hello"}',
        '',
      ].join('\n'),
    );
    assert.equal(JSON.parse((await runCli(['env', 'hello', '--json'], { home })).output), environment);
  });

  it('says how to set the first one', async (scope) => {
    const none = { ...environment, environment_variables: {}, system_env_json: {}, application_env_json: {} };
    const { home } = await recordedApi(scope, { ...hello, 'GET /v3/apps/guid-of-hello/env': { body: none } });

    assert.is(
      (await runCli(['env', 'hello'], { home })).output,
      'hello has no variables of its own. `localpaas set-env hello KEY VALUE` sets one.\n',
    );
  });
});
