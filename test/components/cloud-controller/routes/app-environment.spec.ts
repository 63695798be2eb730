import * as assert from 'uvu/assert';
import { describe } from '../../../support/spec.ts';
import { createApp, refusalIn } from '../create.ts';
import { type RunningApi, startCloudController } from '../start-cloud-controller.ts';

const setIn = (api: RunningApi, guid: string, changes: unknown) =>
  api.ask('PATCH', `/v3/apps/${guid}/environment_variables`, { body: { var: changes } });

describe("an app's environment", (it) => {
  it('is set, shown and taken away', async (scope) => {
    const api = await startCloudController(scope);
    const guid = await createApp(api, 'env', { environment_variables: { KEPT: '1' } });

    await setIn(api, guid, { FOO: 'bar', GONE: 'x' });
    const changed = await setIn(api, guid, { GONE: null, NEVER: null });

    assert.equal(changed.body.var, { KEPT: '1', FOO: 'bar' });
    const shown = (await api.ask('GET', `/v3/apps/${guid}/env`)).body;
    assert.equal(shown.environment_variables, { KEPT: '1', FOO: 'bar' });
    assert.equal(shown.system_env_json, { VCAP_SERVICES: {} });
    assert.is(shown.application_env_json.VCAP_APPLICATION.application_name, 'env');
    assert.equal(shown.application_env_json.VCAP_APPLICATION.limits, { mem: 256, disk: 1024, fds: 16_384 });
  });

  it('arrives byte for byte, also after a restart', async (scope) => {
    const first = await startCloudController(scope);
    const guid = await createApp(first, 'bytes');
    const values = {
      QUOTES: '"\'`\\',
      LINES: 'a\r\nb\n',
      DOLLAR: '$(x) $HOME',
      WORLD: 'Grüße 🚀\u2028',
      LONG: '\n"'.repeat(50_000),
      constructor: 'c',
      ['__proto__']: 'p',
    };

    assert.is((await setIn(first, guid, values)).status, 200);
    await first.running[Symbol.asyncDispose]();
    const second = await startCloudController(scope, { again: first });

    assert.equal((await second.ask('GET', `/v3/apps/${guid}/environment_variables`)).body.var, values);
  });

  it('refuses what no program can be given, and changes nothing then', async (scope) => {
    const api = await startCloudController(scope);
    const guid = await createApp(api, 'strict', { environment_variables: { OLD: '1' } });
    const refusal = async (changes: unknown) => refusalIn(await setIn(api, guid, changes));

    assert.match(
      await refusal({ OLD: '2', NUL: 'a\u0000b' }),
      /^422 The value of environment variable NUL contains a NUL character/,
    );
    assert.match(
      await refusal({ OLD: '2', N: 7 }),
      /^422 Non-string value in environment variable for key 'N': put it in quotes/,
    );
    assert.match(await refusal({ 'A=B': 'x' }), /^422 Environment variable name "A=B" must not contain '=' or NUL/);
    assert.match(await refusal({ '': 'x' }), /^422 Environment variable names must not be empty/);
    assert.match(await refusal({ PORT: '1' }), /^422 Environment variable PORT is set by the platform/);
    assert.match(await refusal({ VCAP_X: '1' }), /^422 .*must not start with VCAP_/);
    assert.match(await refusal({ LONE: '\ud800' }), /^422 .*LONE is not valid Unicode/);
    assert.match(await refusal('x'), /^422 var: must be a mapping/);
    assert.match(await refusal(['x']), /^422 var: must be a mapping/);
    assert.match(
      await refusal({ BIG: 'x'.repeat(1_200_000) }),
      /^422 This app would take 12\d{5} bytes; at most 1000000 can be stored\. Shorten its environment/,
    );
    assert.equal((await api.ask('GET', `/v3/apps/${guid}/environment_variables`)).body.var, { OLD: '1' });
  });

  it('does not show its values in events', async (scope) => {
    const api = await startCloudController(scope);
    const guid = await createApp(api, 'secretive');

    await setIn(api, guid, { PASSWORD: 'hunter2' });

    const events = await api.ask('GET', `/v3/audit_events?target_guids=${guid}&types=audit.app.update`);
    assert.equal(events.body.resources[0].data, { request: { environment_variables: 'PASSWORD' } });
  });
});
