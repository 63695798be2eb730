import * as assert from 'uvu/assert';
import { Interrupted } from '#cli/world.ts';
import { describe } from '../../support/spec.ts';
import { appResource, logAnswer, pageOf, type RecordedAnswer, recordedApi } from '../recorded-api.ts';
import { runCli } from '../run-cli.ts';

const hello: Record<string, RecordedAnswer> = { 'GET /v3/apps': pageOf([appResource('hello')]) };
const read = 'GET /api/v1/read/guid-of-hello';

describe('logs', (it) => {
  it('dumps what was kept, oldest first, and ends', async (scope) => {
    const { home, requests } = await recordedApi(scope, {
      ...hello,
      [read]: logAnswer([
        [1_700_000_001.25, 'APP/PROC/WEB', 'two \u001b[32mgreen'],
        [1_700_000_000, 'STG', 'one'],
      ]),
    });

    const { exitCode, output } = await runCli(['logs', 'hello', '--recent'], { home });

    assert.is(exitCode, 0);
    assert.is(
      output,
      '2023-11-14T22:13:20.00Z [STG/0] OUT one\n2023-11-14T22:13:21.25Z [APP/PROC/WEB/0] OUT two \u001b[32mgreen\n',
    );
    assert.is(requests.at(-1)?.query.get('limit'), '1000');
  });

  it('prints one object on a line for programs', async (scope) => {
    const { home } = await recordedApi(scope, { ...hello, [read]: logAnswer([[1_700_000_000, 'STG', 'one']]) });

    const { output } = await runCli(['logs', 'hello', '--recent', '--json'], { home });

    assert.equal(JSON.parse(output), {
      at: '2023-11-14T22:13:20.00Z',
      source: 'STG',
      instance: '0',
      stream: 'OUT',
      text: 'one',
    });
    assert.is(output.split('\n').length, 2);
  });

  it('follows until it is interrupted, which is no failure', async (scope) => {
    const stop = new AbortController();
    let asked = 0;
    const { home } = await recordedApi(scope, {
      ...hello,
      [read]: ({ query }) => {
        asked += 1;
        if (query.get('descending') === 'true') return logAnswer([[100, 'STG', 'before']]);
        if (asked === 2) return logAnswer([[101, 'RTR', 'after']]);
        if (asked === 5) stop.abort(new Interrupted('SIGINT'));
        return logAnswer([]);
      },
    });

    const { exitCode, output, messages } = await runCli(['logs', 'hello'], { home, signal: stop.signal });

    assert.is(exitCode, 0);
    assert.is(messages, '');
    assert.match(output, /\[STG\/0\] OUT before\n.*\[RTR\/0\] OUT after\n$/);
  });

  it('fails when the log store goes away', async (scope) => {
    const { home } = await recordedApi(scope, { ...hello, [read]: { status: 503, body: 'gone' } });

    const { exitCode, messages } = await runCli(['logs', 'hello'], { home });

    assert.is(exitCode, 3);
    assert.match(messages, /nothing behind it does/);
  });
});
