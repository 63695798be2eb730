import * as assert from 'uvu/assert';
import { deaStartInstance, deaStop } from '#contract/dea.ts';
import { waitFor } from '#ground/wait.ts';
import { describe } from '../../../support/spec.ts';
import { createRoute, startTestOperations, type TestOperations } from '../operations.ts';
import { hearUpdates, type PlayedDea, playDea, type Runnable, rescaled, seen, startedApp } from './dea.ts';

/** Something that others wait for until `open` is called. */
function gate() {
  let open: () => void = () => {};
  let reach: () => void = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  const reached = new Promise<void>((resolve) => {
    reach = resolve;
  });
  const pass = () => {
    reach();
    return opened;
  };
  return { open: () => open(), pass, reached };
}

/** Starts the app and has all its instances run. */
async function run(cc: TestOperations, dea: PlayedDea, { app }: Runnable): Promise<void> {
  await cc.operations.start(app);
  const wanted = app.processes[0]?.instances ?? 0;
  await dea.started(wanted);
  dea.beats();
  await seen(cc, app, Array.from({ length: wanted }, () => 'RUNNING').join());
}

/** Resolves when the record is changed; `done` when the instances were asked for. */
async function beginScale(cc: TestOperations, { app }: Runnable, instances: number): Promise<{ done: Promise<void> }> {
  const scaled = await rescaled(cc, app, instances);
  const [web] = scaled.processes;
  if (web === undefined) throw new Error('The app has no process.');
  return { done: cc.operations.scale(scaled, web) };
}

async function scale(cc: TestOperations, runnable: Runnable, instances: number): Promise<void> {
  await (await beginScale(cc, runnable, instances)).done;
}

describe('change of a running app', (it) => {
  it('stops everything when the app is stopped', async (scope) => {
    const cc = await startTestOperations(scope);
    const dea = await playDea(scope, cc);
    const runnable = await startedApp(cc, { instances: 2 });
    await run(cc, dea, runnable);
    const updates = await hearUpdates(scope, cc);

    const stopped = await cc.store.update('app', runnable.app.guid, (now) => ({ ...now, state: 'STOPPED' }));
    await cc.operations.stop(stopped);
    await waitFor('the instances to stop', () => (dea.live.size === 0 ? true : undefined), { limitMs: 15_000 });

    assert.equal(dea.stops, [{ droplet: runnable.app.guid }]);
    assert.equal(updates, [runnable.app.guid]);
    assert.equal(cc.operations.instancesOf(stopped), []);
  });

  it('stops the old instances before it starts new ones', async (scope) => {
    const cc = await startTestOperations(scope);
    const dea = await playDea(scope, cc);
    const runnable = await startedApp(cc, { instances: 2 });
    await run(cc, dea, runnable);
    const heard: string[] = [];
    scope.use(cc.bus.subscribe(deaStop, () => void heard.push('stop')));
    scope.use(cc.bus.subscribe(deaStartInstance.at(dea.id), ({ index }) => void heard.push(`start ${index}`)));
    await cc.bus.flush();

    const again = await cc.store.update('app', runnable.app.guid, (now) => ({ ...now, runCount: 2 }));
    await cc.operations.restart(again);
    await dea.started(4);
    dea.beats();
    await seen(cc, again, 'RUNNING,RUNNING');

    assert.equal(heard, ['stop', 'start 0', 'start 1']);
    assert.equal(
      [...dea.live].map(({ version }) => version),
      Array(2).fill(`${runnable.droplet.sha1}-2`),
    );
  });

  it('starts what is missing and stops what is too much when the number changes', async (scope) => {
    const cc = await startTestOperations(scope);
    const dea = await playDea(scope, cc);
    const runnable = await startedApp(cc);
    await run(cc, dea, runnable);

    await scale(cc, runnable, 4);
    await dea.started(4);
    dea.beats();
    await seen(cc, runnable.app, 'RUNNING,RUNNING,RUNNING,RUNNING');
    await scale(cc, runnable, 2);
    await waitFor('two to stop', () => (dea.live.size === 2 ? true : undefined), { limitMs: 15_000 });

    assert.equal(
      dea.starts.map(({ index }) => index),
      [0, 1, 2, 3],
    );
    assert.equal(
      [...dea.live].map(({ index }) => index),
      [0, 1],
    );
    assert.equal(dea.stops, [{ droplet: runnable.app.guid, indices: [2, 3] }]);
  });

  it('replaces an instance that was scaled away and back', async (scope) => {
    const cc = await startTestOperations(scope);
    const dea = await playDea(scope, cc);
    const runnable = await startedApp(cc, { instances: 2 });
    await run(cc, dea, runnable);

    await scale(cc, runnable, 1);
    await scale(cc, runnable, 2);
    await dea.started(3);
    dea.beats();
    await seen(cc, runnable.app, 'RUNNING,RUNNING');

    assert.equal(
      [...dea.live].map(({ index }) => index),
      [0, 1],
    );
  });

  it('of its routes is told to the DEAs', async (scope) => {
    const cc = await startTestOperations(scope);
    const dea = await playDea(scope, cc);
    const runnable = await startedApp(cc);
    await run(cc, dea, runnable);

    await createRoute(cc.store, runnable.app, { host: 'second' });
    cc.operations.routesChanged(runnable.app.guid);
    await waitFor('the update', () => dea.updates[0], { limitMs: 15_000 });

    assert.equal(dea.updates, [{ droplet: runnable.app.guid, uris: ['hello.localhost', 'second.localhost'] }]);
  });

  it('deletes what runs of an app that is gone', async (scope) => {
    const cc = await startTestOperations(scope);
    const dea = await playDea(scope, cc);
    const { app, ...rest } = await startedApp(cc);
    await run(cc, dea, { app, ...rest });

    await cc.store.delete('app', app.guid);
    await cc.operations.deleted(app);
    await waitFor('the instances to stop', () => (dea.live.size === 0 ? true : undefined), { limitMs: 15_000 });

    assert.equal(dea.stops, [{ droplet: app.guid }]);
  });
});

