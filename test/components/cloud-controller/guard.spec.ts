import * as assert from 'uvu/assert';
import { checkToken } from '#contract/tokens.ts';
import { describe } from '../../support/spec.ts';
import { send, startCloudController } from './start-cloud-controller.ts';

describe('the guard of the API', (it) => {
  it('answers without a token only what clients ask before they log in', async (scope) => {
    const { base } = await startCloudController(scope);
    const statusOf = async (path: string) => (await send(base, 'GET', path)).status;

    for (const path of ['/', '/v3', '/v3/', '/login']) assert.is(await statusOf(path), 200, path);
    for (const path of ['/v3/apps', '/v3/nothing', '/v2/apps', '/localpaas/v1/info', '/localpaas/v1/nothing']) {
      assert.is(await statusOf(path), 401, path);
    }
  });

  it('tells a missing token from a wrong one', async (scope) => {
    const { base } = await startCloudController(scope);

    const missing = await send(base, 'GET', '/v3/apps');
    const wrong = await send(base, 'GET', '/v3/apps', { token: 'e30.e30.e30' });
    const basic = await send(base, 'GET', '/v3/apps', { headers: { authorization: 'Basic Y2Y6' } });

    assert.equal(missing.body, {
      errors: [{ code: 10002, title: 'CF-NotAuthenticated', detail: 'Authentication error' }],
    });
    for (const { status, body } of [wrong, basic]) {
      assert.is(status, 401);
      assert.equal(body, { errors: [{ code: 1000, title: 'CF-InvalidAuthToken', detail: 'Invalid Auth Token' }] });
    }
  });

  it('knows nothing of v2, and says so in words older clients print', async (scope) => {
    const api = await startCloudController(scope);

    const info = await api.ask('GET', '/v2/info', { token: null });

    assert.is(info.status, 404);
    assert.equal(Object.keys(info.body), ['code', 'error_code', 'description']);
    assert.match(info.body.description, /v3 only: use cf v8/);
  });

  it('refuses pages of other sites, whatever token they show', async (scope) => {
    const api = await startCloudController(scope);
    const from = (origin: string) => api.ask('GET', '/v3/apps', { headers: { origin } });

    for (const origin of [
      'https://evil.example',
      'null',
      'http://hello.localhost:8080',
      'http://localhost.evil.example',
      'file://',
    ]) {
      const answer = await from(origin);
      assert.is(answer.status, 403, origin);
      assert.is(answer.body.errors[0].detail, `Pages of ${origin} may not use this API.`);
    }
    for (const origin of ['http://localhost:8080', 'http://127.0.0.1:1', 'http://[::1]:80', 'http://api.localhost']) {
      assert.is((await from(origin)).status, 200, origin);
    }
  });

  it('refuses logins from pages of other sites', async (scope) => {
    const api = await startCloudController(scope);

    const answer = await api.ask('POST', '/oauth/token', { headers: { origin: 'https://evil.example' }, body: 'x' });

    assert.is(answer.status, 403);
  });

  it('answers only under its own names, so that no foreign name can be made to lead here', async (scope) => {
    const api = await startCloudController(scope, { options: { domain: 'paas.test', hostNames: ['My-Box'] } });
    const statusUnder = async (host: string) => (await api.ask('GET', '/v3/apps', { headers: { host } })).status;

    for (const host of [
      'rebound.example',
      'paas.test.evil.example',
      'evil.example:8080',
      'x@localhost',
      '8.8.8.8',
      'app.paas.test',
    ]) {
      assert.is(await statusUnder(host), 403, host);
    }
    for (const host of [
      'api.paas.test:8080',
      'LOCALHOST:8080',
      'my-box',
      'paas.test.',
      '[::1]:8080',
      '127.0.0.9',
      'uaa.paas.test',
    ]) {
      assert.is(await statusUnder(host), 200, host);
    }
  });

  it('tells other parts over the bus whether a token is good', async (scope) => {
    const { bus, ask, admin } = await startCloudController(scope);
    const login = await ask('POST', '/oauth/token', {
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      token: null,
      body: `grant_type=client_credentials&client_id=${admin.user}&client_secret=${admin.password}`,
    });

    const good = await bus.ask(checkToken, { token: login.body.access_token }, { limitMs: 15_000 });
    const bad = await bus.ask(checkToken, { token: 'nonsense' }, { limitMs: 15_000 });

    assert.is(good.valid, true);
    assert.is(good.user, admin.user);
    assert.ok((good.expires_at ?? 0) > Date.now() / 1000 + 7_000);
    assert.equal(bad, { valid: false });
  });
});
