import { setTimeout as passed } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import { deaFindDroplet, deaStop, deaUpdate, dropletStatus } from '#contract/dea.ts';
import { healthManagerStart } from '#contract/health.ts';
import { routerStart } from '#contract/routes.ts';
import { describe } from '../../support/spec.ts';
import { dropletOf, fixtureDroplet, openDea, requestFor, startRunning, stateIn } from './support.ts';

describe('instances of a dea, seen from outside', (it) => {
  it('reports its instances to a health manager that starts', async (scope) => {
    const dea = await openDea(scope);
    dea.bus.publish(healthManagerStart, null);
    await dea.bus.flush();
    const droplet = await fixtureDroplet(scope, 'echo-env');
    const [first, second] = [requestFor(droplet), requestFor(droplet, { index: 1 })];
    await Promise.all([startRunning(dea, first), startRunning(dea, second)]);

    dea.bus.publish(healthManagerStart, null);
    const all = await dea.heartbeats.first(({ droplets }) => droplets.length === 2);

    assert.is(all.dea, dea.id);
    assert.is(stateIn(all, first), 'RUNNING');
    assert.is(stateIn(all, second), 'RUNNING');
    assert.is(all.droplets[0]?.cc_partition, 'default');
    assert.ok(Math.abs((all.droplets[0]?.state_timestamp ?? 0) - Date.now() / 1000) < 10);
    assert.ok(
      dea.heartbeats.messages.every(({ droplets }) => droplets.length > 0),
      'nothing is told of nothing',
    );
  });

  it('finds instances by every filter', async (scope) => {
    const dea = await openDea(scope);
    const request = requestFor(await fixtureDroplet(scope, 'echo-env'), { droplet: 'app', version: 'v-1' });
    const { instance } = await startRunning(dea, request);
    const find = (filter: object, limits: { limitMs: number; expected?: number }) =>
      dea.bus.askMany(deaFindDroplet, { droplet: 'app', ...filter }, limits);

    for (const filter of [
      {},
      { version: 'v-1' },
      { instances: [instance] },
      { instance_ids: [instance, 'x'] },
      { indices: [0, 5] },
      { states: ['RUNNING'] },
    ]) {
      const [found] = await find(filter, { limitMs: 15_000, expected: 1 });
      assert.is(found?.instance, instance, JSON.stringify(filter));
      assert.is(found?.state, 'RUNNING');
      assert.is(found?.stats, undefined);
    }
    for (const filter of [
      { droplet: 'other' },
      { version: 'v-2' },
      { instances: ['x'] },
      { instance_ids: ['x'] },
      { indices: [1] },
      { states: ['CRASHED'] },
    ]) {
      assert.equal(await find(filter, { limitMs: 80 }), [], JSON.stringify(filter));
    }
  });

  it('tells the use of the machine in the units of 2012', async (scope) => {
    const dea = await openDea(scope, { memoryEveryMs: 50, diskEveryMs: 50 });
    const request = requestFor(await fixtureDroplet(scope, 'echo-env'));
    const { port } = await startRunning(dea, request);
    await passed(250);

    const [found] = await dea.bus.askMany(
      deaFindDroplet,
      { droplet: request.droplet, include_stats: true },
      { limitMs: 15_000, expected: 1 },
    );
    const [status] = await dea.bus.askMany(dropletStatus, null, { limitMs: 15_000, expected: 1 });

    for (const stats of [found?.stats, status]) {
      assert.is(stats?.name, 'hello');
      assert.is(stats?.port, port);
      assert.equal(stats?.uris, request.uris);
      assert.is(stats?.mem_quota, 268_435_456);
      assert.is(stats?.fds_quota, 1024);
      assert.ok((stats?.uptime ?? 0) > 0.1 && (stats?.uptime ?? 0) < 10);
      const usage = stats?.usage;
      assert.ok(usage && usage.mem > 20_000 && usage.mem < 262_144, 'KB of memory');
      assert.ok(usage && usage.disk > 1_000 && usage.disk < 1_000_000, 'bytes of disk');
      assert.ok(usage && usage.cpu >= 0 && usage.cpu < 400);
      assert.match(usage?.time ?? '', /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \+0000$/);
    }
  });

  it('registers the route of an instance that runs, and again for each router that starts', async (scope) => {
    const dea = await openDea(scope);
    const request = requestFor(await fixtureDroplet(scope, 'echo-env'), { index: 3 });
    const { port, app } = await startRunning(dea, request);
    const [route] = dea.registered.messages;
    assert.equal(
      { ...route, private_instance_id: '' },
      {
        dea: dea.id,
        app,
        host: '127.0.0.1',
        port,
        uris: [`${app}.localhost`],
        tags: { framework: 'node', runtime: 'node' },
        private_instance_id: '',
        private_instance_index: '3',
        version: request.version,
      },
    );
    assert.match(route?.private_instance_id ?? '', /^[0-9a-f]{64}$/);

    dea.bus.publish(routerStart, { id: 'a-router' });

    await dea.registered.first((message) => message !== route && message.port === port);
  });

  it('changes the routes of a running app', async (scope) => {
    const dea = await openDea(scope);
    const request = requestFor(await fixtureDroplet(scope, 'echo-env'), { uris: ['a.localhost', 'b.localhost'] });
    const { port } = await startRunning(dea, request);

    dea.bus.publish(deaUpdate, { droplet: request.droplet, uris: ['b.localhost', 'c.localhost'] });

    const added = await dea.registered.first(({ uris }) => uris.includes('c.localhost'));
    const withdrawn = await dea.withdrawn.first();
    assert.equal([added.uris, added.port], [['c.localhost'], port]);
    assert.equal([withdrawn.uris, withdrawn.port], [['a.localhost'], port]);
    dea.bus.publish(deaStop, { droplet: request.droplet });
    const last = await dea.withdrawn.first((message) => message !== withdrawn);
    assert.equal(last.uris, ['b.localhost', 'c.localhost']);
  });

  it('tells the user when a route comes too late for an app without a port', async (scope) => {
    const dea = await openDea(scope);
    const request = requestFor(await dropletOf(scope, 'sleep 60'), { uris: [] });
    await startRunning(dea, request);

    dea.bus.publish(deaUpdate, { droplet: request.droplet, uris: ['late.localhost'] });

    await dea.logs.first(({ lines }) => lines.some(({ text }) => text.includes('has no port: restart it')));
    assert.equal(dea.registered.messages, []);
  });
});