describe('change while a DEA is being sought', (it) => {
  it('starts nothing after a stop', async (scope) => {
    const cc = await startTestOperations(scope, { options: { discoverSeconds: 3 } });
    const { open, pass, reached } = gate();
    const dea = await playDea(scope, cc, { beforeAnswer: pass });
    const { app } = await startedApp(cc, { instances: 2 });

    const starting = cc.operations.start(app);
    await reached;
    const stopped = await cc.store.update('app', app.guid, (now) => ({ ...now, state: 'STOPPED' }));
    await cc.operations.stop(stopped);
    open();
    await starting;
    await cc.settled();

    assert.equal(dea.starts, []);
  });

  it('starts nothing of an app that was deleted', async (scope) => {
    const cc = await startTestOperations(scope, { options: { discoverSeconds: 3 } });
    const { open, pass, reached } = gate();
    const dea = await playDea(scope, cc, { beforeAnswer: pass });
    const { app } = await startedApp(cc, { instances: 2 });

    const starting = cc.operations.start(app);
    await reached;
    await cc.store.delete('app', app.guid);
    await cc.operations.deleted(app);
    open();
    await starting;
    await cc.settled();

    assert.equal(dea.starts, []);
    assert.equal(cc.events.of(app.guid), []);
  });

  it('starts only what is still wanted after a smaller scale', async (scope) => {
    const cc = await startTestOperations(scope, { options: { discoverSeconds: 3 } });
    const { open, pass, reached } = gate();
    const dea = await playDea(scope, cc, { beforeAnswer: pass });
    const runnable = await startedApp(cc, { instances: 3 });

    const starting = cc.operations.start(runnable.app);
    await reached;
    const scaling = await beginScale(cc, runnable, 1);
    open();
    await Promise.all([starting, scaling.done]);
    await cc.settled();

    assert.equal(
      dea.starts.map(({ index }) => index),
      [0],
    );
  });

  it('starts the rest after a larger scale, each once', async (scope) => {
    const cc = await startTestOperations(scope, { options: { discoverSeconds: 3 } });
    const { open, pass, reached } = gate();
    const dea = await playDea(scope, cc, { beforeAnswer: pass });
    const runnable = await startedApp(cc, { instances: 2 });

    const starting = cc.operations.start(runnable.app);
    await reached;
    const scaling = await beginScale(cc, runnable, 4);
    open();
    await Promise.all([starting, scaling.done]);
    await cc.settled();

    assert.equal(dea.starts.map(({ index }) => index).sort(), [0, 1, 2, 3]);
  });

  it('starts the newer version alone after a restart', async (scope) => {
    const cc = await startTestOperations(scope, { options: { discoverSeconds: 3 } });
    const { open, pass, reached } = gate();
    const dea = await playDea(scope, cc, { beforeAnswer: pass });
    const { app, droplet } = await startedApp(cc, { instances: 2 });

    const starting = cc.operations.start(app);
    await reached;
    const again = await cc.store.update('app', app.guid, (now) => ({ ...now, runCount: 2 }));
    const restarting = cc.operations.restart(again);
    open();
    await Promise.all([starting, restarting]);
    await cc.settled();

    assert.equal(
      dea.starts.map(({ index, version }) => [index, version]),
      [
        [0, `${droplet.sha1}-2`],
        [1, `${droplet.sha1}-2`],
      ],
    );
  });

  it('uses the environment and routes of the last moment', async (scope) => {
    const cc = await startTestOperations(scope, { options: { discoverSeconds: 3 } });
    const { open, pass, reached } = gate();
    const dea = await playDea(scope, cc, { beforeAnswer: pass });
    const { app } = await startedApp(cc);

    const starting = cc.operations.start(app);
    await reached;
    await createRoute(cc.store, app, { host: 'late' });
    open();
    await starting;

    assert.equal((await dea.started(1)).uris, ['hello.localhost', 'late.localhost']);
  });
});
