import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import * as assert from 'uvu/assert';
import { waitFor } from '#ground/wait.ts';
import { describe, type Scope } from '../support/spec.ts';
import { appResource, logAnswer, pageOf, recordedApi } from './recorded-api.ts';

const main = join(import.meta.dirname, '../../src/main.ts');

/** The command line as a process of its own, from its source. */
function start(scope: Scope, args: readonly string[], home: string) {
  const child = spawn(process.execPath, ['--import', 'tsx', main, ...args], {
    env: { PATH: process.env['PATH'] ?? '', LOCALPAAS_HOME: home },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exited = new Promise<{ code: number | null; signal: string | null }>((resolve) =>
    child.once('exit', (code, signal) => resolve({ code, signal })),
  );
  scope.defer(async () => {
    child.kill('SIGKILL');
    await exited;
  });
  return { child, exited };
}

describe('a process of the command line', (it) => {
  it('prints its version and ends', async (scope) => {
    const { child, exited } = start(scope, ['--version'], '/none');

    assert.match(await text(child.stdout), /^localpaas \d+\.\d+\.\d+\n$/);
    assert.is((await exited).code, 0);
  });

  it('ends with the exit code of its command', async (scope) => {
    const { child, exited } = start(scope, ['apps'], '/none');

    assert.match(await text(child.stderr), /^error {2}No localpaas runs with the home \/none\.\n/);
    assert.is((await exited).code, 3);
  });

  it(
    'ends by Ctrl-C as its command sees fit',
    async (scope) => {
      const never = () => new Promise<never>(() => {});
      const lists = { 'GET /v3/apps': pageOf([appResource('hello')]), 'GET /api/v1/read/guid-of-hello': logAnswer([]) };
      for (const [args, answers, signal, code] of [
        [['logs', 'hello'], lists, 'SIGINT', 0],
        [['app', 'hello'], { 'GET /v3/apps': never }, 'SIGINT', 130],
        [['app', 'hello'], { 'GET /v3/apps': never }, 'SIGTERM', 143],
      ] as const) {
        const api = await recordedApi(scope, answers);
        const { child, exited } = start(scope, args, api.home);
        const messages = text(child.stderr);
        await waitFor(
          'its last request',
          () => (api.requests.length >= Object.keys(answers).length ? true : undefined),
          {
            limitMs: 15_000,
          },
        );

        child.kill(signal);

        assert.equal(await exited, { code, signal: null }, `${args.join(' ')} ${signal}: ${await messages}`);
      }
    },
    { timeoutMs: 120_000 },
  );

  it('is quiet when nobody reads on', async (scope) => {
    let round = 0;
    const api = await recordedApi(scope, {
      'GET /v3/apps': pageOf([appResource('hello')]),
      'GET /api/v1/read/guid-of-hello': () => {
        round += 1;
        return logAnswer([[round, 'STG', 'x'.repeat(10_000)]]);
      },
    });
    const { child, exited } = start(scope, ['logs', 'hello'], api.home);
    const messages = text(child.stderr);

    child.stdout.once('data', () => child.stdout.destroy());

    assert.equal(await exited, { code: 0, signal: null });
    assert.is(await messages, '');
  });
});
