import * as assert from 'uvu/assert';
import { staging } from '#contract/staging.ts';
import { describe } from '../../../support/spec.ts';
import { refusalOf, sinatraApp, startV1, untilRunning, uploadFiles } from './start-v1.ts';

describe('an app that was made to be started', (it) => {
  it('is started by the first change after its bits came', async (scope) => {
    const api = await startV1(scope);
    const made = await api.v1('POST', '/apps', { body: { ...sinatraApp, state: 'STARTED' } });
    const look = async () => (await api.v1('GET', '/apps/hello')).body;
    const change = (env: string[]) => api.v1('PUT', '/apps/hello', { body: { env } });

    const before = await look();
    const early = await change(['A=1']);
    await uploadFiles(api, 'hello', { 'app.rb': 'require "sinatra"\n' });
    const uploaded = await look();
    const late = await change(['A=2']);
    await untilRunning(api, 'hello');

    assert.equal([made.status, early.status, late.status], [302, 200, 200]);
    for (const { state, version, runningInstances } of [before, uploaded]) {
      assert.equal([state, version, runningInstances], ['STARTED', null, 0]);
    }
    const { state, version, env } = await look();
    assert.equal([state, env], ['STARTED', ['A=2']]);
    assert.match(version, /^[0-9a-f]{40}-1$/);
  });

  it('can be stopped, is not started without bits, and is stopped when they are no good', async (scope) => {
    const api = await startV1(scope, { peers: false });
    scope.use(
      api.bus.answer(staging, () => ({
        task_id: '0'.repeat(32),
        task_log: '',
        error: 'Staging task failed:\n no luck',
      })),
    );
    await api.bus.flush();
    const make = (name: string) =>
      api.v1('POST', '/apps', { body: { ...sinatraApp, name, uris: [], state: 'STARTED' } });
    const stateOf = async (name: string) => (await api.v1('GET', `/apps/${name}`)).body.state;
    for (const name of ['one', 'two', 'three']) await make(name);
    const { resources } = (await api.ask('GET', '/v3/apps?names=two')).body;

    const stopped = await api.v1('PUT', '/apps/one', { body: { state: 'STOPPED' } });
    const later = await api.ask('POST', `/v3/apps/${resources[0].guid}/actions/start`);
    await uploadFiles(api, 'three', { 'app.rb': 'x' });
    const failed = await api.v1('PUT', '/apps/three', { body: { instances: 2 } });

    assert.equal([stopped.status, await stateOf('one')], [200, 'STOPPED']);
    assert.equal([later.status, later.body.errors[0].detail], [422, 'Assign a droplet before starting this app.']);
    assert.match(refusalOf(failed), '500 310 Staging failed');
    assert.equal([await stateOf('two'), await stateOf('three')], ['STARTED', 'STOPPED']);
  });
});
