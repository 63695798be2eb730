import { readFile } from 'node:fs/promises';
import * as assert from 'uvu/assert';
import { call } from '#ground/http-client.ts';
import { waitFor } from '#ground/wait.ts';
import { describe } from '../../../support/spec.ts';
import { bring, done, droplet, playStager, staged, startWithBits } from '../bits/stager.ts';
import { createRoute, startTestOperations } from '../operations.ts';
import { hearUpdates, playDea, seen, startedApp } from './dea.ts';

describe('start', (it) => {
  it('sends a DEA everything it needs to run an instance', async (scope) => {
    const cc = await startTestOperations(scope);
    const dea = await playDea(scope, cc);
    const environment = { GREETING: 'hello world', EMPTY: '' };
    const { app, droplet } = await startedApp(cc, { environment });
    await createRoute(cc.store, app, { host: 'other', path: '/api' });

    await cc.operations.start(app);

    const { id, executableUri, executableFile, ...request } = await dea.started(1);
    assert.ok(id);
    const own = cc.address.replace('http://', '');
    assert.match(
      executableUri,
      new RegExp(`^http://dea:[\\w-]{24}@${own}/staged_droplets/${app.guid}/${droplet.sha1}$`),
    );
    assert.ok(executableFile?.endsWith(`/blobs/${droplet.sha256.slice(0, 2)}/${droplet.sha256}`));
    assert.equal(request, {
      droplet: app.guid,
      application_id: app.guid,
      process_type: 'web',
      index: 0,
      name: 'hello',
      version: `${droplet.sha1}-1`,
      uris: ['hello.localhost', 'other.localhost/api'],
      sha1: droplet.sha1,
      runtime: 'ruby',
      runtime_info: { name: 'ruby', executable: 'ruby', version_flag: '-v', version_output: '.' },
      framework: 'sinatra',
      services: [],
      limits: { mem: 256, disk: 1024, fds: 1024 },
      env: ['GREETING=hello world', 'EMPTY='],
      users: ['admin'],
      cc_partition: 'default',
      prod: false,
      debug: null,
      console: false,
      flapping: false,
      health_check: { type: 'port' },
    });
  });

  it('names the runtime as the DEA has it, which may be one of 2012', async (scope) => {
    const cc = await startTestOperations(scope);
    const dea = await playDea(scope, cc, { runtimes: ['node08', 'ruby18', 'ruby19'] });
    const { app } = await startedApp(cc, { runtime: 'ruby' });

    await cc.operations.start(app);

    const { runtime, runtime_info } = await dea.started(1);
    assert.equal([runtime, runtime_info.name, runtime_info.executable], ['ruby18', 'ruby18', 'ruby']);
  });

  it('asks for the very runtime that was chosen', async (scope) => {
    const cc = await startTestOperations(scope);
    const dea = await playDea(scope, cc, { runtimes: ['ruby18', 'ruby19'] });
    const { app } = await startedApp(cc, { runtime: 'ruby19' });

    await cc.operations.start(app);

    assert.is((await dea.started(1)).runtime_info.name, 'ruby19');
  });

  it('names the health check of the process', async (scope) => {
    const cc = await startTestOperations(scope);
    const dea = await playDea(scope, cc);
    const { app } = await startedApp(cc);
    const healthCheck = { type: 'http' as const, timeoutSeconds: 90, endpoint: '/ready' };
    await cc.store.update('app', app.guid, (now) => ({
      ...now,
      processes: now.processes.map((process) => ({ ...process, healthCheck })),
    }));

    await cc.operations.start(app);

    assert.equal((await dea.started(1)).health_check, { type: 'http', timeout: 90, endpoint: '/ready' });
  });

  it('lets a DEA fetch the droplet, and nobody else', async (scope) => {
    const { cc, app, bits } = await startWithBits(scope);
    const dea = await playDea(scope, cc);
    await playStager(scope, cc, async ({ upload_uri }) => {
      (await bring(upload_uri)).discard();
      return { ...done, runtime: 'ruby' };
    });
    const build = await staged(cc, bits);
    const started = await cc.store.update('app', app.guid, (now) => ({
      ...now,
      state: 'STARTED',
      runCount: 1,
      currentDroplet: build.droplet,
    }));

    await cc.operations.start(started);

    const { executableFile, executableUri } = await dea.started(1);
    const url = new URL(executableUri);
    assert.ok((await readFile(executableFile ?? '')).equals(droplet));
    assert.ok((await (await call(executableUri)).bytes()).equals(droplet));
    const anonymous = await call(`http://${url.host}${url.pathname}`);
    const other = await call(executableUri.replace(/[0-9a-f]{40}$/, '0'.repeat(40)));
    assert.equal([anonymous.status, other.status], [401, 404]);
    anonymous.discard();
    other.discard();
  });

  it('starts every instance, one after the other, and tells the health managers', async (scope) => {
    const cc = await startTestOperations(scope);
    const updates = await hearUpdates(scope, cc);
    const dea = await playDea(scope, cc);
    const { app } = await startedApp(cc, { instances: 3 });

    await cc.operations.start(app);
    await dea.started(3);
    await waitFor('the news', () => updates[0], { limitMs: 15_000 });

    assert.equal(
      dea.starts.map(({ index }) => index),
      [0, 1, 2],
    );
    assert.equal(updates, [app.guid]);
    assert.equal(
      cc.operations.instancesOf(app).map(({ state }) => state),
      ['STARTING', 'STARTING', 'STARTING'],
    );
  });

  it('starts an app once, however often it is asked', async (scope) => {
    const cc = await startTestOperations(scope);
    const dea = await playDea(scope, cc);
    const { app } = await startedApp(cc, { instances: 2 });

    await Promise.all([cc.operations.start(app), cc.operations.start(app)]);
    await dea.started(2);
    await cc.operations.start(app);
    dea.beats();
    await seen(cc, app, 'RUNNING,RUNNING');
    await cc.operations.start(app);
    await cc.bus.flush();

    assert.is(dea.starts.length, 2);
  });

  it('spreads what one DEA has no room for over others', async (scope) => {
    const cc = await startTestOperations(scope);
    const [one, other] = [
      await playDea(scope, cc, { id: 'dea-1', memoryMb: 300 }),
      await playDea(scope, cc, { id: 'dea-2', memoryMb: 300 }),
    ];
    const { app } = await startedApp(cc, { instances: 2 });

    await cc.operations.start(app);

    await Promise.all([one.started(1), other.started(1)]);
    assert.equal([one.starts.length, other.starts.length], [1, 1]);
  });

  it('needs no runtime for an app that has none', async (scope) => {
    const cc = await startTestOperations(scope);
    const dea = await playDea(scope, cc, { runtimes: [] });
    const { app } = await startedApp(cc, { runtime: null });

    await cc.operations.start(app);

    assert.equal((await dea.started(1)).runtime_info, { name: '' });
  });
});
