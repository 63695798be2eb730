import * as assert from 'uvu/assert';
import { readableTime } from '#cli/readable-time.ts';
import { describe } from '../../support/spec.ts';
import { appResource, pageOf, recordedApi } from '../recorded-api.ts';
import { runCli } from '../run-cli.ts';

const at = '2026-11-21T10:00:00Z';
const event = (type: string, data: object) => ({
  guid: type,
  created_at: at,
  updated_at: at,
  type,
  actor: { guid: 'u', type: 'user', name: 'admin' },
  target: { guid: 'guid-of-hello', type: 'app', name: 'hello' },
  data,
});

describe('events', (it) => {
  it('tells what happened, with the details in words', async (scope) => {
    const { home, requests } = await recordedApi(scope, {
      'GET /v3/apps': pageOf([appResource('hello')]),
      'GET /v3/audit_events': pageOf([
        event('app.crash', { index: 0, exit_description: 'exited with status 7', reason: 'CRASHED', instance: null }),
        event('audit.app.update', { request: { instances: 2 } }),
      ]),
    });

    const { output } = await runCli(['events', 'hello'], { home });

    const time = readableTime(new Date(at));
    assert.is(
      output,
      [
        `${'time'.padEnd(time.length)}  event             by     details`,
        `${time}  app.crash         admin  index: 0, exit_description: exited with status 7`,
        `${time}  audit.app.update  admin  instances: 2`,
        '',
      ].join('\n'),
    );
    assert.equal(Object.fromEntries(requests.at(-1)?.query ?? []), {
      target_guids: 'guid-of-hello',
      order_by: '-created_at',
      page: '1',
      per_page: '50',
    });
    const asJson = JSON.parse((await runCli(['events', 'hello', '--json'], { home })).output);
    assert.equal(asJson[1], { at, type: 'audit.app.update', actor: 'admin', data: { request: { instances: 2 } } });
  });

  it('is short when nothing happened', async (scope) => {
    const { home } = await recordedApi(scope, {
      'GET /v3/apps': pageOf([appResource('hello')]),
      'GET /v3/audit_events': pageOf([]),
    });

    assert.is((await runCli(['events', 'hello'], { home })).output, 'Nothing is known to have happened to hello.\n');
  });
});
