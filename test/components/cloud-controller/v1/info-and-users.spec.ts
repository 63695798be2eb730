import * as assert from 'uvu/assert';
import { describe } from '../../../support/spec.ts';
import { send } from '../start-cloud-controller.ts';
import { refusalOf, runningApp, startV1 } from './start-v1.ts';

describe('info and users in the API of 2012', (it) => {
  it('tells who logged in what is used and what is allowed', async (scope) => {
    const api = await startV1(scope);
    await runningApp(api, { instances: 2 });

    const { user, limits, usage } = (await api.v1('GET', '/info')).body;

    assert.is(user, 'a@b.c');
    assert.equal(usage, { memory: 256, apps: 1, services: 0 });
    assert.ok(limits.memory > 0 && limits.apps > 1 && limits.app_uris > 1);
    assert.is(limits.services, 0);
  });

  it('lists frameworks, runtimes and services before a login', async (scope) => {
    const api = await startV1(scope, { peers: false });
    const open = async (path: string) => (await send(api.base, 'GET', path)).body;

    const [info, runtimes, services] = [
      await open('/info'),
      await open('/info/runtimes'),
      await open('/info/services'),
    ];

    assert.is(Object.keys(info.frameworks).length, 14);
    assert.equal(info.frameworks.django.detection, [{ '*.py': '.' }]);
    assert.equal(Object.keys(info.frameworks.php.runtimes[0]), ['name', 'version', 'description']);
    assert.is(runtimes.ruby19.version, '1.9.2');
    assert.equal(services, {});
  });

  it('tells a stranger nothing personal, whatever token is shown', async (scope) => {
    const api = await startV1(scope, { peers: false });

    const { status, body } = await send(api.base, 'GET', '/info', { headers: { authorization: 'made-up' } });

    assert.equal([status, body.user, body.usage], [200, undefined, undefined]);
  });

  it('takes the same token for both APIs, alone or as a bearer', async (scope) => {
    const api = await startV1(scope, { peers: false });
    const status = async (path: string, authorization: string) =>
      (await send(api.base, 'GET', path, { headers: { authorization } })).status;

    assert.is(await status('/apps', api.token), 200);
    assert.is(await status('/apps', `bearer ${api.token}`), 200);
    assert.is(await status('/v3/apps', `bearer ${api.token}`), 200);
  });

  it('gives a token that lasts a week', async (scope) => {
    const api = await startV1(scope, { peers: false });

    const claims = JSON.parse(Buffer.from(api.token.split('.')[1] ?? '', 'base64url').toString());

    assert.is(claims.exp - claims.iat, 7 * 86_400);
  });

  it('refuses wrong passwords, unknown users and requests without a token', async (scope) => {
    const api = await startV1(scope, { peers: false });
    const logIn = (user: string, body: unknown) => send(api.base, 'POST', `/users/${user}/tokens`, { body });

    assert.match(refusalOf(await logIn('a%40b.c', { password: 'wrong' })), '403 200 Operation not permitted');
    assert.match(refusalOf(await logIn('nobody', { password: 'pw' })), '403 200 Operation not permitted');
    assert.match(refusalOf(await logIn('a%40b.c', {})), '400 100 Bad request');
    assert.match(refusalOf(await send(api.base, 'GET', '/apps')), '403 200 Operation not permitted: log in first.');
  });

  it('knows the one account, and no other to act for', async (scope) => {
    const api = await startV1(scope, { peers: false });
    const as = (user: string) => api.v1('GET', '/apps', { headers: { 'proxy-user': user } });

    assert.equal((await api.v1('GET', '/users/a%40b.c')).body, { email: 'a@b.c', admin: true });
    assert.match(refusalOf(await api.v1('GET', '/users/else')), "403 201 There is no user 'else'.");
    assert.match(refusalOf(await api.v1('PUT', '/users/a%40b.c', { body: { password: 'x' } })), '403 200');
    assert.match(refusalOf(await api.v1('DELETE', '/users/a%40b.c')), '403 200');
    assert.match(refusalOf(await api.v1('POST', '/users', { body: { email: 'x', password: 'y' } })), '403 200');
    assert.is((await as('a@b.c')).status, 200);
    assert.match(refusalOf(await as('else')), '403 201');
  });

  it('has no services', async (scope) => {
    const api = await startV1(scope, { peers: false });

    assert.equal((await api.v1('GET', '/services')).body, []);
    assert.match(refusalOf(await api.v1('POST', '/services', { body: {} })), '404 503');
    assert.match(refusalOf(await api.v1('DELETE', '/services/db')), '404 503');
  });
});
