import * as assert from 'uvu/assert';
import type { InstanceStats } from '#contract/dea.ts';
import { describe } from '../../../support/spec.ts';
import { startTestOperations } from '../operations.ts';
import { playDea, rescaled, seen, startedApp } from './dea.ts';

const stats: InstanceStats = {
  name: 'hello',
  host: '127.0.0.1',
  port: 61_001,
  uris: ['hello.localhost'],
  uptime: 12.7,
  mem_quota: 256 * 1024 * 1024,
  disk_quota: 1024 * 1024 * 1024,
  fds_quota: 1024,
  pid: 4711,
  usage: { time: '2012-11-13 22:13:08 +0000', cpu: 25, mem: 2048, disk: 4096 },
};

describe('instance statistics', (it) => {
  it('come from the DEA, in the units of the API', async (scope) => {
    const cc = await startTestOperations(scope);
    const dea = await playDea(scope, cc);
    dea.stats = stats;
    const { app } = await startedApp(cc);
    await cc.operations.start(app);
    await dea.started(1);
    dea.beats();
    await seen(cc, app, 'RUNNING');

    const [first, ...others] = await cc.operations.statsOf(app, 'web');

    assert.equal(others, []);
    assert.equal(first, {
      type: 'web',
      index: 0,
      state: 'RUNNING',
      uptime: 12,
      mem_quota: 268_435_456,
      disk_quota: 1_073_741_824,
      fds_quota: 1024,
      log_rate_limit: -1,
      details: null,
      isolation_segment: null,
      host: '127.0.0.1',
      instance_ports: [{ internal: 61_001, external: 61_001 }],
      pid: 4711,
      usage: { time: '2012-11-13T22:13:08Z', cpu: 0.25, mem: 2_097_152, disk: 4096, log_rate: 0 },
    });
  });

  it('come from memory for instances whose DEA says nothing', async (scope) => {
    const cc = await startTestOperations(scope, { options: { statsSeconds: 0.1 } });
    const dea = await playDea(scope, cc);
    dea.stats = undefined;
    const { app } = await startedApp(cc, { instances: 2 });
    await cc.operations.start(app);
    const first = await dea.started(1);
    dea.beats('RUNNING', [first]);
    await seen(cc, app, 'RUNNING,STARTING');

    const told = await cc.operations.statsOf(app, 'web');

    assert.equal(
      told.map(({ index, state, mem_quota, usage }) => [index, state, mem_quota, usage]),
      [
        [0, 'RUNNING', 268_435_456, {}],
        [1, 'STARTING', 268_435_456, {}],
      ],
    );
  });

  it('are not waited for when nothing runs', async (scope) => {
    const cc = await startTestOperations(scope, { options: { statsSeconds: 5 } });
    const dea = await playDea(scope, cc);
    const { app } = await startedApp(cc);
    await cc.operations.start(app);
    await dea.started(1);

    const [first] = await cc.operations.statsOf(app, 'web');

    assert.is(first?.state, 'STARTING');
  });

  it('are those of instances that are down for a stopped app', async (scope) => {
    const cc = await startTestOperations(scope);
    const { app } = await startedApp(cc, { instances: 2 });
    const stopped = await cc.store.update('app', app.guid, (now) => ({ ...now, state: 'STOPPED' }));

    const told = await cc.operations.statsOf(stopped, 'web');

    assert.equal(
      told.map(({ index, state, uptime, details }) => [index, state, uptime, details]),
      [
        [0, 'DOWN', 0, null],
        [1, 'DOWN', 0, null],
      ],
    );
    assert.equal(cc.operations.instancesOf(stopped), []);
  });

  it('say why an instance crashed', async (scope) => {
    const cc = await startTestOperations(scope);
    const dea = await playDea(scope, cc);
    const { app } = await startedApp(cc);
    await cc.operations.start(app);
    const instance = await dea.started(1);
    dea.exits(instance, { reason: 'CRASHED', exit_description: 'exited with status 1' });
    await seen(cc, app, 'CRASHED');

    const [first] = await cc.operations.statsOf(app, 'web');

    assert.equal([first?.state, first?.details, first?.uptime], ['CRASHED', 'exited with status 1', 0]);
  });

  it('show the old version while a new droplet waits for its restart', async (scope) => {
    const cc = await startTestOperations(scope);
    const dea = await playDea(scope, cc);
    const { app } = await startedApp(cc);
    await cc.operations.start(app);
    await dea.started(1);
    dea.beats();
    await seen(cc, app, 'RUNNING');

    const changed = await cc.store.update('app', app.guid, (now) => ({ ...now, runCount: 2 }));

    assert.equal(
      cc.operations.instancesOf(changed).map(({ state }) => state),
      ['RUNNING'],
    );
  });

  it('have one element per wanted instance, whatever runs', async (scope) => {
    const cc = await startTestOperations(scope);
    const dea = await playDea(scope, cc);
    const { app } = await startedApp(cc, { instances: 3 });
    await cc.operations.start(app);
    await dea.started(3);
    dea.beats();
    await seen(cc, app, 'RUNNING,RUNNING,RUNNING');

    const fewer = await rescaled(cc, app, 1);

    assert.is((await cc.operations.statsOf(fewer, 'web')).length, 1);
    assert.is(cc.operations.instancesOf(fewer).length, 1);
  });

  it('say nothing of a process that the droplet cannot run', async (scope) => {
    const cc = await startTestOperations(scope);
    const { app } = await startedApp(cc);
    const [web] = app.processes;
    if (web === undefined) throw new Error('The app has no process.');
    const processes = [web, { ...web, type: 'worker', instances: 1 }];
    const both = await cc.store.update('app', app.guid, (now) => ({ ...now, processes }));

    assert.equal(await cc.operations.statsOf(both, 'worker'), []);
  });
});
