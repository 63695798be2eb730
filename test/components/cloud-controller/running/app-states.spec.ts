import * as assert from 'uvu/assert';
import { type AppState, appState } from '#contract/apps.ts';
import { routerStart } from '#contract/routes.ts';
import { AsyncDisposableStack } from '#ground/async-disposable-stack.ts';
import { waitFor } from '#ground/wait.ts';
import { startBus } from '../../../support/bus.ts';
import { describe, type Scope } from '../../../support/spec.ts';
import {
  createApp,
  createBuild,
  createPackage,
  createRoute,
  startTestOperations,
  type TestOperations,
} from '../operations.ts';
import { playDea, rescaled, startedApp } from './dea.ts';

/** Everything that is said of apps from now on. */
async function listen(scope: Scope, { bus, settled }: TestOperations): Promise<AppState[]> {
  const heard: AppState[] = [];
  await settled();
  scope.use(bus.subscribe(appState, (state) => void heard.push(state)));
  await bus.flush();
  return heard;
}

function saying(heard: readonly AppState[], state: AppState['state']): Promise<AppState> {
  const last = () => (heard.at(-1)?.state === state ? heard.at(-1) : undefined);
  return waitFor(`${state} to be said`, last, { limitMs: 15_000 });
}

describe('app state', (it) => {
  it('is told when the platform starts, before anybody could answer where instances are', async (scope) => {
    const first = new AsyncDisposableStack();
    const { bus, address } = await startBus(scope);
    const cc = await startTestOperations(first, { bus: { bus, address } });
    await startedApp(cc);
    await first.disposeAsync();
    const heard: AppState[] = [];
    scope.use(bus.subscribe(appState, (state) => void heard.push(state)));
    await bus.flush();

    await startTestOperations(scope, { bus: { bus, address } });
    await bus.flush();

    assert.is(heard[0]?.state, 'STARTING');
  });

  it('follows an app from its first start to its end', async (scope) => {
    const cc = await startTestOperations(scope);
    const dea = await playDea(scope, cc);
    const heard = await listen(scope, cc);
    const { app } = await startedApp(cc);
    await cc.operations.start(app);
    const instance = await dea.started(1);
    dea.beats();
    await saying(heard, 'RUNNING');
    dea.exits(instance, { reason: 'CRASHED', exit_description: 'exited with status 1' });
    const crashed = await saying(heard, 'CRASHED');
    const stopped = await cc.store.update('app', app.guid, (now) => ({ ...now, state: 'STOPPED' }));
    await cc.operations.stop(stopped);
    await saying(heard, 'STOPPED');
    await cc.store.delete('app', app.guid);
    await cc.operations.deleted(stopped);
    await saying(heard, 'DELETED');

    assert.equal(crashed, {
      app: app.guid,
      name: 'hello',
      uris: ['hello.localhost'],
      state: 'CRASHED',
      reason: 'exited with status 1',
    });
    const states = heard.map(({ state }) => state);
    assert.equal(
      states.filter((state, at) => state !== states[at - 1]),
      ['STOPPED', 'STARTING', 'RUNNING', 'CRASHED', 'STOPPED', 'DELETED'],
    );
  });

  it('is said once, however often the instances are heard of', async (scope) => {
    const cc = await startTestOperations(scope);
    const dea = await playDea(scope, cc);
    const { app } = await startedApp(cc, { instances: 2 });
    await cc.operations.start(app);
    await dea.started(2);
    const heard = await listen(scope, cc);

    for (let round = 0; round < 3; round += 1) dea.beats();
    await cc.settled();

    assert.equal(
      heard.map(({ state }) => state),
      ['RUNNING'],
    );
  });

  it('is starting, not running, while a new version replaces the old one', async (scope) => {
    const cc = await startTestOperations(scope);
    const dea = await playDea(scope, cc);
    const { app } = await startedApp(cc);
    await cc.operations.start(app);
    await dea.started(1);
    dea.beats();
    const heard = await listen(scope, cc);

    const again = await cc.store.update('app', app.guid, (now) => ({ ...now, runCount: 2 }));
    await cc.operations.restart(again);
    await dea.started(2);
    await saying(heard, 'STARTING');
    dea.beats();

    await saying(heard, 'RUNNING');
    assert.equal(
      heard.map(({ state }) => state),
      ['STARTING', 'RUNNING'],
    );
  });

  it('is running as long as one of several instances runs', async (scope) => {
    const cc = await startTestOperations(scope);
    const dea = await playDea(scope, cc);
    const { app } = await startedApp(cc, { instances: 2 });
    await cc.operations.start(app);
    const first = await dea.started(1);
    await dea.started(2);
    dea.beats();
    const heard = await listen(scope, cc);

    dea.exits(first, { reason: 'CRASHED' });
    await cc.settled();

    assert.equal(heard, []);
  });

  it('is crashed with the reason when no DEA takes the app', async (scope) => {
    const cc = await startTestOperations(scope);
    const { app } = await startedApp(cc);
    const heard = await listen(scope, cc);

    await cc.operations.start(app);

    assert.match((await saying(heard, 'CRASHED')).reason ?? '', /^no DEA is there/);
  });

  it('is staging while a build is under way and nothing runs', async (scope) => {
    const cc = await startTestOperations(scope);
    const app = await createApp(cc.store, { name: 'fresh' });
    const heard = await listen(scope, cc);

    const build = await createBuild(cc.store, await createPackage(cc.store, app));
    await saying(heard, 'STAGING');
    await cc.store.update('build', build.guid, (now) => ({ ...now, state: 'FAILED' }));

    await saying(heard, 'STOPPED');
  });

  it('is stopped for an app that should have no instances', async (scope) => {
    const cc = await startTestOperations(scope);
    const { app } = await startedApp(cc);
    const heard = await listen(scope, cc);

    await rescaled(cc, app, 0);

    await saying(heard, 'STOPPED');
  });

  it('tells of new routes and names', async (scope) => {
    const cc = await startTestOperations(scope);
    const app = await createApp(cc.store, { name: 'one' });
    const heard = await listen(scope, cc);

    await createRoute(cc.store, app, { host: 'two' });
    cc.operations.routesChanged(app.guid);
    await cc.store.update('app', app.guid, (now) => ({ ...now, name: 'three' }));
    await waitFor('both', () => heard[1], { limitMs: 15_000 });

    assert.equal(
      heard.map(({ name, uris }) => [name, uris]),
      [
        ['one', ['two.localhost']],
        ['three', ['two.localhost']],
      ],
    );
  });

  it('of every app is said again to a router that starts', async (scope) => {
    const cc = await startTestOperations(scope);
    for (const name of ['one', 'two']) await createApp(cc.store, { name });
    const heard = await listen(scope, cc);

    cc.bus.publish(routerStart, { id: 'router' });
    await waitFor('both', () => heard[1], { limitMs: 15_000 });
    await cc.settled();

    assert.equal(heard.map(({ name }) => name).sort(), ['one', 'two']);
  });
});
