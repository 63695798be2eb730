import * as assert from 'uvu/assert';
import { dropletUpdated, healthStart, healthStop, hmRequests, hmRequestsOfPartition } from '#contract/health.ts';
import { waitFor } from '#ground/wait.ts';
import { describe, type Scope } from '../../../support/spec.ts';
import { startTestOperations } from '../operations.ts';
import { playDea, rescaled, seen, startedApp } from './dea.ts';

/** An app with this many running instances. */
async function startRunning(scope: Scope, instances: number) {
  const cc = await startTestOperations(scope);
  const dea = await playDea(scope, cc);
  const { app, droplet } = await startedApp(cc, { instances });
  await cc.operations.start(app);
  await dea.started(instances);
  dea.beats();
  await seen(cc, app, Array.from({ length: instances }, () => 'RUNNING').join());
  return { cc, dea, app, version: `${droplet.sha1}-1` };
}

describe('request of a health manager', (it) => {
  it('starts an instance that crashed', async (scope) => {
    const { cc, dea, app, version } = await startRunning(scope, 2);
    const [, second] = dea.starts;
    if (second === undefined) throw new Error('There is no second instance.');
    dea.exits(second, { reason: 'CRASHED' });

    cc.bus.publish(healthStart, { droplet: app.guid, version, indices: [1], flapping: false });
    const again = await dea.started(3);
    dea.beats();

    assert.equal([again.index, again.version, again.flapping], [1, version, false]);
    await seen(cc, app, 'RUNNING,RUNNING');
  });

  it('may be in the words of 2012', async (scope) => {
    const { cc, dea, app, version } = await startRunning(scope, 2);
    const [, second] = dea.starts;
    if (second === undefined) throw new Error('There is no second instance.');
    dea.exits(second, { reason: 'CRASHED' });

    cc.bus.publish(hmRequestsOfPartition.at('default'), { op: 'START', droplet: app.guid, version, indices: [1] });
    assert.is((await dea.started(3)).index, 1);
    dea.beats();
    await seen(cc, app, 'RUNNING,RUNNING');

    cc.bus.publish(hmRequests, { op: 'STOP', droplet: 'gone', instances: ['x'] });
    await waitFor('the stop', () => dea.stops[0], { limitMs: 15_000 });
    assert.equal(
      dea.stops.map(({ droplet, instances }) => ({ droplet, instances })),
      [{ droplet: 'gone', instances: ['x'] }],
    );
  });

  it('stops an app that nobody uses, as if somebody had, and once', async (scope) => {
    const { cc, dea, app } = await startRunning(scope, 2);
    const updates: string[] = [];
    scope.use(cc.bus.subscribe(dropletUpdated, ({ droplet }) => void updates.push(droplet)));
    await cc.bus.flush();

    for (const droplet of ['nobody', app.guid, app.guid]) cc.bus.publish(hmRequests, { op: 'SPINDOWN', droplet });
    await waitFor('the news', () => updates[0], { limitMs: 15_000 });
    await cc.settled();

    assert.is(cc.store.get('app', app.guid)?.state, 'STOPPED');
    assert.equal(
      dea.stops.map(({ droplet }) => droplet),
      [app.guid],
    );
    assert.equal([dea.live.size, updates.length], [0, 1]);
    assert.equal(
      cc.events.of(app.guid).map(({ type }) => type),
      ['audit.app.stop'],
    );
  });

  it('tells the DEA that an instance crashes again and again', async (scope) => {
    const { cc, dea, app, version } = await startRunning(scope, 1);
    for (const each of dea.starts) dea.exits(each, { reason: 'CRASHED' });

    cc.bus.publish(healthStart, { droplet: app.guid, version, indices: [0], flapping: true });

    assert.is((await dea.started(2)).flapping, true);
  });

  it('starts nothing that runs, is not wanted, or is of another version', async (scope) => {
    const { cc, dea, app, version } = await startRunning(scope, 2);
    const stopped = await startedApp(cc, { name: 'stopped' });
    await cc.store.update('app', stopped.app.guid, (now) => ({ ...now, state: 'STOPPED' }));

    cc.bus.publish(healthStart, { droplet: app.guid, version, indices: [0, 1, 2, 7] });
    cc.bus.publish(healthStart, { droplet: app.guid, version: '0000-1', indices: [0] });
    cc.bus.publish(healthStart, { droplet: stopped.app.guid, version: `${stopped.droplet.sha1}-1`, indices: [0] });
    cc.bus.publish(healthStart, { droplet: 'nobody', version: '1-1', indices: [0] });
    await cc.settled();
    await cc.settled();

    assert.is(dea.starts.length, 2);
  });

  it('starts an instance once when it comes twice', async (scope) => {
    const { cc, dea, app, version } = await startRunning(scope, 1);
    for (const each of dea.starts) dea.exits(each, { reason: 'DEA_SHUTDOWN' });

    for (let time = 0; time < 3; time += 1) cc.bus.publish(healthStart, { droplet: app.guid, version, indices: [0] });
    await dea.started(2);
    await cc.settled();
    await cc.settled();

    assert.is(dea.starts.length, 2);
  });

  it('stops instances of an app that is stopped or unknown', async (scope) => {
    const { cc, dea, app } = await startRunning(scope, 1);
    await cc.store.update('app', app.guid, (now) => ({ ...now, state: 'STOPPED' }));
    const id = dea.starts[0]?.id ?? '';

    cc.bus.publish(healthStop, { droplet: app.guid, instances: { [id]: '1-1' } });
    cc.bus.publish(healthStop, { droplet: 'gone', instances: { x: '1-1', y: '1-1' } });
    await waitFor('both stops', () => dea.stops[1], { limitMs: 15_000 });

    assert.equal(dea.stops, [
      { droplet: app.guid, instances: [id] },
      { droplet: 'gone', instances: ['x', 'y'] },
    ]);
    assert.is(dea.live.size, 0);
  });

  it('stops an extra instance, but never the only one of a wanted index', async (scope) => {
    const { cc, dea, app, version } = await startRunning(scope, 2);
    const [first] = dea.starts;
    if (first === undefined) throw new Error('There is no instance.');
    dea.start(first); // a second one of the same index
    dea.beats();
    await cc.settled();
    const ids = [...dea.live].map(({ id }) => id);

    cc.bus.publish(healthStop, { droplet: app.guid, instances: { [ids[2] ?? '']: version, [ids[1] ?? '']: version } });
    await waitFor('the stop', () => dea.stops[0], { limitMs: 15_000 });
    cc.bus.publish(healthStop, { droplet: app.guid, instances: { [ids[0] ?? '']: version } });
    await cc.settled();

    assert.equal(dea.stops, [{ droplet: app.guid, instances: [ids[2]], drain: 10 }]);
    assert.equal(
      [...dea.live].map(({ id }) => id),
      ids.slice(0, 2),
    );
  });

  it('stops what is too high or too old', async (scope) => {
    const { cc, dea, app, version } = await startRunning(scope, 3);
    await rescaled(cc, app, 2);
    await cc.store.update('app', app.guid, (now) => ({ ...now, runCount: 2 }));
    const instances = Object.fromEntries([...dea.live].map(({ id }) => [id, version]));

    cc.bus.publish(healthStop, { droplet: app.guid, instances });
    await waitFor('the stop', () => dea.stops[0], { limitMs: 15_000 });

    assert.equal(dea.stops, [{ droplet: app.guid, instances: Object.keys(instances), drain: 10 }]);
  });
});
