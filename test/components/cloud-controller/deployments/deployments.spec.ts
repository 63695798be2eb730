import * as assert from 'uvu/assert';
import type { DeploymentRecord } from '#components/cloud-controller/records.ts';
import { healthStart, healthStop } from '#contract/health.ts';
import { routerEndpoints } from '#contract/routes.ts';
import { waitFor } from '#ground/wait.ts';
import { startBus } from '../../../support/bus.ts';
import { describe } from '../../../support/spec.ts';
import { createDroplet, startTestOperations } from '../operations.ts';
import { oldSha1, over, routes, running, stored, versionsOf } from './support.ts';

describe('a deployment', (it) => {
  it('starts the new version beside the old one, which is stopped when the new one has proved itself', async (scope) => {
    const { cc, app, dea, droplet } = await running(scope);
    const old = `${oldSha1(dea)}-1`;
    const asked: unknown[] = [];
    const phases: string[] = [];
    let leftOfOld = 2;
    scope.use(
      cc.bus.answer(routerEndpoints, (question) => {
        if (question.version === old) {
          phases.push(cc.operations.phaseOf(deployment));
          leftOfOld -= 1;
          return { router: 'r', routed: leftOfOld, active: 0 };
        }
        asked.push(question);
        return { router: 'r', routed: asked.length > 2 ? 1 : 0, active: 0 };
      }),
    );
    await cc.settled();

    const deployment = await cc.operations.deploy(app, { droplet });
    const started = await dea.started(2);

    assert.is(started.version, `${droplet.sha1}-2`);
    assert.is(cc.operations.phaseOf(deployment), 'STARTING');
    assert.equal(versionsOf(dea), [`${oldSha1(dea)}-1`, `${droplet.sha1}-2`]);
    assert.is(stored(cc, app).currentDroplet, app.currentDroplet, 'what should run is the old version');
    dea.beats();
    await over(cc, deployment, 'DEPLOYED');

    assert.equal(asked[0], { uris: ['hello.localhost'], version: started.version });
    assert.is(asked.length, 3, 'until the router has it');
    assert.equal(
      phases,
      ['ROUTING', 'ROUTING'],
      'it is not said to serve before the old one gets no requests any more',
    );
    const now = stored(cc, app);
    assert.equal(
      [now.currentDroplet, now.version, now.runCount, now.state],
      [droplet.guid, started.version, 2, 'STARTED'],
    );
    await waitFor('the stop', () => dea.stops[0], { limitMs: 15_000 });
    assert.equal(dea.stops, [{ droplet: app.guid, version: old, drain: 10 }]);
    assert.equal(routes(dea), [
      { droplet: app.guid, uris: [], version: old },
      { droplet: app.guid, uris: ['hello.localhost'], version: started.version },
    ]);
    assert.equal(versionsOf(dea), [started.version]);
  });

  it('leaves the old version alone when the new one dies before it serves', async (scope) => {
    const { cc, app, dea, droplet } = await running(scope);

    const deployment = await cc.operations.deploy(app, { droplet });
    const started = await dea.started(2);
    dea.exits(started, { reason: 'CRASHED', exit_description: 'exited with status 1' });
    const { reason } = await over(cc, deployment, 'CANCELED');

    assert.is(reason, 'it exited with status 1');
    assert.equal(dea.updates, [], 'the old one never noticed');
    assert.equal(dea.stops, [{ droplet: app.guid, version: started.version }]);
    const now = stored(cc, app);
    assert.equal([now.currentDroplet, now.version], [app.currentDroplet, app.version]);
    const again = await cc.operations.deploy(app, { droplet });
    assert.is((await dea.started(3)).version, `${droplet.sha1}-3`, 'no two starts carry the same version');
    await cc.operations.cancelDeployment(again);
  });

  it('brings the old version back when the new one dies in its first seconds', async (scope) => {
    const { cc, app, dea, droplet } = await running(scope, { proveSeconds: 60 });

    const deployment = await cc.operations.deploy(app, { droplet });
    const started = await dea.started(2);
    dea.beats();
    await waitFor('the new one to serve', () => cc.operations.phaseOf(deployment) === 'PROVING' || undefined, {
      limitMs: 15_000,
    });
    assert.is(stored(cc, app).version, started.version);
    dea.exits(started, { reason: 'CRASHED', exit_description: 'exited with status 3' });
    await over(cc, deployment, 'CANCELED');

    const now = stored(cc, app);
    assert.equal([now.currentDroplet, now.version, now.runCount], [app.currentDroplet, app.version, 2]);
    assert.equal(routes(dea).at(-1), { droplet: app.guid, uris: ['hello.localhost'], version: `${oldSha1(dea)}-1` });
    assert.equal(versionsOf(dea), [`${oldSha1(dea)}-1`]);
    assert.is(dea.starts.length, 2, 'the version that died is not started again');
  });

  it('keeps both versions from health managers, which know of one', async (scope) => {
    const { cc, app, dea, droplet } = await running(scope, { proveSeconds: 60 });
    const [first] = [...dea.live];
    const deployment = await cc.operations.deploy(app, { droplet });
    const started = await dea.started(2);
    dea.beats('STARTING', [started]);
    const tooMany = async (id: string) => {
      cc.bus.publish(healthStop, { droplet: app.guid, last_updated: 0, instances: { [id]: '' } });
      await cc.settled();
    };

    await tooMany(started.id);
    cc.bus.publish(healthStart, { droplet: app.guid, version: started.version, indices: [0], last_updated: 0 });
    dea.beats('RUNNING', [started]);
    await waitFor('the new one to serve', () => cc.operations.phaseOf(deployment) === 'PROVING' || undefined, {
      limitMs: 15_000,
    });
    await tooMany(first?.id ?? '');

    assert.equal(dea.stops, []);
    assert.is(dea.starts.length, 2);
    await cc.operations.cancelDeployment(deployment);
    await cc.settled();
    assert.equal(versionsOf(dea), [`${oldSha1(dea)}-1`]);
  });

  it('gives way to a newer one, and what serves by then is what that one replaces', async (scope) => {
    const { cc, app, dea, droplet } = await running(scope, { proveSeconds: 60 });
    const third = await createDroplet(cc.store, app, { runtime: 'ruby', sha1: 'c'.repeat(40) });

    const first = await cc.operations.deploy(app, { droplet });
    await dea.started(2);
    const second = await cc.operations.deploy(app, { droplet: third });
    await over(cc, first, 'SUPERSEDED');
    await dea.started(3);
    dea.beats();
    await waitFor('the second to serve', () => cc.operations.phaseOf(second) === 'PROVING' || undefined, {
      limitMs: 15_000,
    });
    const last = await cc.operations.deploy(stored(cc, app), { droplet });
    const started = await dea.started(4);
    dea.exits(started, { reason: 'CRASHED', exit_description: 'exited' });
    await over(cc, last, 'CANCELED');

    assert.is(cc.operations.phaseOf(second), 'PROVING', 'it has to prove itself still');
    assert.is(stored(cc, app).currentDroplet, third.guid);
    await cc.settled();
    assert.equal(versionsOf(dea), [`${oldSha1(dea)}-1`, dea.starts[2]?.version ?? '']);
  });

  it('may fall back step by step, when versions that came quickly all die in their first seconds', async (scope) => {
    const { cc, app, dea, droplet } = await running(scope, { proveSeconds: 60 });
    const third = await createDroplet(cc.store, app, { runtime: 'ruby', sha1: 'c'.repeat(40) });
    const serving = async (deployment: DeploymentRecord) => {
      dea.beats();
      const look = () => cc.operations.phaseOf(deployment) === 'PROVING' || undefined;
      await waitFor('it to serve', look, { limitMs: 15_000 });
    };
    const second = await cc.operations.deploy(app, { droplet });
    const of2 = await dea.started(2);
    await serving(second);
    const last = await cc.operations.deploy(stored(cc, app), { droplet: third });
    const of3 = await dea.started(3);
    await serving(last);
    await over(cc, second, 'DEPLOYED');

    dea.exits(of3, { reason: 'CRASHED', exit_description: 'exited' });
    await over(cc, last, 'CANCELED');
    assert.equal([stored(cc, app).version, stored(cc, app).currentDroplet], [of2.version, droplet.guid]);
    assert.equal(routes(dea).at(-1), { droplet: app.guid, uris: ['hello.localhost'], version: of2.version });
    dea.exits(of2, { reason: 'CRASHED', exit_description: 'exited' });
    await waitFor('the first', () => stored(cc, app).version === app.version || undefined, { limitMs: 15_000 });

    await cc.settled();
    assert.equal(versionsOf(dea), [`${oldSha1(dea)}-1`]);
    assert.is(stored(cc, app).currentDroplet, app.currentDroplet);
    assert.equal(routes(dea).at(-1), { droplet: app.guid, uris: ['hello.localhost'], version: `${oldSha1(dea)}-1` });
  });

  it('keeps no more than two that stand by, the oldest and the newest', async (scope) => {
    const { cc, app, dea } = await running(scope, { proveSeconds: 60 });
    for (const [at, letter] of ['b', 'c', 'd', 'e'].entries()) {
      const droplet = await createDroplet(cc.store, app, { runtime: 'ruby', sha1: letter.repeat(40) });
      const deployment = await cc.operations.deploy(stored(cc, app), { droplet });
      await dea.started(at + 2);
      dea.beats();
      const look = () => cc.operations.phaseOf(deployment) === 'PROVING' || undefined;
      await waitFor('it to serve', look, { limitMs: 15_000 });
    }
    await cc.settled();
    assert.equal(
      versionsOf(dea).map((version) => version.slice(-3)),
      [`${oldSha1(dea).slice(-1)}-1`, 'd-4', 'e-5'],
    );

    const [top, below] = [dea.starts[4], dea.starts[3]];
    if (top !== undefined) dea.exits(top, { reason: 'CRASHED' });
    await waitFor('the one below', () => stored(cc, app).version === below?.version || undefined, { limitMs: 15_000 });
    if (below !== undefined) dea.exits(below, { reason: 'CRASHED' });
    await waitFor('the first', () => stored(cc, app).version === app.version || undefined, { limitMs: 15_000 });
    assert.is(stored(cc, app).currentDroplet, app.currentDroplet);
  });

  it('comes to nothing where there is no room for two, and says so', async (scope) => {
    const { cc, app, droplet } = await running(scope, {}, 300);

    const deployment = await cc.operations.deploy(app, { droplet });
    const { reason } = await over(cc, deployment, 'CANCELED');

    assert.match(reason ?? '', /^it cannot be started: .*256/);
    assert.is(stored(cc, app).currentDroplet, app.currentDroplet);
  });

  it('ends with the app it is of, whoever stops or deletes that', async (scope) => {
    const { cc, app, dea, droplet } = await running(scope);
    const deployment = await cc.operations.deploy(app, { droplet });
    await dea.started(2);

    const stopped = await cc.store.update('app', app.guid, (now) => ({ ...now, state: 'STOPPED' }));
    await cc.operations.stop(stopped);

    const { reason } = await over(cc, deployment, 'SUPERSEDED');
    assert.match(reason ?? '', /stopped/);
    await cc.settled();
    assert.equal(versionsOf(dea), []);
  });

  it('is over when the platform ends, and the old version is what should run', async (scope) => {
    const bus = await startBus(scope);
    const { cc, app, dea, droplet } = await running(scope, {}, 4_096, { bus });
    const deployment = await cc.operations.deploy(app, { droplet });
    await dea.started(2);

    await (cc.operations as unknown as AsyncDisposable)[Symbol.asyncDispose]();
    const next = await startTestOperations(scope, { bus, dataDir: cc.dataDir });

    const { reason } = await over(next, deployment, 'CANCELED');
    assert.is(reason, 'the platform ended meanwhile');
    assert.is(stored(next, app).currentDroplet, app.currentDroplet);
  });
});
