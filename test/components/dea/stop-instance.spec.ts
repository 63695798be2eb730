import { access, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as passed } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import * as v from 'valibot';
import { deaDiscover, deaFindDroplet, deaStatus, deaStop, dropletExited } from '#contract/dea.ts';
import { routerUnregister } from '#contract/routes.ts';
import { call } from '#ground/http-client.ts';
import { identityOf } from '#ground/processes.ts';
import { scratchDirectory } from '../../support/scratch.ts';
import { describe } from '../../support/spec.ts';
import {
  archiveOf,
  dropletOf,
  exitOf,
  fixtureDroplet,
  linesOf,
  openDea,
  processesOf,
  requestFor,
  start,
  startRunning,
  stateIn,
  untilNothingIsLeft,
} from './support.ts';

/** What the app of many processes tells about them. */
const Family = v.object({ pid: v.number(), child: v.number(), grandchildren: v.array(v.number()) });

describe('stopping an instance', (it) => {
  it('withdraws its routes before it says that it is gone, and leaves nothing', async (scope) => {
    const dea = await openDea(scope);
    const request = requestFor(await fixtureDroplet(scope, 'echo-env'));
    const { instance, port, app } = await startRunning(dea, request);
    const order: string[] = [];
    scope.use(dea.bus.subscribe(routerUnregister, () => void order.push('withdrawn')));
    scope.use(dea.bus.subscribe(dropletExited, () => void order.push('exited')));

    dea.bus.publish(deaStop, { droplet: app });

    const exit = await exitOf(dea, app);
    assert.equal(exit, {
      droplet: app,
      version: request.version,
      instance,
      index: 0,
      reason: 'STOPPED',
      cc_partition: 'default',
    });
    assert.equal(order, ['withdrawn', 'exited']);
    assert.equal(dea.withdrawn.messages, [{ dea: dea.id, app, host: '127.0.0.1', port, uris: request.uris ?? [] }]);
    assert.equal(await processesOf(instance), []);
    await untilNothingIsLeft(dea);
    assert.equal(await dea.bus.askMany(deaFindDroplet, { droplet: app }, { limitMs: 50 }), []);
  });

  it('gives the app time to finish', async (scope) => {
    const dea = await openDea(scope, { stopGraceMs: 5_000 });
    const script = `process.on('SIGTERM', () => setTimeout(() => { console.log('finished'); process.exit(); }, 300));
      require('http').createServer().listen(process.env.PORT);`;
    const request = requestFor(await dropletOf(scope, 'node app.js', { 'app/app.js': script }));
    await startRunning(dea, request);

    dea.bus.publish(deaStop, { droplet: request.droplet });
    await exitOf(dea, request.droplet);

    assert.equal(linesOf(dea, request.droplet, 'APP/PROC/WEB'), ['finished']);
    assert.equal(linesOf(dea, request.droplet, 'CELL').at(-1), 'Instance 0 was stopped.');
  });

  it('asks what begins while it is being stopped, when nobody else will end it', async (scope) => {
    const dea = await openDea(scope, { stopGraceMs: 20_000 });
    // Ends at once, and leaves another one behind that would go on.
    const script = `process.on('SIGTERM', () => {
        const options = { detached: false, stdio: 'ignore' };
        require('child_process').spawn('sleep', ['60'], options).unref();
        process.exit();
      });
      require('http').createServer().listen(process.env.PORT);`;
    const request = requestFor(await dropletOf(scope, 'node app.js', { 'app/app.js': script }));
    const { instance } = await startRunning(dea, request);
    const startedAt = performance.now();

    dea.bus.publish(deaStop, { droplet: request.droplet });
    await exitOf(dea, request.droplet);

    assert.ok(performance.now() - startedAt < 10_000);
    assert.equal(await processesOf(instance), []);
  });

  it('is as quick for an instance that is just being started, whatever its script is doing', async (scope) => {
    const dea = await openDea(scope, { stopGraceMs: 20_000 });
    const droplet = await fixtureDroplet(scope, 'echo-env');
    for (let pauseMs = 0; pauseMs < 80; pauseMs += 2) {
      const request = requestFor(droplet);
      await start(dea, request);
      await passed(pauseMs);

      const stoppedAt = performance.now();
      dea.bus.publish(deaStop, { droplet: request.droplet });
      await exitOf(dea, request.droplet);

      assert.ok(performance.now() - stoppedAt < 10_000, `stopped after ${pauseMs} ms`);
    }
  });

  it('lets an app that ends put things in order with programs of its own', async (scope) => {
    const dea = await openDea(scope, { stopGraceMs: 20_000 });
    const script = `process.on('SIGTERM', () => {
        const child = require('child_process').spawn('sleep', ['0.5']);
        child.on('exit', (code, signal) => { console.log('in order:', code, signal); process.exit(); });
      });
      require('http').createServer().listen(process.env.PORT);`;
    const request = requestFor(await dropletOf(scope, 'node app.js', { 'app/app.js': script }));
    await startRunning(dea, request);

    dea.bus.publish(deaStop, { droplet: request.droplet });
    await exitOf(dea, request.droplet);

    assert.equal(linesOf(dea, request.droplet, 'APP/PROC/WEB'), ['in order: 0 null']);
  });

  it('does not wait for an app that does not resist', async (scope) => {
    const dea = await openDea(scope, { stopGraceMs: 20_000 });
    const { app } = await startRunning(dea, requestFor(await fixtureDroplet(scope, 'echo-env')));
    const startedAt = performance.now();

    dea.bus.publish(deaStop, { droplet: app });
    await exitOf(dea, app);

    assert.ok(performance.now() - startedAt < 10_000);
  });

  it('kills an app that ignores SIGTERM', async (scope) => {
    const dea = await openDea(scope, { stopGraceMs: 2_000 });
    const { app, instance } = await startRunning(dea, requestFor(await fixtureDroplet(scope, 'ignores-sigterm')));

    dea.bus.publish(deaStop, { droplet: app });
    await exitOf(dea, app);

    assert.ok(linesOf(dea, app).includes('SIGTERM came, but I stay.'));
    assert.equal(await processesOf(instance), []);
  });

  it('ends all processes of the app, in whichever groups and sessions they are', async (scope) => {
    const dea = await openDea(scope, { stopGraceMs: 200 });
    const { app, instance, port } = await startRunning(dea, requestFor(await fixtureDroplet(scope, 'many-children')));
    const answer = await call(`http://127.0.0.1:${port}/`);
    const { pid, child, grandchildren } = v.parse(Family, await answer.json());
    const living = async () =>
      (await Promise.all([pid, child, ...grandchildren].map(identityOf))).filter(Boolean).length;
    assert.is(await living(), 5);

    dea.bus.publish(deaStop, { droplet: app });
    await exitOf(dea, app);

    assert.is(await living(), 0);
    assert.equal(await processesOf(instance), []);
  });

  it("runs the droplet's own stop script when asking did not help", async (scope) => {
    const dea = await openDea(scope, { stopGraceMs: 2_000 });
    const mark = join(await scratchDirectory(scope), 'mark');
    const script = `process.on('SIGTERM', () => {}); process.on('SIGUSR2', () => {
      require('fs').writeFileSync('${mark}', 'told'); process.exit(); });
      require('http').createServer().listen(process.env.PORT);`;
    const stop = '#!/bin/bash\nkill -USR2 $1\nsleep 1\n';
    const request = requestFor(await dropletOf(scope, 'node app.js', { 'app/app.js': script, stop }));
    await startRunning(dea, request);

    dea.bus.publish(deaStop, { droplet: request.droplet });
    await exitOf(dea, request.droplet);

    assert.is(await readFile(mark, 'utf8'), 'told');
  });

  it('is not held up by a stop script that hangs, or that is none', async (scope) => {
    const dea = await openDea(scope, { stopGraceMs: 100 });
    const startup = '#!/bin/bash\ntrap "" TERM\necho $$ > run.pid\nwhile true; do sleep 1; done\n';
    const hangs = requestFor(await archiveOf(scope, { startup, stop: '#!/bin/bash\nsleep 600\n' }), { uris: [] });
    const none = requestFor(await archiveOf(scope, { startup, stop: '\0\0' }), { uris: [] });
    for (const request of [hangs, none]) {
      start(dea, request);
      await dea.heartbeats.first((message) => stateIn(message, request) === 'RUNNING');
      dea.bus.publish(deaStop, { droplet: request.droplet });
    }

    await exitOf(dea, hangs.droplet);
    await exitOf(dea, none.droplet);
  });

  it('stops those that every filter agrees on, and no others', async (scope) => {
    const dea = await openDea(scope);
    const droplet = await fixtureDroplet(scope, 'echo-env');
    const run = (index: number, version: string) =>
      startRunning(dea, requestFor(droplet, { droplet: 'app', index, version }));
    const [first, second, third] = await Promise.all([run(0, 'v1'), run(1, 'v1'), run(2, 'v2')]);
    const stopped = () => dea.exits.messages.map(({ index }) => index);

    dea.bus.publish(deaStop, { droplet: 'other' });
    dea.bus.publish(deaStop, { droplet: 'app', states: ['CRASHED'] });
    dea.bus.publish(deaStop, { droplet: 'app', instances: [first.instance], indices: [1] });
    dea.bus.publish(deaStop, { droplet: 'app', instance_ids: [first.instance], version: 'v2' });
    dea.bus.publish(deaStop, { droplet: 'app', version: 'v2' });
    await dea.exits.first(({ instance }) => instance === third.instance);
    assert.equal(stopped(), [2]);

    dea.bus.publish(deaStop, { droplet: 'app', instances: [second.instance] });
    await dea.exits.first(({ instance }) => instance === second.instance);
    assert.equal(stopped(), [2, 1]);

    dea.bus.publish(deaStop, { droplet: 'app', indices: [0], states: ['RUNNING'] });
    await dea.exits.first(({ instance }) => instance === first.instance);
    assert.equal(stopped(), [2, 1, 0]);
  });

  it('is done for all instances at once when the DEA stops', async (scope) => {
    const dea = await openDea(scope, { stopGraceMs: 3_000 });
    const stubborn = await fixtureDroplet(scope, 'ignores-sigterm');
    const instances = await Promise.all([0, 1, 2].map((index) => startRunning(dea, requestFor(stubborn, { index }))));
    const asked = () => instances.filter(({ app }) => linesOf(dea, app).includes('SIGTERM came, but I stay.')).length;
    const askedAtFirstExit: number[] = [];
    scope.use(dea.bus.subscribe(dropletExited, () => void askedAtFirstExit.push(asked())));
    await dea.bus.flush();

    await dea.stop();
    await dea.bus.flush();

    assert.is(askedAtFirstExit[0], 3, 'one after the other');
    assert.equal(
      dea.exits.messages.map(({ reason }) => reason),
      ['DEA_SHUTDOWN', 'DEA_SHUTDOWN', 'DEA_SHUTDOWN'],
    );
    for (const { instance } of instances) assert.equal(await processesOf(instance), []);
    await untilNothingIsLeft(dea);
    assert.equal(JSON.parse(await readFile(join(dea.dataDir, 'instances.json'), 'utf8')).instances, []);
  });

  it('tells its status while it stops, and takes no orders', async (scope) => {
    const dea = await openDea(scope, { stopGraceMs: 3_000 });
    await startRunning(dea, requestFor(await fixtureDroplet(scope, 'ignores-sigterm')));

    const stopping = dea.stop();
    await passed(50);
    const status = await dea.bus.ask(deaStatus, null, { limitMs: 15_000 });
    const request = { droplet: 'x', runtime_info: { name: 'node' }, limits: { mem: 1 } };
    const offers = await dea.bus.askMany(deaDiscover, request, { limitMs: 100 });
    await stopping;

    assert.is(status.state, 'SHUTTING_DOWN');
    assert.equal(offers, []);
  });

  it('removes the files of a crash, and says nothing', async (scope) => {
    const dea = await openDea(scope);
    const request = requestFor(await fixtureDroplet(scope, 'exits-zero'));
    start(dea, request);
    const { instance } = await exitOf(dea, request.droplet);
    await access(join(dea.dataDir, 'instances', `hello-0-${instance}`));

    dea.bus.publish(deaStop, { droplet: request.droplet });
    await untilNothingIsLeft(dea);

    assert.is(dea.exits.messages.length, 1);
  });
});
