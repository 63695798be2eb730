import * as assert from 'uvu/assert';
import type { AppRecord, DropletRecord, TaskRecord } from '#components/cloud-controller/records.ts';
import { Store } from '#components/cloud-controller/store.ts';
import { cancelTask, createTask, tasksOf } from '#components/cloud-controller/tasks/task.ts';
import { deaFindDroplet } from '#contract/dea.ts';
import { AsyncDisposableStack } from '#ground/async-disposable-stack.ts';
import { silentLog } from '#ground/log.ts';
import { waitFor } from '#ground/wait.ts';
import { connectBus, startBus } from '../../../support/bus.ts';
import { describe, type Scope } from '../../../support/spec.ts';
import { startTestOperations, type TestOperations } from '../operations.ts';
import { type DeaTraits, playDea, startedApp } from '../running/dea.ts';

const droplet = { framework: null, processTypes: { web: 'node web.js' } };

async function opened(scope: Scope, traits: DeaTraits = {}) {
  const cc = await startTestOperations(scope, { options: { lostSeconds: 0.6 } });
  const dea = await playDea(scope, cc, traits);
  return { cc, dea, ...(await startedApp(cc, {}, droplet)) };
}

function ask(store: Store, app: AppRecord, made: DropletRecord, command = 'rake db:migrate'): Promise<TaskRecord> {
  return createTask(store, app, { command, name: 'migrate', memoryMb: 64, diskMb: 32, droplet: made });
}

function become({ store }: TestOperations, { guid }: TaskRecord, state: TaskRecord['state']): Promise<TaskRecord> {
  const look = () => {
    const now = store.get('task', guid);
    return now?.state === state ? now : undefined;
  };
  return waitFor(`the task to be ${state}`, look, { limitMs: 15_000 });
}

