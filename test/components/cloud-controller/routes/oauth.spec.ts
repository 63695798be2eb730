import * as assert from 'uvu/assert';
import { describe } from '../../../support/spec.ts';
import { type Answer, basic, type RunningApi, send, startCloudController } from '../start-cloud-controller.ts';

describe('the login', (it) => {
  it('asks for a name and a password', async (scope) => {
    const { base } = await startCloudController(scope);

    const { body } = await send(base, 'GET', '/login');

    assert.equal(body.prompts, { username: ['text', 'Username'], password: ['password', 'Password'] });
    assert.is(body.links.login, base);
  });

  it('gives tokens with the claims clients read', async (scope) => {
    const api = await startCloudController(scope);

    const { status, body } = await logIn(api, api.admin);

    assert.is(status, 200);
    assert.is(body.token_type, 'bearer');
    assert.is(body.expires_in, 7_200);
    const claims = claimsOf(body.access_token);
    const now = Date.now() / 1000;
    assert.is(claims['user_name'], api.admin.user);
    assert.match(String(claims['user_id']), /^[0-9a-f-]{36}$/);
    assert.is(claims['origin'], 'uaa');
    assert.is(claims['client_id'], 'cf');
    assert.ok(Array.isArray(claims['scope']) && claims['scope'].includes('cloud_controller.admin'));
    assert.is(claims['jti'], body.jti);
    assert.ok(Math.abs(Number(claims['exp']) - now - 7_200) < 60);
    assert.is((await api.ask('GET', '/v3/apps', { token: body.access_token })).status, 200);
  });

  it('refuses a wrong name or password in the words clients wait for', async (scope) => {
    const api = await startCloudController(scope);

    for (const wrong of [
      { ...api.admin, password: 'wrong' },
      { ...api.admin, user: 'root' },
      { user: '', password: '' },
    ]) {
      const { status, body } = await logIn(api, wrong);
      assert.is(status, 401);
      assert.equal(body, { error: 'unauthorized', error_description: 'Bad credentials' });
    }
  });

  it('lets people in through the client of cf only', async (scope) => {
    const api = await startCloudController(scope);

    for (const authorization of [null, basic('cf', 'secret'), basic('other', ''), 'bearer x']) {
      const { status } = await logIn(api, api.admin, authorization);
      assert.is(status, 401, String(authorization));
    }
  });

  it('renews a login with its refresh token, and with nothing else', async (scope) => {
    const api = await startCloudController(scope);
    const login = (await logIn(api, api.admin)).body;

    const renewed = await refresh(api, login.refresh_token);

    assert.is(renewed.status, 200);
    assert.is((await api.ask('GET', '/v3/apps', { token: renewed.body.access_token })).status, 200);
    assert.is((await refresh(api, renewed.body.refresh_token)).status, 200);
    for (const wrong of [login.access_token, 'nonsense', '']) {
      const { status, body } = await refresh(api, wrong);
      assert.is(status, 401);
      assert.is(body.error, 'invalid_token');
    }
    assert.is((await api.ask('GET', '/v3/apps', { token: login.refresh_token })).status, 401);
  });

  it('gives programs a token without a user', async (scope) => {
    const api = await startCloudController(scope);
    const { user, password } = api.admin;
    const form = { grant_type: 'client_credentials', client_id: user, client_secret: password };

    const { status, body } = await token(api, form, null);

    assert.is(status, 200);
    assert.is(body.refresh_token, undefined);
    const claims = claimsOf(body.access_token);
    assert.is(claims['client_id'], user);
    for (const claim of ['user_name', 'user_id', 'origin']) assert.is(claims[claim], undefined);
    assert.is((await api.ask('GET', '/v3/apps', { token: body.access_token })).status, 200);
    assert.is((await token(api, { ...form, client_secret: 'wrong' }, null)).status, 401);
  });

  it('refuses ways to log in that it does not have', async (scope) => {
    const api = await startCloudController(scope);

    assert.equal((await token(api, { grant_type: 'magic' })).body, {
      error: 'unsupported_grant_type',
      error_description: "Unsupported grant type: 'magic'",
    });
    assert.is((await token(api, { grant_type: 'password', passcode: '123' })).status, 401);
    assert.is((await token(api, { grant_type: 'password', password: 'x'.repeat(20_000) })).status, 413);
  });

  it('lets a token run out', async (scope) => {
    const api = await startCloudController(scope, { options: { accessTokenSeconds: 4, refreshTokenSeconds: 4 } });
    const login = (await logIn(api, api.admin)).body;
    const until = (Number(claimsOf(login.access_token)['exp']) + 0.05) * 1000;
    assert.is((await api.ask('GET', '/v3/apps', { token: login.access_token })).status, 200);

    await new Promise((resolve) => setTimeout(resolve, until - Date.now()));

    assert.is((await api.ask('GET', '/v3/apps', { token: login.access_token })).status, 401);
    assert.is((await refresh(api, login.refresh_token)).status, 401);
  });

  it('refuses tokens that somebody else signed, or nobody', async (scope) => {
    const [ours, theirs] = [await startCloudController(scope), await startCloudController(scope)];
    const foreign = (await logIn(theirs, theirs.admin)).body.access_token as string;
    const [, claims = '', signature = ''] = foreign.split('.');
    const unsigned = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${claims}.`;

    for (const token of [foreign, unsigned, `${unsigned}${signature}`]) {
      assert.is((await ours.ask('GET', '/v3/apps', { token })).status, 401);
    }
  });

  it('keeps logins over a restart', async (scope) => {
    const first = await startCloudController(scope);
    const login = (await logIn(first, first.admin)).body;
    await first.running[Symbol.asyncDispose]();

    const second = await startCloudController(scope, { again: first });

    assert.is((await second.ask('GET', '/v3/apps', { token: login.access_token })).status, 200);
    assert.is((await refresh(second, login.refresh_token)).status, 200);
    assert.equal(second.admin, first.admin);
    assert.equal(second.places, first.places);
  });
});

/** @param authorization none when null */
function token(
  api: RunningApi,
  form: Record<string, string>,
  authorization: string | null = basic('cf', ''),
): Promise<Answer> {
  const shown = authorization === null ? {} : { authorization };
  return send(api.base, 'POST', '/oauth/token', {
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...shown },
    body: new URLSearchParams(form).toString(),
  });
}

function logIn(
  api: RunningApi,
  { user, password }: RunningApi['admin'],
  authorization?: string | null,
): Promise<Answer> {
  return token(api, { grant_type: 'password', username: user, password }, authorization);
}

function refresh(api: RunningApi, refresh_token: string): Promise<Answer> {
  return token(api, { grant_type: 'refresh_token', refresh_token });
}

function claimsOf(jwt: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString()) as Record<string, unknown>;
}
