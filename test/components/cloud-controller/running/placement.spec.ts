import { readFile } from 'node:fs/promises';
import * as assert from 'uvu/assert';
import { deaStatus } from '#contract/dea.ts';
import { logBatches } from '#contract/logs.ts';
import { call } from '#ground/http-client.ts';
import { waitFor } from '#ground/wait.ts';
import { describe } from '../../../support/spec.ts';
import { bring, done, droplet, playStager, staged, startWithBits } from '../bits/stager.ts';
import { createRoute, startTestOperations } from '../operations.ts';
import { hearUpdates, playDea, rescaled, seen, startedApp } from './dea.ts';

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

describe('failed placement', (it) => {
  const details = (views: ReturnType<Awaited<ReturnType<typeof startTestOperations>>['operations']['instancesOf']>) =>
    views.map((view) => [view.index, view.state, view.details]);

  it('says at once which runtime is missing and how to install it', async (scope) => {
    const cc = await startTestOperations(scope, { options: { discoverSeconds: 60 } });
    await playDea(scope, cc, { runtimes: ['node', 'python'] });
    const { app } = await startedApp(cc, { instances: 2 });

    const startedMs = performance.now();
    await cc.operations.start(app);

    assert.ok(performance.now() - startedMs < 15_000);
    const [first, second] = details(cc.operations.instancesOf(app));
    assert.equal(first?.slice(0, 2), [0, 'DOWN']);
    assert.match(String(first?.[2]), /^needs ruby, which is not on this machine: install it with `/);
    assert.is(second?.[2], first?.[2]);
  });

  it('says that no DEA has room', async (scope) => {
    const cc = await startTestOperations(scope);
    const dea = await playDea(scope, cc, { memoryMb: 600 });
    const { app } = await startedApp(cc, { instances: 4 });

    await cc.operations.start(app);

    assert.is(dea.starts.length, 2);
    const [, , third, fourth] = details(cc.operations.instancesOf(app));
    const why = 'no DEA has room for 256 MB: stop or scale down other apps, or give this one less memory';
    assert.equal(
      [third, fourth],
      [
        [2, 'DOWN', why],
        [3, 'DOWN', why],
      ],
    );
  });

  it('says that no DEA is there', async (scope) => {
    const cc = await startTestOperations(scope);
    const { app } = await startedApp(cc);

    await cc.operations.start(app);

    assert.match(cc.operations.instancesOf(app)[0]?.details ?? '', /^no DEA is there: start one with `localpaas up`/);
  });

  it('says why the DEAs that are there take nothing more', async (scope) => {
    const cc = await startTestOperations(scope);
    const status = { id: 'a', ip: '127.0.0.1', version: 1, max_memory: 1, reserved_memory: 0, used_memory: 0 };
    const full = 'the disk is nearly full: 12M are left';
    scope.use(cc.bus.answer(deaStatus, () => ({ ...status, num_clients: 0, full })));
    const { app } = await startedApp(cc);

    await cc.operations.start(app);

    assert.is(cc.operations.instancesOf(app)[0]?.details, `no DEA takes more: ${full}`);
  });

  it("is an event and a line in the app's log, once per reason", async (scope) => {
    const cc = await startTestOperations(scope);
    const { app } = await startedApp(cc, { instances: 2 });
    const lines: string[] = [];
    scope.use(
      cc.bus.subscribe(logBatches.at(app.guid), (batch) => void lines.push(...batch.lines.map(({ text }) => text))),
    );
    await cc.bus.flush();

    await cc.operations.start(app);
    await cc.operations.scale(app, app.processes[0] as (typeof app.processes)[number]);
    await cc.settled();

    assert.equal(
      cc.events.of(app.guid).map(({ type, data }) => [type, data['indices']]),
      [['app.unplaced', [0, 1]]],
    );
    assert.equal(
      lines.map((line) => line.replace(/:.*/, '')),
      ['Starting hello', 'Instances 0, 1 cannot start', 'Scaling hello to 2 instances'],
    );
  });

  it('is forgotten when the app is started again and finds a place', async (scope) => {
    const cc = await startTestOperations(scope);
    const { app } = await startedApp(cc);
    await cc.operations.start(app);
    const dea = await playDea(scope, cc);

    await cc.operations.start(app);

    await dea.started(1);
    assert.equal(details(cc.operations.instancesOf(app)), [[0, 'STARTING', null]]);
  });

  it('waits for the room of instances that are stopping', async (scope) => {
    const cc = await startTestOperations(scope, { options: { roomSeconds: 30 } });
    const dea = await playDea(scope, cc, { memoryMb: 300 });
    const { app } = await startedApp(cc);
    await cc.operations.start(app);
    const old = await dea.started(1);
    dea.beats();
    await seen(cc, app, 'RUNNING');
    dea.stopsInstances = false;
    const again = await cc.store.update('app', app.guid, (now) => ({ ...now, runCount: 2 }));

    const restarted = cc.operations.restart(again);
    await waitFor('the stop', () => dea.stops[0], { limitMs: 15_000 });
    setTimeout(() => dea.exits(old, { reason: 'STOPPED' }), 500).unref();
    await restarted;

    const fresh = await dea.started(2);
    assert.ok(fresh.version.endsWith('-2'));
  });

  it('of more instances leaves those alone that run', async (scope) => {
    const cc = await startTestOperations(scope);
    const dea = await playDea(scope, cc, { memoryMb: 300 });
    const { app } = await startedApp(cc);
    await cc.operations.start(app);
    await dea.started(1);
    dea.beats();
    await seen(cc, app, 'RUNNING');

    const more = await rescaled(cc, app, 2);
    await cc.operations.scale(more, more.processes[0] as (typeof more.processes)[number]);

    assert.equal(
      cc.operations.instancesOf(more).map(({ state }) => state),
      ['RUNNING', 'DOWN'],
    );
    assert.equal(dea.stops, []);
  });
});
