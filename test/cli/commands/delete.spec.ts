import * as assert from 'uvu/assert';
import { describe } from '../../support/spec.ts';
import { appResource, pageOf, type RecordedAnswer, recordedApi, routeResource } from '../recorded-api.ts';
import { runCli } from '../run-cli.ts';

const done: Record<string, RecordedAnswer> = {
  'GET /v3/apps': pageOf([appResource('hello')]),
  'GET /v3/apps/guid-of-hello/routes': pageOf([
    routeResource('hello', ['hello']),
    routeResource('www', ['hello', 'other']),
  ]),
  'DELETE /v3/apps/guid-of-hello': { status: 202, headers: { location: '/v3/jobs/j' } },
  'DELETE /v3/routes/route-hello': { status: 202, headers: { location: '/v3/jobs/j' } },
  'GET /v3/jobs/j': { body: { guid: 'j', state: 'COMPLETE', errors: [] } },
};

describe('delete', (it) => {
  it('deletes without asking when it is forced to', async (scope) => {
    const { home, calls } = await recordedApi(scope, done);

    const { exitCode, output } = await runCli(['delete', 'hello', '-f'], { home });

    assert.is(exitCode, 0);
    assert.is(output, 'hello is deleted.\n');
    assert.equal(calls(), ['GET /v3/apps', 'DELETE /v3/apps/guid-of-hello', 'GET /v3/jobs/j']);
  });

  it('deletes the routes only this app had', async (scope) => {
    const { home, url, calls } = await recordedApi(scope, done);

    const { output } = await runCli(['delete', 'hello', '-f', '-r', '--json'], { home });

    assert.equal(JSON.parse(output), {
      deleted: true,
      name: 'hello',
      routes: [`http://hello.localhost:${new URL(url).port}`],
    });
    assert.equal(
      calls().filter((call) => call.startsWith('DELETE')),
      ['DELETE /v3/apps/guid-of-hello', 'DELETE /v3/routes/route-hello'],
    );
  });

  it('deletes nothing when there is nobody to ask', async (scope) => {
    const { home, calls } = await recordedApi(scope, done);

    const { exitCode, messages } = await runCli(['delete', 'hello'], { home, input: 'y\n' });

    assert.is(exitCode, 2);
    assert.match(messages, /There is no terminal to ask on\.\n.*Add `--force`/);
    assert.equal(calls(), ['GET /v3/apps']);
  });

  it('asks on a terminal, and takes anything but yes for no', async (scope) => {
    const { home, calls } = await recordedApi(scope, done);

    for (const answer of ['n\n', '\n', 'yo\n', '']) {
      const { exitCode, output, messages } = await runCli(['delete', 'hello'], {
        home,
        input: answer,
        isTerminal: true,
      });
      assert.is(exitCode, 0);
      assert.is(output, 'hello was not deleted.\n');
      assert.is(messages, 'Delete hello with all its files and settings? [y/N] ');
    }
    assert.not.ok(calls().some((call) => call.startsWith('DELETE')));

    const yes = await runCli(['delete', 'hello'], { home, input: 'Yes\n', isTerminal: true });
    assert.is(yes.output, 'hello is deleted.\n');
  });

  it('is content when there is no such app', async (scope) => {
    const { home } = await recordedApi(scope, { 'GET /v3/apps': pageOf([]) });

    const { exitCode, output } = await runCli(['delete', 'hello'], { home });

    assert.is(exitCode, 0);
    assert.is(output, "There is no app named 'hello'.\n");
  });
});
