import * as assert from 'uvu/assert';
import * as v from 'valibot';
import { Build, Droplet, Package, ProcessStatsList } from '#contract/api/resources.ts';
import { waitFor } from '#ground/wait.ts';
import { describe, type Scope } from '../../../support/spec.ts';
import { applyManifest, createApp, refusalIn } from '../create.ts';
import { multipartOf, zipWith } from '../operations.ts';
import { playDea, playStager } from '../play-peers.ts';
import { type Answer, type RunningApi, startCloudController } from '../start-cloud-controller.ts';

describe('a push over the API', (it) => {
  it('goes from a manifest to running instances', async (scope) => {
    const api = await startWithPeers(scope);
    const { app, bits, build, droplet } = await push(api, 'hello');

    const restarted = await api.ask('POST', `/v3/apps/${app}/actions/restart`);
    const stats = await running(api, app, 1);

    assert.ok(v.safeParse(Package, bits.body).success, bits.text);
    assert.is(bits.body.state, 'READY');
    assert.match(bits.body.data.checksum.value, /^[0-9a-f]{64}$/);
    assert.ok(v.safeParse(Build, build.body).success, build.text);
    assert.is(restarted.body.state, 'STARTED');
    assert.ok(v.safeParse(ProcessStatsList, stats.body).success, stats.text);
    const current = await api.ask('GET', `/v3/apps/${app}/droplets/current`);
    assert.ok(v.safeParse(Droplet, current.body).success, current.text);
    assert.is(current.body.guid, droplet);
    assert.equal(current.body.process_types, { web: 'serve public' });
    assert.equal(current.body.buildpacks[0].name, 'static');
    assert.is((await api.ask('GET', `/v3/processes/${app}`)).body.command, 'serve public');
  });

  it('is scaled, stopped and started again', async (scope) => {
    const api = await startWithPeers(scope);
    const { app } = await push(api, 'elastic');
    await api.ask('POST', `/v3/apps/${app}/actions/start`);
    await running(api, app, 1);

    await api.ask('POST', `/v3/processes/${app}/actions/scale`, { body: { instances: 3 } });
    await running(api, app, 3);
    const stopped = await api.ask('POST', `/v3/apps/${app}/actions/stop`);
    const whenStopped = (await api.ask('GET', `/v3/processes/${app}/stats`)).body.resources;
    await api.ask('POST', `/v3/apps/${app}/actions/start`);
    await running(api, app, 3);

    assert.is(stopped.body.state, 'STOPPED');
    assert.equal(
      whenStopped.map(({ state }: { state: string }) => state),
      ['DOWN', 'DOWN', 'DOWN'],
    );
  });

  it('scales a running app through its manifest too', async (scope) => {
    const api = await startWithPeers(scope);
    const { app } = await push(api, 'planned');
    await api.ask('POST', `/v3/apps/${app}/actions/start`);
    await running(api, app, 1);

    await applyManifest(api, 'applications:\n- {name: planned, instances: 2}\n');

    await running(api, app, 2);
  });

  it('is told as events, the newest first when asked so', async (scope) => {
    const api = await startWithPeers(scope);
    const { app } = await push(api, 'eventful');
    await api.ask('POST', `/v3/apps/${app}/actions/restart`);
    await api.ask('POST', `/v3/apps/${app}/actions/stop`);
    await api.ask('POST', `/v3/apps/${app}/actions/stop`);

    const { resources } = (await api.ask('GET', `/v3/audit_events?order_by=-created_at&page=1&target_guids=${app}`))
      .body;

    const types = resources.map(({ type }: { type: string }) => type);
    assert.is(types[0], 'audit.app.stop');
    assert.is(types.at(-1), 'audit.app.create');
    for (const type of ['map-route', 'upload-bits', 'build.create', 'build.staged', 'droplet.mapped', 'restart']) {
      assert.is(types.filter((each: string) => each === `audit.app.${type}`).length, 1, type);
    }
    assert.is(types.filter((each: string) => each === 'audit.app.stop').length, 1);
    assert.is(resources[0].actor.name, api.admin.user);
  });

  it('can be fetched again: its package and its droplet', async (scope) => {
    const api = await startWithPeers(scope);
    const { bits, droplet } = await push(api, 'kept');

    const zip = await api.ask('GET', `/v3/packages/${bits.body.guid}/download`);
    const tgz = await api.ask('GET', `/v3/droplets/${droplet}/download`);

    assert.is(zip.headers['content-type'], 'application/zip');
    assert.ok(zip.text.startsWith('PK'));
    assert.is(tgz.headers['content-type'], 'application/gzip');
  });

  it('can give another app its source', async (scope) => {
    const api = await startWithPeers(scope);
    const { app, bits } = await push(api, 'source');
    const other = await createApp(api, 'copy');
    const copyTo = (guid: string, of: string) => {
      const body = { relationships: { app: { data: { guid } } } };
      return api.ask('POST', `/v3/packages?source_guid=${of}`, { body });
    };

    const copy = await copyTo(other, bits.body.guid);
    await api.ask('DELETE', `/v3/apps/${app}`);
    const zip = await api.ask('GET', `/v3/packages/${copy.body.guid}/download`);

    assert.equal([copy.status, copy.body.state, copy.body.relationships.app.data.guid], [201, 'READY', other]);
    assert.is(copy.body.data.checksum.value, bits.body.data.checksum.value);
    assert.ok(zip.text.startsWith('PK'));
    assert.match(refusalIn(await copyTo(other, 'none')), /^422 Source package is invalid/);
    assert.match(refusalIn(await copyTo('none', copy.body.guid)), /^422 App is invalid/);
  });

  it('uploads the bits of a package once', async (scope) => {
    const api = await startWithPeers(scope);
    const { bits } = await push(api, 'once');

    const again = await upload(api, bits.body.guid);

    assert.is(refusalIn(again), '422 Bits may be uploaded only once. Create a new package to upload different bits.');
  });

  it('refuses packages and builds that cannot be', async (scope) => {
    const api = await startWithPeers(scope);
    const app = await createApp(api, 'strict');
    const post = async (path: string, body: unknown) => refusalIn(await api.ask('POST', path, { body }));
    const relationships = { app: { data: { guid: app } } };
    const empty = (await api.ask('POST', '/v3/packages', { body: { type: 'bits', relationships } })).body.guid;

    assert.match(await post('/v3/packages', { type: 'docker', relationships }), /^422 Docker images are not supported/);
    assert.match(
      await post('/v3/packages', { type: 'tarball', relationships }),
      /^422 Type must be bits, not 'tarball'/,
    );
    assert.match(
      await post('/v3/packages', { type: 'bits', relationships: { app: { data: { guid: 'x' } } } }),
      /^422 App is invalid/,
    );
    assert.match(await post('/v3/packages', { type: 'bits' }), /^422 relationships: /);
    assert.match(await post('/v3/packages/none/upload', {}), /^404 Package not found/);
    assert.match(await post('/v3/builds', { package: { guid: 'none' } }), /^422 Unable to use package/);
    assert.match(
      await post('/v3/builds', { package: { guid: empty } }),
      /^422 Cannot stage package whose state is not ready \(it is AWAITING_UPLOAD\)/,
    );
    assert.match(await post('/v3/builds', { package: { guid: empty }, lifecycle: { type: 'docker' } }), /^422 Docker/);
    assert.match(
      await post('/v3/resource_matches', { resources: [{ checksum: { value: 'x' }, size_in_bytes: 1 }] }),
      /^422 resources\.0\.checksum\.value: must be a SHA-1/,
    );
    assert.match(refusalIn(await api.ask('GET', `/v3/packages/${empty}/download`)), /^422 Package has no bits/);
    const many = Array.from({ length: 5_001 }, () => ({ checksum: { value: 'a'.repeat(40) }, size_in_bytes: 1 }));
    assert.match(await post('/v3/resource_matches', { resources: many }), /^422 Resources is too many/);
  });

  it('takes all its parts with it when the app is deleted', async (scope) => {
    const api = await startWithPeers(scope);
    const { app, bits, build, droplet } = await push(api, 'gone');
    await api.ask('POST', `/v3/apps/${app}/actions/start`);
    await running(api, app, 1);

    await api.ask('DELETE', `/v3/apps/${app}`);

    for (const path of [
      `packages/${bits.body.guid}`,
      `builds/${build.body.guid}`,
      `droplets/${droplet}`,
      `processes/${app}`,
    ]) {
      assert.is((await api.ask('GET', `/v3/${path}`)).status, 404, path);
    }
  });
});