describe('tasks that are stored', (it) => {
  it('are given to a DEA with the droplet of their app, and nothing that reaches them', async (scope) => {
    const { app, cc, dea, droplet: made } = await opened(scope);

    const task = await ask(cc.store, app, made);

    const start = await dea.started(1);
    assert.is(start.droplet, task.guid);
    assert.is(start.application_id, app.guid);
    assert.is(start.task, 'migrate');
    assert.is(start.start_command, 'rake db:migrate');
    assert.equal(start.uris, []);
    assert.is(start.health_check?.type, 'process');
    assert.is(start.limits?.mem, 64);
    assert.is(start.sha1, made.sha1);
    assert.is((await become(cc, task, 'RUNNING')).sequence, 1);
  });

  it('end as their command did, and the DEA may forget them', async (scope) => {
    const { app, cc, dea, droplet: made } = await opened(scope);
    const good = await ask(cc.store, app, made);
    dea.exits(await dea.started(1), { reason: 'STOPPED', exit_status: 0, exit_description: 'exited with status 0' });
    const bad = await ask(cc.store, app, made);
    dea.exits(await dea.started(2), { reason: 'STOPPED', exit_status: 3, exit_description: 'exited with status 3' });

    const done = await become(cc, good, 'SUCCEEDED');
    assert.is(done.exitStatus, 0);
    assert.is(done.failureReason, null);
    const failed = await become(cc, bad, 'FAILED');
    assert.is(failed.exitStatus, 3);
    assert.is(failed.failureReason, 'exited with status 3');
    await cc.settled();
    assert.equal(dea.stops.map((each) => each.droplet).sort(), [good.guid, bad.guid].sort());
    assert.is(dea.starts.length, 2, 'nobody starts them again');
  });

  it('fail with the reason when no DEA has a place', async (scope) => {
    const { app, cc, droplet: made } = await opened(scope, { memoryMb: 32 });

    const failed = await become(cc, await ask(cc.store, app, made), 'FAILED');

    assert.match(failed.failureReason ?? '', /^cannot be started: no DEA has room for 64 MB/);
  });

  it('are stopped when somebody cancels them, also before they began', async (scope) => {
    let go: () => void = () => {};
    const answers = new Promise<void>((done) => {
      go = done;
    });
    let isHeld = false;
    const {
      app,
      cc,
      dea,
      droplet: made,
    } = await opened(scope, {
      beforeAnswer: () => (isHeld ? answers : Promise.resolve()),
    });
    const running = await ask(cc.store, app, made);
    await dea.started(1);
    await become(cc, running, 'RUNNING');
    isHeld = true;
    const pending = await ask(cc.store, app, made);

    await cancelTask(cc.store, running.guid);
    await cancelTask(cc.store, pending.guid);

    for (const task of [running, pending]) {
      assert.is((await become(cc, task, 'FAILED')).failureReason, 'task was cancelled');
    }
    go();
    await cc.settled();
    assert.is(dea.live.size, 0);
    assert.is(dea.starts.length, 1);
  });

  it('are stopped when their app is deleted', async (scope) => {
    const { app, cc, dea, droplet: made } = await opened(scope);
    const task = await ask(cc.store, app, made);
    await dea.started(1);
    await become(cc, task, 'RUNNING');

    await cc.store.delete('app', app.guid);
    await cc.store.delete('task', task.guid);
    await cc.operations.deleted(app);
    await cc.settled();

    assert.is(dea.live.size, 0);
  });

  it('of which no DEA tells any more are lost, and others are not', async (scope) => {
    const { app, cc, dea, droplet: made } = await opened(scope);
    const lost = await ask(cc.store, app, made);
    const kept = await ask(cc.store, app, made);
    await dea.started(2);
    await become(cc, kept, 'RUNNING');

    for (const each of dea.live) if (each.droplet === lost.guid) dea.live.delete(each);

    assert.is((await become(cc, lost, 'FAILED')).failureReason, 'is lost: no DEA tells of it any more');
    assert.is(cc.store.get('task', kept.guid)?.state, 'RUNNING');
  });

  it('that ended while nobody listened are found, and those that never began fail', async (scope) => {
    const bus = await startBus(scope);
    const first = new AsyncDisposableStack();
    const before = await startTestOperations(first, { bus });
    const { app, droplet: made } = await startedApp(before, {}, droplet);
    const running = await ask(before.store, app, made);
    const pending = await ask(before.store, app, made);
    await become(before, running, 'FAILED'); // no DEA is there
    await become(before, pending, 'FAILED');
    await first.disposeAsync();
    const store = scope.use(await Store.open(await connectBus(scope, bus.address), silentLog));
    await store.update('task', running.guid, (task) => ({ ...task, state: 'RUNNING', failureReason: null }));
    await store.update('task', pending.guid, (task) => ({ ...task, state: 'PENDING', failureReason: null }));
    const answer = {
      dea: 'dea-1',
      version: 'v',
      instance: 'i',
      index: 0,
      state: 'CRASHED' as const,
      state_timestamp: 1,
    };
    scope.use(
      bus.bus.answerEach(deaFindDroplet, ({ droplet: guid }) =>
        guid === running.guid
          ? [{ ...answer, droplet: guid, exit_status: 7, exit_description: 'exited with status 7' }]
          : [],
      ),
    );
    await bus.bus.flush();

    const after = await startTestOperations(scope, { bus });

    assert.is((await become(after, running, 'FAILED')).exitStatus, 7);
    assert.match((await become(after, pending, 'FAILED')).failureReason ?? '', /was not started: the platform ended/);
  });
});

describe('the tasks of an app', (it) => {
  it('are counted, and the last ones kept', async (scope) => {
    const { app, cc, droplet: made } = await opened(scope, { memoryMb: 0 });
    const first = await ask(cc.store, app, made);
    await become(cc, first, 'FAILED');
    for (let at = 0; at < 51; at += 1) {
      await cc.store.create('task', { ...first, guid: crypto.randomUUID(), sequence: at + 2, state: 'SUCCEEDED' });
    }

    const last = await ask(cc.store, app, made);

    assert.is(last.sequence, 53);
    const ended = tasksOf(cc.store, app.guid).filter(({ guid }) => guid !== last.guid);
    assert.is(ended.length, 50);
    assert.not(ended.some(({ sequence }) => sequence <= 2));
  });
});
