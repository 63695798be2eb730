import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { ApiClient } from '#cli/api-client.ts';
import { ApiRefusal, isNotFound } from '#cli/api-refusal.ts';
import { App } from '#contract/api/resources.ts';
import { ActionableError } from '#ground/errors.ts';
import { listen } from '#ground/ports.ts';
import { freePort } from '../support/free-port.ts';
import { scratchDirectory } from '../support/scratch.ts';
import { describe, type Scope } from '../support/spec.ts';
import { appResource, homeFor, pageOf, type RecordedAnswer, recordedApi, refusal } from './recorded-api.ts';

const signal = new AbortController().signal;
const token: RecordedAnswer = {
  body: { access_token: 'second', refresh_token: 'again-2', token_type: 'bearer', expires_in: 7200 },
};

async function errorOf(work: Promise<unknown>): Promise<ActionableError> {
  try {
    await work;
  } catch (error) {
    if (error instanceof ActionableError) return error;
    throw error;
  }
  throw new Error('It did not fail.');
}

/** What becomes of a request that gets this answer. */
async function errorFor(scope: Scope, answer: RecordedAnswer): Promise<ActionableError> {
  const { home } = await recordedApi(scope, { 'GET /v3/apps/x': answer });
  return errorOf((await ApiClient.open({ home, signal })).get('/v3/apps/x', App));
}