async function startWithPeers(scope: Scope): Promise<RunningApi> {
  const api = await startCloudController(scope);
  playStager(scope, api.bus);
  playDea(scope, api.bus);
  await api.bus.flush();
  return api;
}

/** Everything up to the droplet that the app is to run. */
async function push(api: RunningApi, name: string) {
  await applyManifest(api, { applications: [{ name, 'default-route': true }] });
  const app: string = (await api.ask('GET', `/v3/apps?names=${name}`)).body.resources[0].guid;
  const relationships = { app: { data: { guid: app } } };
  const made = await api.ask('POST', '/v3/packages', { body: { type: 'bits', relationships } });
  const bits = await upload(api, made.body.guid);
  const build = await api.ask('POST', '/v3/builds', { body: { package: { guid: made.body.guid } } });
  const droplet = await waitFor('the build', () => dropletOf(api, build.body.guid), { limitMs: 15_000 });
  await api.ask('PATCH', `/v3/apps/${app}/relationships/current_droplet`, { body: { data: { guid: droplet } } });
  return { app, bits, build, droplet };
}

async function upload(api: RunningApi, guid: string): Promise<Answer> {
  const bits = await zipWith({ 'index.html': 'hello' });
  const parts = [
    { name: 'resources', content: '[]' },
    { name: 'bits', content: bits, filename: 'package.zip' },
  ];
  return api.ask('POST', `/v3/packages/${guid}/upload`, multipartOf(parts));
}

async function dropletOf(api: RunningApi, build: string): Promise<string | undefined> {
  const { body, text } = await api.ask('GET', `/v3/builds/${build}`);
  if (body.state === 'FAILED') throw new Error(text);
  return body.droplet?.guid;
}

/** The statistics, once so many instances run and no other is known. */
function running(api: RunningApi, app: string, count: number): Promise<Answer> {
  return waitFor(
    `${count} running instances`,
    async () => {
      const stats = await api.ask('GET', `/v3/processes/${app}/stats`);
      const states = stats.body.resources.map(({ state }: { state: string }) => state);
      return states.length === count && states.every((state: string) => state === 'RUNNING') ? stats : undefined;
    },
    { limitMs: 15_000 },
  );
}
