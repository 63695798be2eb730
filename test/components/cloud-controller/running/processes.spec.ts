import * as assert from 'uvu/assert';
import { withDroplet } from '#components/cloud-controller/changes/current-droplet.ts';
import { withSidecar } from '#components/cloud-controller/changes/sidecars.ts';
import type { DropletRecord } from '#components/cloud-controller/records.ts';
import { bulkCredentials } from '#contract/health.ts';
import { call } from '#ground/http-client.ts';
import { describe, type Scope } from '../../../support/spec.ts';
import { createDroplet, startTestOperations } from '../operations.ts';
import { appRecord } from '../records.ts';
import { playDea, startedApp } from './dea.ts';

const defaults = { defaultMemoryMb: 256, defaultDiskMb: 1024 };
const processTypes = { web: 'node web.js', worker: 'node worker.js' };

describe('processes of an app', (it) => {
  it('run side by side, each under a name of its own, and only web is reached', async (scope) => {
    const { app, dea } = await startedWithWorker(scope);

    const byType = new Map(dea.starts.map((each) => [each.process_type, each]));
    assert.equal([...byType.keys()].sort(), ['web', 'worker']);
    const [web, worker] = [byType.get('web'), byType.get('worker')];
    assert.is(web?.droplet, app.guid);
    assert.is(web?.start_command, undefined);
    assert.equal(web?.uris, ['hello.localhost']);
    assert.is(worker?.droplet, `${app.guid}-worker`);
    assert.is(worker?.application_id, app.guid);
    assert.is(worker?.start_command, 'node worker.js');
    assert.equal(worker?.uris, []);
    assert.is(worker?.executableUri, web?.executableUri);
    assert.is(worker?.limits?.mem, 64);
  });

  it('scale each for itself', async (scope) => {
    const { cc, app, dea } = await startedWithWorker(scope);

    const more = await cc.store.update('app', app.guid, (now) => ({
      ...now,
      processes: now.processes.map((each) => (each.type === 'worker' ? { ...each, instances: 2 } : each)),
    }));
    const worker = more.processes.find(({ type }) => type === 'worker');
    if (worker === undefined) throw new Error('The app has no worker.');
    await cc.operations.scale(more, worker);

    await dea.started(3);
    assert.equal(dea.starts.map(({ process_type, index }) => `${process_type} ${index}`).sort(), [
      'web 0',
      'worker 0',
      'worker 1',
    ]);
  });

  it('stop all when the app does', async (scope) => {
    const { cc, app, dea } = await startedWithWorker(scope);

    const stopped = await cc.store.update('app', app.guid, (now) => ({ ...now, state: 'STOPPED' }));
    await cc.operations.stop(stopped);
    await cc.settled();

    assert.equal(dea.stops.map(({ droplet }) => droplet).sort(), [app.guid, `${app.guid}-worker`]);
    assert.is(dea.live.size, 0);
  });

  it('stop when a new droplet does not have them any more', async (scope) => {
    const { cc, app, dea } = await startedWithWorker(scope);
    dea.beats();
    await cc.settled();
    const next = await createDroplet(cc.store, app, { framework: null, processTypes: { web: 'node web.js' } });

    const now = await cc.store.update('app', app.guid, (record) => withDroplet(record, next, defaults));
    await cc.operations.restart(now);
    await cc.settled();

    assert.equal(
      now.processes.map(({ type }) => type),
      ['web'],
    );
    assert.equal(
      [...dea.live].map(({ process_type }) => process_type),
      ['web'],
    );
  });

  it('are told health managers one by one', async (scope) => {
    const { cc, app } = await startedWithWorker(scope);

    const { user, password } = await cc.bus.ask(bulkCredentials, null, { limitMs: 15_000 });
    const authorization = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
    const answer = await call(`${cc.address}/bulk/apps`, { headers: { authorization } });
    const { results } = JSON.parse(await answer.text()) as { results: Record<string, { instances: number }> };

    assert.equal(Object.keys(results).sort(), [app.guid, `${app.guid}-worker`]);
    assert.is(results[`${app.guid}-worker`]?.instances, 1);
  });

  it('are shown with what is known of them', async (scope) => {
    const { cc, app, dea } = await startedWithWorker(scope);
    dea.beats();
    await cc.settled();

    const record = cc.store.get('app', app.guid) ?? app;
    const [worker] = await cc.operations.statsOf(record, 'worker');

    assert.is(worker?.type, 'worker');
    assert.is(worker?.state, 'RUNNING');
  });
});

