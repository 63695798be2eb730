import * as assert from 'uvu/assert';
import * as v from 'valibot';
import type { AppRecord } from '#components/cloud-controller/records.ts';
import { appState, appWake } from '#contract/apps.ts';
import { BulkPage, bulkCredentials, dropletUpdated } from '#contract/health.ts';
import { routerStart } from '#contract/routes.ts';
import { call } from '#ground/http-client.ts';
import { waitFor } from '#ground/wait.ts';
import { describe } from '../../../support/spec.ts';
import type { TestOperations, TestOptions } from '../operations.ts';
import { playRouter, startRunning } from './idle-running.ts';

const earlier = new Date(Date.now() - 60_000).toISOString();

describe('an app that nobody asks for', (it) => {
  it('is told to be idle first, then its instances are stopped; asked for, it starts with the same version', async (scope) => {
    const { cc, dea, app, states, turns, spinDown, wake, record, becomes } = await startRunning(scope, {
      given: { instances: 2 },
    });
    const told: string[] = [];
    playRouter(scope, cc, () => {
      told.push(`${states.at(-1)}, ${dea.live.size} run`);
      return false;
    });

    spinDown();
    await waitFor('the stop', () => (dea.live.size === 0 ? true : undefined), { limitMs: 15_000 });
    assert.equal(told, ['IDLE, 2 run']);
    assert.equal([record()?.state, record()?.isIdle, cc.operations.instancesOf(app)], ['STARTED', true, []]);

    await Promise.all([wake(), wake(), wake()]);
    assert.equal([record()?.isIdle, states.at(-1)], [undefined, 'STARTING']);
    await dea.started(4);
    dea.beats();
    await becomes('RUNNING');

    assert.is(dea.live.size, 2);
    assert.is(new Set(dea.starts.map(({ version }) => version)).size, 1);
    assert.equal(turns(), ['IDLE', 'STARTING', 'RUNNING']);
    assert.equal(cc.events.of(app.guid), []);
  });

  it('goes on running when a router says that it is in use after all, or does not answer', async (scope) => {
    const { cc, dea, spinDown, record, turns } = await startRunning(scope);
    let answer: () => boolean | Promise<boolean> = () => true;
    playRouter(scope, cc, () => answer());
    const heard = (count: number) =>
      waitFor(`${count} states`, () => (turns().length === count ? true : undefined), { limitMs: 15_000 });

    spinDown();
    await heard(2);
    answer = () => new Promise(() => {});
    spinDown();
    await heard(4);

    assert.equal([dea.stops, dea.starts.length, record()?.isIdle], [[], 1, undefined]);
    assert.equal(turns(), ['IDLE', 'RUNNING', 'IDLE', 'RUNNING']);
  });

  it('is not stopped when somebody comes while the routers are asked', async (scope) => {
    const { cc, dea, spinDown, wake, turns } = await startRunning(scope);
    playRouter(scope, cc, async () => {
      await wake();
      return false;
    });

    spinDown();
    await waitFor('both states', () => turns()[1], { limitMs: 15_000 });
    await cc.settled();
    await cc.settled();

    assert.equal([turns(), dea.stops, dea.live.size], [['IDLE', 'RUNNING'], [], 1]);
  });

  it('is stopped for good where no router could have it started again', async (scope) => {
    const { cc, spinDown, record, becomes } = await startRunning(scope, { hasRouter: false });
    cc.bus.publish(routerStart, { id: 'of-2012', version: 0.98, hosts: ['10.0.0.1'] });

    spinDown();
    await becomes('STOPPED');

    assert.equal([record()?.state, record()?.isIdle], ['STOPPED', undefined]);
  });

  it(
    'is left alone when it has to run, or was changed since',
    async (scope) => {
      const cases: [string, (now: AppRecord) => AppRecord, TestOptions?][] = [
        ['never', (now) => ({ ...now, annotations: { 'localpaas/idle-stop': 'never' } })],
        ['cron', (now) => ({ ...now, annotations: { 'localpaas/cron': '["* * * * * date"]' } })],
        ['later', (now) => ({ ...now, annotations: { 'localpaas/idle-stop': '1h' } })],
        ['changed', (now) => now, { options: { idleStopSeconds: 60 } }],
      ];
      for (const [name, change, options = {}] of cases) {
        const { cc, app, dea, spinDown, states } = await startRunning(scope, options);
        playRouter(scope, cc, () => false);
        await cc.store.update('app', app.guid, change);

        spinDown();
        await cc.settled();
        await cc.settled();

        assert.equal([states.includes('IDLE'), dea.stops], [false, []], name);
      }
    },
    { timeoutMs: 120_000 },
  );

  it('is left alone without a route, and while a task of it runs', async (scope) => {
    const { cc, app, dea, spinDown, states } = await startRunning(scope);
    playRouter(scope, cc, () => false);
    const task = { guid: app.guid, createdAt: earlier, updatedAt: earlier, app: app.guid, sequence: 1, name: 'long' };
    const size = { memoryMb: 1, diskMb: 1, droplet: app.currentDroplet ?? '', failureReason: null, exitStatus: null };
    await cc.store.create('task', { ...task, ...size, command: 'sleep 9', state: 'RUNNING' });
    spinDown();
    await cc.settled();
    await cc.store.delete('task', app.guid);
    for (const { guid } of cc.store.all('route')) await cc.store.delete('route', guid);
    spinDown();
    await cc.settled();

    assert.equal([states.includes('IDLE'), dea.stops.filter(({ droplet }) => droplet !== task.guid)], [false, []]);
  });

  it('stays stopped when somebody has stopped it meanwhile, whoever asks for it', async (scope) => {
    const { cc, dea, app, spinDown, wake, record, becomes } = await startRunning(scope);
    playRouter(scope, cc, () => false);
    spinDown();
    await becomes('IDLE');
    await waitFor('the stop', () => (dea.live.size === 0 ? true : undefined), { limitMs: 15_000 });

    const stopped = await cc.store.update('app', app.guid, ({ isIdle: _, ...now }) => ({ ...now, state: 'STOPPED' }));
    await cc.operations.stop(stopped);
    await wake();
    await cc.bus.ask(appWake, { app: 'nobody' }, { limitMs: 15_000 });
    await becomes('STOPPED');

    assert.equal([record()?.state, dea.starts.length], ['STOPPED', 1]);
  });

  it(
    'starts when it has to run from now on, or is scaled',
    async (scope) => {
      const changes: ((cc: TestOperations, app: AppRecord) => Promise<unknown> | unknown)[] = [
        ({ store }, { guid }) =>
          store.update('app', guid, (now) => ({ ...now, annotations: { 'localpaas/idle-stop': 'never' } })),
        ({ operations, store }, { guid }) => {
          const [web] = store.get('app', guid)?.processes ?? [];
          const app = store.get('app', guid);
          return app && web && operations.scale(app, web);
        },
        async ({ operations, store }, { guid }) => {
          for (const route of store.all('route')) await store.delete('route', route.guid);
          operations.routesChanged(guid);
        },
      ];
      for (const change of changes) {
        const { cc, dea, app, spinDown, becomes } = await startRunning(scope);
        playRouter(scope, cc, () => false);
        spinDown();
        await becomes('IDLE');
        await waitFor('the stop', () => (dea.live.size === 0 ? true : undefined), { limitMs: 15_000 });

        await change(cc, app);

        await dea.started(2);
      }
    },
    { timeoutMs: 120_000 },
  );
});