describe('api client', (it) => {
  it('asks logged in, and understands the answer', async (scope) => {
    const { home, requests } = await recordedApi(scope, { 'GET /v3/apps/x': { body: appResource('hello') } });
    const api = await ApiClient.open({ home, signal });

    const app = await api.get('/v3/apps/x', App);

    assert.is(app.name, 'hello');
    assert.is(requests[0]?.headers.authorization, 'bearer first');
  });

  it('reads lists page after page, at its own address whatever the links say', async (scope) => {
    const { home, calls } = await recordedApi(scope, {
      'GET /v3/apps': ({ query }) =>
        query.get('page') === '2'
          ? pageOf([appResource('two')])
          : pageOf([appResource('one')], 'http://api.elsewhere.example/v3/apps?names=a%2Cb&page=2'),
    });
    const api = await ApiClient.open({ home, signal });

    const apps = await api.list('/v3/apps?names=a%2Cb', App);

    assert.equal(
      apps.map(({ name }) => name),
      ['one', 'two'],
    );
    assert.equal(calls(), ['GET /v3/apps', 'GET /v3/apps']);
  });

  it('renews a login that is about to run out, once for all requests, and keeps the new one for its owner only', async (scope) => {
    const { home, calls, requests } = await recordedApi(
      scope,
      { 'POST /oauth/token': token, 'GET /v3/apps/x': { body: appResource('hello') } },
      { expiresInMs: 30_000 },
    );
    const api = await ApiClient.open({ home, signal });

    await Promise.all([api.get('/v3/apps/x', App), api.get('/v3/apps/x', App)]);

    assert.equal(calls(), ['POST /oauth/token', 'GET /v3/apps/x', 'GET /v3/apps/x']);
    const [renewal, first] = requests;
    assert.is(renewal?.body, 'grant_type=refresh_token&refresh_token=again');
    assert.is(renewal?.headers.authorization, 'Basic Y2Y6');
    assert.match(renewal?.headers.host ?? '', /^uaa\.localhost:\d+$/);
    assert.is(first?.headers.authorization, 'bearer second');
    const path = join(home, 'cli', 'login.json');
    const login = JSON.parse(await readFile(path, 'utf8'));
    assert.is(login.accessToken, 'second');
    assert.is(login.refreshToken, 'again-2');
    assert.is(login.loggedInAt, 42);
    assert.ok(login.expiresAt > Date.now() + 7_000_000);
    assert.is((await stat(path)).mode & 0o777, 0o600);
  });

  it('renews a login the platform does not know any more, and asks again', async (scope) => {
    const { home, calls } = await recordedApi(scope, {
      'POST /oauth/token': token,
      'GET /v3/apps/x': ({ headers }) =>
        headers.authorization === 'bearer second'
          ? { body: appResource('hello') }
          : refusal(401, 'CF-InvalidAuthToken', 'Invalid Auth Token'),
    });

    await (await ApiClient.open({ home, signal })).get('/v3/apps/x', App);

    assert.equal(calls(), ['GET /v3/apps/x', 'POST /oauth/token', 'GET /v3/apps/x']);
  });

  it('says how to log in when that fails too', async (scope) => {
    const { home } = await recordedApi(scope, {
      'POST /oauth/token': { status: 401, body: { error: 'invalid_token', error_description: 'gone' } },
      'GET /v3/apps/x': refusal(401, 'CF-InvalidAuthToken', 'Invalid Auth Token'),
    });

    const error = await errorOf((await ApiClient.open({ home, signal })).get('/v3/apps/x', App));

    assert.is(error.code, 'API_REFUSED');
    assert.is(error.message, 'The login is not valid any more.');
    assert.match(error.remedy, /localpaas up/);
  });

  it("passes on the platform's own words when it refuses", async (scope) => {
    const error = await errorFor(scope, refusal(422, 'CF-UnprocessableEntity', 'Memory is\u001b[2J too large.'));

    assert.instance(error, ApiRefusal);
    assert.is(error.code, 'API_REFUSED');
    assert.is(error.message, 'Memory is [2J too large.');
    assert.ok(error.remedy.length > 0);
    assert.ok(isNotFound(await errorFor(scope, refusal(404, 'CF-ResourceNotFound', 'App not found'))));
  });

  it('asks again when the platform has a moment’s trouble, but never sends a change twice', async (scope) => {
    let failures = 2;
    const busy = () => {
      failures -= 1;
      return failures >= 0 ? { status: 503, body: 'busy' } : { body: appResource('hello') };
    };
    const { home, calls } = await recordedApi(scope, {
      'GET /v3/apps/x': busy,
      'POST /v3/apps': { status: 503, body: '' },
    });
    const api = await ApiClient.open({ home, signal });

    assert.is((await api.get('/v3/apps/x', App)).name, 'hello');
    const error = await errorOf(api.post('/v3/apps', {}, App));

    assert.is(error.code, 'NOBODY_ANSWERED');
    assert.match(error.message, /The router answers, but nothing behind it does: POST \/v3\/apps got status 503\./);
    assert.equal(
      calls().filter((call) => call.startsWith('POST')),
      ['POST /v3/apps'],
    );
  });

  it('tells that something else answers', async (scope) => {
    for (const answer of [
      { body: '<html>It works!</html>' },
      { status: 404, body: '<html>It works!</html>' },
      { status: 200, body: '' },
    ]) {
      const error = await errorFor(scope, answer);

      assert.is(error.code, 'NOBODY_ANSWERED');
      assert.match(error.message, /^What answers is not localpaas: GET \/v3\/apps\/x got status/);
    }
  });

  it('tells that the router knows no API yet', async (scope) => {
    const error = await errorFor(scope, {
      status: 404,
      headers: { 'x-cf-routererror': 'unknown_route' },
      body: 'none',
    });

    assert.is(error.code, 'NOBODY_ANSWERED');
    assert.match(error.message, /nothing behind it does/);
  });

  it('tells that an answer is not what it should be, and of which version', async (scope) => {
    const error = await errorFor(scope, { body: { ...appResource('hello'), name: 7 } });

    assert.match(error.message, /^The answer to GET \/v3\/apps\/x cannot be understood: name: /);
    assert.match(error.remedy, /runs version 9\.9\.9/);
  });

  it('tells that nobody answers', async (scope) => {
    const empty = await scratchDirectory(scope);
    const none = await errorOf(ApiClient.open({ home: empty, signal }));
    assert.is(none.code, 'NOBODY_ANSWERED');
    assert.is(none.message, `No localpaas runs with the home ${empty}.`);
    assert.is(none.remedy, 'Start one with `localpaas up`.');

    const port = await freePort();
    const home = await homeFor(scope, `http://127.0.0.1:${port}`);
    const refused = await errorOf((await ApiClient.open({ home, signal })).get('/v3/apps/x', App));
    assert.is(refused.code, 'NOBODY_ANSWERED');
    assert.is(refused.message, `No localpaas answers at http://127.0.0.1:${port}.`);
  });

  it('tells that the platform went away in the middle of an answer', async (scope) => {
    const server = createServer((socket) => {
      socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n{"a":'));
    });
    const port = await listen(server, { host: '127.0.0.1', port: 0, who: 'The test' });
    scope.defer(() => new Promise((resolve) => server.close(resolve)));
    const home = await homeFor(scope, `http://127.0.0.1:${port}`);

    const error = await errorOf((await ApiClient.open({ home, signal })).get('/v3/apps/x', App));

    assert.is(error.code, 'NOBODY_ANSWERED');
    assert.match(error.message, /stopped answering/);
  });

  it('tells that it is not logged in, also when the login is damaged', async (scope) => {
    const home = await homeFor(scope, 'http://127.0.0.1:1');
    const path = join(home, 'cli', 'login.json');
    await writeFile(path, '{"accessToken":');
    assert.match(
      (await errorOf(ApiClient.open({ home, signal }))).message,
      /not logged in.*login\.json is missing or damaged/,
    );

    await rm(path);
    assert.match((await errorOf(ApiClient.open({ home, signal }))).message, /not logged in/);
  });

  it('ends with the reason of an interruption, also while it waits', async (scope) => {
    const stop = new AbortController();
    const reason = new Error('enough');
    const { home } = await recordedApi(scope, {
      'GET /v3/apps/x': async () => {
        stop.abort(reason);
        return { status: 503, body: '' };
      },
    });
    const api = await ApiClient.open({ home, signal: stop.signal });

    try {
      await api.get('/v3/apps/x', App);
      assert.unreachable();
    } catch (error) {
      assert.is(error, reason);
    }
  });
});
