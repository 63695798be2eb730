import * as assert from 'uvu/assert';
import * as v from 'valibot';
import { deaHeartbeat, dropletExited } from '#contract/dea.ts';
import { subject } from '#ground/subject.ts';
import { startBus } from '../../../support/bus.ts';
import { setClock } from '../../../support/clock.ts';
import { describe } from '../../../support/spec.ts';
import { startTestOperations } from '../operations.ts';
import { playDea, seen, startedApp } from './dea.ts';

describe('watched instances', (it) => {
  it('run when their DEA says so, and are starting before', async (scope) => {
    const cc = await startTestOperations(scope);
    const dea = await playDea(scope, cc);
    const { app } = await startedApp(cc, { instances: 2 });
    await cc.operations.start(app);
    const first = await dea.started(1);
    await dea.started(2);

    dea.beats('RUNNING', [first]);

    const [running, starting] = (await seen(cc, app, 'RUNNING,STARTING')) as { sinceMs: number }[];
    assert.ok(Math.abs((running?.sinceMs ?? 0) - Date.now()) < 60_000);
    assert.ok(Math.abs((starting?.sinceMs ?? 0) - Date.now()) < 60_000);
  });

  it('are found again by the next cloud controller', async (scope) => {
    const bus = await startBus(scope);
    const before = await startTestOperations(scope, { bus });
    const dea = await playDea(scope, before);
    const { app } = await startedApp(before);
    await before.operations.start(app);
    await dea.started(1);

    const after = await startTestOperations(scope, { bus });

    await seen(after, app, 'RUNNING');
    assert.is(dea.starts.length, 1);
  });

  it('crash with a reason, which is an event too', async (scope) => {
    const cc = await startTestOperations(scope);
    const dea = await playDea(scope, cc);
    const { app, droplet } = await startedApp(cc);
    await cc.operations.start(app);
    const instance = await dea.started(1);
    dea.beats();
    await seen(cc, app, 'RUNNING');

    const crash = { exit_status: 3, exit_description: 'exited with status 3', crash_timestamp: 1_000 };
    dea.exits(instance, { reason: 'CRASHED', ...crash });
    await seen(cc, app, 'CRASHED');

    assert.equal(cc.operations.instancesOf(app), [
      { index: 0, state: 'CRASHED', sinceMs: 1_000_000, details: 'exited with status 3' },
    ]);
    const [event] = cc.events.of(app.guid);
    assert.is(event?.type, 'app.crash');
    assert.equal(event?.data, {
      process_type: 'web',
      index: 0,
      instance: instance.id,
      reason: 'CRASHED',
      exit_status: 3,
      exit_description: 'exited with status 3',
      version: `${droplet.sha1}-1`,
    });
  });

  it('are no crash when they are stopped or their DEA goes', async (scope) => {
    const cc = await startTestOperations(scope);
    const dea = await playDea(scope, cc);
    const { app } = await startedApp(cc, { instances: 2 });
    await cc.operations.start(app);
    const [first, second] = [await dea.started(1), await dea.started(2)];
    dea.beats();
    await seen(cc, app, 'RUNNING,RUNNING');

    dea.exits(first, { reason: 'DEA_EVACUATION' });
    dea.exits(second, { reason: 'DEA_SHUTDOWN' });

    await seen(cc, app, 'DOWN,DOWN');
    assert.equal(cc.events.of(app.guid), []);
  });

  it('are lost when nobody tells of them any more', async (scope) => {
    const cc = await startTestOperations(scope, { options: { lostSeconds: 0.3 } });
    const dea = await playDea(scope, cc);
    const { app } = await startedApp(cc, { instances: 2 });
    await cc.operations.start(app);
    const first = await dea.started(1);
    await dea.started(2);
    dea.beats('RUNNING', [first]);
    await seen(cc, app, 'RUNNING,STARTING');

    await seen(cc, app, 'DOWN,DOWN');

    assert.equal(
      cc.operations.instancesOf(app).map(({ details }) => details),
      ['the DEA dea-1 does not tell of it any more', 'the DEA dea-1 did not take it'],
    );
  });

  it('are not lost because somebody sets the clock', async (scope) => {
    const lostMs = 600;
    const cc = await startTestOperations(scope, { options: { lostSeconds: lostMs / 1000 } });
    const dea = await playDea(scope, cc);
    const { app } = await startedApp(cc);
    await cc.operations.start(app);
    const instance = await dea.started(1);
    dea.beats('RUNNING', [instance]);
    await seen(cc, app, 'RUNNING');
    const heardAt = performance.now();

    setClock(scope, 48 * 3_600_000);

    await seen(cc, app, 'DOWN');
    assert.ok(performance.now() - heardAt >= lostMs);
  });

  it('of strangers are no concern', async (scope) => {
    const cc = await startTestOperations(scope);
    const { app } = await startedApp(cc);
    const stranger = { version: '1-1', instance: 'x', index: 0 };

    const told = { ...stranger, droplet: 'by-hand', state: 'RUNNING' as const, state_timestamp: 1 };
    cc.bus.publish(deaHeartbeat, { dea: 'd', droplets: [told] });
    cc.bus.publish(dropletExited, { ...stranger, droplet: 'by-hand', reason: 'CRASHED' });
    await cc.settled();

    assert.equal(cc.events.of('by-hand'), []);
    assert.equal(
      cc.operations.instancesOf(app).map(({ state }) => state),
      ['DOWN'],
    );
  });

  it('stay what they are when a message is malformed', async (scope) => {
    const cc = await startTestOperations(scope);
    const dea = await playDea(scope, cc);
    const { app } = await startedApp(cc);
    await cc.operations.start(app);
    await dea.started(1);
    dea.beats();
    await seen(cc, app, 'RUNNING');
    const anything = (name: string) => subject(name, v.unknown());

    cc.bus.publish(anything('dea.heartbeat'), { dea: 'd', droplets: [{ droplet: app.guid }] });
    cc.bus.publish(anything('droplet.exited'), { droplet: app.guid, reason: 'CRASHED' });
    cc.bus.publish(anything('dea.advertise'), 'nonsense');
    cc.bus.publish(anything('health.start'), { droplet: app.guid, indices: 'all' });
    await cc.settled();

    assert.equal(
      cc.operations.instancesOf(app).map(({ state }) => state),
      ['RUNNING'],
    );
  });
});