describe('an instance that is started', (it) => {
  it('has the sidecars of its process, and variables that are not for staging alone', async (scope) => {
    const { cc, app, dea } = await startedWithWorker(scope);
    const sidecar = { name: 'cache', command: './cache', processTypes: ['worker'], memoryMb: 8 };
    const now = await cc.store.update('app', app.guid, (record) => ({
      ...withSidecar(record, sidecar),
      environment: { RUN: '1', BUILD: '2', BOTH: '3' },
      annotations: { 'localpaas/env-scopes': JSON.stringify({ RUN: 'runtime', BUILD: 'staging' }) },
    }));

    await cc.operations.restart(now);

    await dea.started(4);
    const [web, worker] = ['web', 'worker'].map((type) => dea.starts.findLast((each) => each.process_type === type));
    assert.is(web?.sidecars, undefined);
    assert.equal(worker?.sidecars, [{ name: 'cache', command: './cache', memory: 8 }]);
    assert.equal(web?.env, ['RUN=1', 'BOTH=3']);
  });
});

describe('a crontab', (it) => {
  it('is for the first instance of web alone', async (scope) => {
    const { cc, app, dea } = await startedWithWorker(scope);
    const now = await cc.store.update('app', app.guid, (record) => ({
      ...record,
      processes: record.processes.map((each) => (each.type === 'web' ? { ...each, instances: 2 } : each)),
      annotations: { 'localpaas/cron': '["@hourly ./tidy"]' },
    }));

    await cc.operations.restart(now);

    await dea.started(5);
    const told = dea.starts.slice(2).map(({ process_type, index, cron }) => [`${process_type} ${index}`, cron]);
    assert.equal(told.sort(), [
      ['web 0', ['@hourly ./tidy']],
      ['web 1', undefined],
      ['worker 0', undefined],
    ]);
  });
});

describe('a droplet that becomes the one to run', (it) => {
  const droplet = (types: Readonly<Record<string, string>> | undefined) =>
    ({ guid: 'd', ...(types === undefined ? {} : { processTypes: types }) }) as unknown as DropletRecord;

  it('brings the processes it knows, of which nothing runs yet but web', () => {
    const app = withDroplet(appRecord(), droplet(processTypes), defaults);

    assert.equal(
      app.processes.map(({ type, instances, healthCheck }) => [type, instances, healthCheck.type]),
      [
        ['web', 1, 'port'],
        ['worker', 0, 'process'],
      ],
    );
  });

  it('leaves what the user said of processes, and those to which the user gave a command', () => {
    const [web] = appRecord().processes;
    if (web === undefined) throw new Error('The app has no process.');
    const before = appRecord({
      processes: [web, { ...web, type: 'worker', instances: 3 }, { ...web, type: 'own', command: './own' }],
    });

    const app = withDroplet(before, droplet(processTypes), defaults);

    assert.equal(app.processes, before.processes);
  });

  it('changes no processes when a framework plugin made it', () => {
    const before = appRecord();

    assert.equal(withDroplet(before, droplet(undefined), defaults).processes, before.processes);
  });

  it('brings none whose type can be no name', () => {
    const app = withDroplet(
      appRecord(),
      droplet({ 'a/b': 'x', '': 'x', 'a b': 'x', [`a${'b'.repeat(80)}`]: 'x' }),
      defaults,
    );

    assert.equal(
      app.processes.map(({ type }) => type),
      ['web'],
    );
  });
});

async function startedWithWorker(scope: Scope) {
  const cc = await startTestOperations(scope);
  const dea = await playDea(scope, cc);
  const { app } = await startedApp(cc, {}, { framework: null, processTypes });
  await cc.store.update('app', app.guid, (now) => ({
    ...now,
    processes: [
      ...now.processes,
      {
        type: 'worker',
        command: null,
        instances: 1,
        memoryMb: 64,
        diskMb: 64,
        healthCheck: { type: 'process', timeoutSeconds: null, endpoint: null },
      },
    ],
  }));
  await cc.operations.start(app);
  await dea.started(2);
  return { cc, app, dea };
}
