import * as assert from 'uvu/assert';
import * as v from 'valibot';
import { Sidecar } from '#contract/api/resources.ts';
import { describe } from '../../../support/spec.ts';
import { applyManifest, createApp, refusalIn } from '../create.ts';
import { startCloudController } from '../start-cloud-controller.ts';

const cache = { name: 'cache', command: './cache', process_types: ['web'], memory_in_mb: 16 };

describe('the sidecars of the API', (it) => {
  it('are made, listed by app and by process, changed and taken away', async (scope) => {
    const api = await startCloudController(scope);
    const app = await createApp(api, 'shop');

    const made = await api.ask('POST', `/v3/apps/${app}/sidecars`, { body: cache });
    await api.ask('POST', `/v3/apps/${app}/sidecars`, {
      body: { name: 'other', command: 'x', process_types: ['worker'] },
    });

    assert.is(made.status, 201);
    assert.ok(v.is(Sidecar, made.body), made.text);
    assert.equal(made.body['relationships'], { app: { data: { guid: app } } });
    assert.is(made.body.origin, 'user');
    const names = async (path: string) =>
      (await api.ask('GET', path)).body.resources.map(({ name }: { name: string }) => name);
    assert.equal(await names(`/v3/apps/${app}/sidecars`), ['cache', 'other']);
    assert.equal(await names(`/v3/processes/${app}/sidecars`), ['cache']);

    const path = `/v3/sidecars/${made.body.guid}`;
    const changed = await api.ask('PATCH', path, { body: { command: './cache2', process_types: ['web', 'worker'] } });
    assert.is(changed.status, 200);
    assert.equal((await api.ask('GET', path)).body, changed.body);
    const { name, command, process_types, memory_in_mb } = changed.body;
    assert.equal(
      { name, command, process_types, memory_in_mb },
      { ...cache, command: './cache2', process_types: ['web', 'worker'] },
    );

    assert.is((await api.ask('DELETE', path)).status, 204);
    assert.is(refusalIn(await api.ask('GET', path)), '404 Sidecar not found');
    assert.equal(await names(`/v3/apps/${app}/sidecars`), ['other']);
  });

  it('that cannot be are refused', async (scope) => {
    const api = await startCloudController(scope, { options: { defaultMemoryMb: 100 } });
    const app = await createApp(api, 'shop');
    await api.ask('POST', `/v3/apps/${app}/sidecars`, { body: cache });
    const refusal = async (change: object) =>
      refusalIn(await api.ask('POST', `/v3/apps/${app}/sidecars`, { body: { ...cache, name: 'new', ...change } }));

    assert.is(await refusal({ name: 'cache' }), "422 Sidecar with name 'cache' already exists for app 'shop'");
    assert.is(await refusal({ name: ' ' }), "422 Name can't be blank");
    assert.match(await refusal({ name: 'a/b' }), /^422 Name must not contain/);
    assert.is(await refusal({ command: '' }), "422 Command can't be blank");
    assert.is(await refusal({ process_types: [] }), '422 Process types must have at least 1 process_type');
    assert.match(await refusal({ memory_in_mb: 0 }), /^422 memory_in_mb: must be at least 1/);
    assert.match(await refusal({ memory_in_mb: 84 }), /^422 The sidecars of the process 'web' need 100M of its 100M/);
    assert.match(await refusal({ colour: 'red' }), /Unknown field/);
    const scale = await api.ask('POST', `/v3/processes/${app}/actions/scale`, { body: { memory_in_mb: 16 } });
    assert.match(refusalIn(scale), /^422 The sidecars of the process 'web' need 16M of its 16M/);
    assert.is((await api.ask('GET', `/v3/apps/${app}/sidecars`)).body.resources.length, 1);
  });

  it('come from a manifest, too, and go into one', async (scope) => {
    const api = await startCloudController(scope);
    const entry = { name: 'cache', process_types: ['web'], command: './cache', memory: '16M' };
    const manifest = (sidecar: object) => JSON.stringify({ applications: [{ name: 'shop', sidecars: [sidecar] }] });

    await applyManifest(api, manifest(entry));
    const again = await applyManifest(api, manifest({ ...entry, command: './faster' }));

    assert.is(again.body.state, 'COMPLETE');
    const [app] = (await api.ask('GET', '/v3/apps')).body.resources;
    const { resources } = (await api.ask('GET', `/v3/apps/${app.guid}/sidecars`)).body;
    assert.is(resources.length, 1);
    assert.is(resources[0].command, './faster');
    assert.is(resources[0].memory_in_mb, 16);
    const written = await api.ask('GET', `/v3/apps/${app.guid}/manifest`);
    assert.match(written.text, /sidecars:\s+- name: "?cache"?\s+process_types:\s+- "?web"?\s+command: "?\.\/faster/);
    const twice = JSON.stringify({ applications: [{ name: 'shop', sidecars: [entry, entry] }] });
    assert.match(refusalIn(await applyManifest(api, twice)), /The sidecar 'cache' is there twice/);
    assert.match(
      refusalIn(await applyManifest(api, manifest({ ...entry, memory: '16' }))),
      /For application 'shop': The memory of the sidecar 'cache' needs a unit/,
    );
  });
});
