import * as assert from 'uvu/assert';
import { deaStatus } from '#contract/dea.ts';
import { logBatches } from '#contract/logs.ts';
import { waitFor } from '#ground/wait.ts';
import { describe } from '../../../support/spec.ts';
import { startTestOperations } from '../operations.ts';
import { playDea, rescaled, seen, startedApp } from './dea.ts';

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
