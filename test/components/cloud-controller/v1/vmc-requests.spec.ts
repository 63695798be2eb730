import * as assert from 'uvu/assert';
import { type RawAnswer, sendRaw } from '../../../support/raw-http.ts';
import { describe, type Scope } from '../../../support/spec.ts';
import { recordedRequests } from './recorded.ts';
import { runningApp, startV1, uploadFiles } from './start-v1.ts';

async function startReplay(scope: Scope) {
  const [api, recorded] = await Promise.all([startV1(scope), recordedRequests()]);
  const replay = (name: string, token = api.token): Promise<RawAnswer> => {
    const request = recorded.get(name);
    if (request === undefined) throw new Error(`Nothing was recorded as ${name}.`);
    return sendRaw(api.port, request.bytes(token));
  };
  return { api, replay };
}

const bodyOf = ({ text }: RawAnswer) => JSON.parse(text);

describe('requests of vmc 0.3.17, byte for byte', (it) => {
  it('learns what this cloud is', async (scope) => {
    const { replay } = await startReplay(scope);

    const answer = await replay('GET /info');

    const { name, build, version, support, user, frameworks } = bodyOf(answer);
    assert.is(answer.status, 200);
    assert.equal([name, build, typeof version, typeof support, user], ['vcap', 2222, 'string', 'string', undefined]);
    assert.is(frameworks.sinatra.runtimes[1].name, 'ruby19');
  });

  it('logs in with a token that its other requests show', async (scope) => {
    const { api, replay } = await startReplay(scope);

    const answer = await replay('POST /users/a%40b.c/tokens');

    assert.is(answer.status, 200);
    const { token } = bodyOf(answer);
    assert.match(token, /^\S+$/);
    assert.is((await api.v1('GET', '/apps', { headers: { authorization: token } })).status, 200);
  });

  it('makes an app', async (scope) => {
    const { api, replay } = await startReplay(scope);

    const answer = await replay('POST /apps');

    assert.is(answer.status, 302);
    assert.is(answer.headers.get('location'), 'http://127.0.0.1:19298/apps/hello');
    assert.equal(bodyOf(answer), { result: 'success', redirect: 'http://127.0.0.1:19298/apps/hello' });
    const { body } = await api.v1('GET', '/apps/hello');
    assert.equal(
      [body.uris, body.instances, body.staging, body.resources.memory, body.state],
      [['hello.vcap.me'], 1, { model: 'sinatra', stack: 'ruby19' }, 128, 'STOPPED'],
    );
  });

  it('asks which files need not be sent', async (scope) => {
    const { replay } = await startReplay(scope);

    const answer = await replay('POST /resources');

    assert.equal([answer.status, answer.text], [200, '[]']);
  });

  it('uploads; what is no zip is refused and leaves nothing', async (scope) => {
    const { api, replay } = await startReplay(scope);
    await replay('POST /apps');

    const answer = await replay('POST /apps/hello/application');

    assert.is(answer.status, 400);
    assert.is(bodyOf(answer).code, 402);
    assert.match(bodyOf(answer).description, /zip/);
    assert.equal((await api.ask('GET', '/v3/packages')).body.resources, []);
    assert.is((await uploadFiles(api, 'hello', { 'app.rb': 'puts' })).status, 200);
  });

  it('starts, which stages first', async (scope) => {
    const { api, replay } = await startReplay(scope);
    await replay('POST /apps');
    await uploadFiles(api, 'hello', { 'app.rb': 'require "sinatra"\n' });

    const answer = await replay('PUT /apps/hello');

    assert.equal([answer.status, answer.text], [200, '']);
    const { body } = await api.v1('GET', '/apps/hello');
    assert.is(body.state, 'STARTED');
    assert.match(body.version, /^[0-9a-f]{40}-1$/);
  });

  it('reads statistics and looks for files', async (scope) => {
    const { api, replay } = await startReplay(scope);
    await runningApp(api);

    const stats = await replay('GET /apps/hello/stats');
    const file = await replay('GET /apps/hello/instances/0/files/%2Flogs%2Fstdout.log');

    assert.is(bodyOf(stats)['0'].state, 'RUNNING');
    assert.equal([file.status, bodyOf(file).code], [500, 306]); // the DEA played here serves no files
  });

  it('hears that an app is not there, and that a token is not good', async (scope) => {
    const { replay } = await startReplay(scope);

    const missing = await replay('GET /apps/nope');
    const stranger = await replay('GET /apps/nope', '04085b0849220a');

    assert.equal([missing.status, missing.text], [404, `{"code":301,"description":"There is no app 'nope'."}`]);
    assert.equal([stranger.status, bodyOf(stranger).code], [403, 200]);
  });
});