describe('what health managers and routers are told of when an app may be stopped', (it) => {
  it(
    'is what the app says, else what the platform says; never of one that has to run',
    async (scope) => {
      const told = async (idleStopSeconds: number | undefined, annotations: Record<string, string>, routes = true) => {
        const { cc, app } = await startRunning(scope, { options: { idleStopSeconds }, given: { annotations } });
        const [route] = cc.store.all('route');
        if (!routes && route) await cc.store.delete('route', route.guid);
        let ofRouter: number | undefined;
        scope.use(
          cc.bus.subscribe(appState, ({ idle_stop_seconds: seconds }) => {
            ofRouter = seconds;
          }),
        );
        cc.bus.publish(routerStart, { id: 'router', port: 80 });
        await cc.settled();
        const { user, password, url = '' } = await cc.bus.ask(bulkCredentials, null, { limitMs: 15_000 });
        const authorization = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
        const page = v.parse(BulkPage, await (await call(`${url}/bulk/apps`, { headers: { authorization } })).json());
        return [page.results[app.guid]?.idle_stop_seconds, ofRouter];
      };

      assert.equal(await told(undefined, {}), [undefined, undefined]);
      assert.equal(await told(600, {}), [600, 600]);
      assert.equal(await told(600, { 'localpaas/idle-stop': '1m30s' }), [90, 90]);
      assert.equal(await told(undefined, { 'localpaas/idle-stop': '2h' }), [7200, 7200]);
      assert.equal(await told(600, { 'localpaas/idle-stop': 'never' }), [null, undefined]);
      assert.equal(await told(600, { 'localpaas/cron': '["* * * * * date"]' }), [null, undefined]);
      assert.equal(await told(600, {}, false), [null, undefined]);
    },
    { timeoutMs: 120_000 },
  );

  it('is said when it changes, and an idle app is told as stopped', async (scope) => {
    const { cc, app, spinDown, becomes } = await startRunning(scope);
    playRouter(scope, cc, () => false);
    const updates: string[] = [];
    scope.use(cc.bus.subscribe(dropletUpdated, ({ droplet }) => void updates.push(droplet)));
    await cc.bus.flush();

    const annotations = { 'localpaas/idle-stop': '10m' };
    await cc.store.update('app', app.guid, (now) => ({ ...now, annotations }));
    await cc.settled();
    assert.equal(updates, [app.guid]);
    await cc.store.update('app', app.guid, (now) => ({ ...now, annotations: {} }));
    spinDown();
    await becomes('IDLE');
    await waitFor('the news', () => updates[2], { limitMs: 15_000 });

    const { user, password, url = '' } = await cc.bus.ask(bulkCredentials, null, { limitMs: 15_000 });
    const authorization = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
    const page = v.parse(BulkPage, await (await call(`${url}/bulk/apps`, { headers: { authorization } })).json());
    assert.is(page.results[app.guid]?.state, 'STOPPED');
  });
});
