import { setTimeout as passed } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import * as v from 'valibot';
import {
  deaAdvertise,
  deaDiscover,
  deaFindDroplet,
  deaLocate,
  deaStartInstance,
  deaStatus,
  deaStop,
  deaUpdate,
} from '#contract/dea.ts';
import { componentAnnounce, componentDiscover } from '#contract/discovery.ts';
import { subject } from '#ground/subject.ts';
import { waitFor } from '#ground/wait.ts';
import { scratchDirectory } from '../../support/scratch.ts';
import { describe } from '../../support/spec.ts';
import {
  appPidOf,
  type Droplet,
  dropletOf,
  exitOf,
  fixtureDroplet,
  linesOf,
  listenTo,
  openDea,
  openHome,
  requestFor,
  start,
  startRunning,
} from './support.ts';

const soon = { limitMs: 15_000 };
const nodeApp = { name: 'node', executable: 'node' };
const inbox = subject('any', v.unknown());

describe('dea', (it) => {
  it('introduces itself under a new id at each start', async (scope) => {
    const testBus = await openHome(scope);
    const announcements = listenTo(scope, testBus.bus, componentAnnounce);
    const advertisements = listenTo(scope, testBus.bus, deaAdvertise);

    const first = await openDea(scope, { maxMemoryMb: 1024 }, testBus);
    await first.stop();
    const second = await openDea(scope, { maxMemoryMb: 1024 }, testBus);

    assert.match(first.id, /^[0-9a-f]{32}$/);
    assert.is.not(second.id, first.id);
    const announcement = await announcements.first(({ uuid }) => uuid === second.id);
    assert.is(announcement.type, 'DEA');
    assert.match(announcement.start, /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \+0000$/);
    const advertisement = await advertisements.first(({ id }) => id === second.id);
    assert.is(advertisement.available_memory, 1024);
    assert.ok(advertisement.runtimes?.includes('node'));
    assert.is(advertisement.prod, null);
  });

  it('answers when somebody looks for a place that it has', async (scope) => {
    const { bus, id } = await openDea(scope, { maxMemoryMb: 1024 });
    const request = { droplet: 'app', runtime_info: nodeApp, limits: { mem: 1024 } };

    assert.equal(await bus.ask(deaDiscover, request, soon), { id, ip: '127.0.0.1', port: null, version: 0.99 });
  });

  it('does not answer when it lacks room, runtime or permission', async (scope) => {
    const options = { maxMemoryMb: 1024, path: '', programDirectories: [], prod: true };
    const { bus, id } = await openDea(scope, options);
    const request = { droplet: 'app', runtime_info: nodeApp, limits: { mem: 512 }, prod: true };
    const answersTo = async (changes: object) =>
      (await bus.askMany(deaDiscover, { ...request, ...changes }, { limitMs: 150 })).map((answer) => answer.id);

    assert.is((await bus.ask(deaDiscover, request, soon)).id, id);
    assert.equal(await answersTo({ limits: { mem: 1025 } }), []);
    assert.equal(await answersTo({ runtime_info: { name: 'ruby19', executable: 'ruby' } }), []);
    assert.equal(await answersTo({ prod: false }), []);
  });

  it('answers before one that is fuller', async (scope) => {
    const full = await openDea(scope, { maxMemoryMb: 1024 });
    start(full, requestFor(await fixtureDroplet(scope, 'never-listens'), { limits: { mem: 768 } }));
    await full.bus.flush();
    const empty = await openDea(scope, { maxMemoryMb: 1024 }, { ...full, dataDir: await scratchDirectory(scope) });
    const request = { droplet: 'app', runtime_info: nodeApp, limits: { mem: 100 } };

    const answers = await full.bus.askMany(deaDiscover, request, { ...soon, expected: 2 });

    assert.equal(
      answers.map(({ id }) => id),
      [empty.id, full.id],
    );
  });

  it('does not wait when there is no other that could answer before it', async (scope) => {
    const dea = await openDea(scope, { maxMemoryMb: 1024 });
    start(dea, requestFor(await fixtureDroplet(scope, 'never-listens'), { limits: { mem: 768 } }));
    await dea.bus.flush();
    const request = { droplet: 'app', runtime_info: nodeApp, limits: { mem: 100 } };
    const quickest = async (deas: number) => {
      const times: number[] = [];
      for (let round = 0; round < 5; round += 1) {
        const askedAt = performance.now();
        await dea.bus.ask(deaDiscover, { ...request, deas }, soon);
        times.push(performance.now() - askedAt);
      }
      return Math.min(...times);
    };

    // Its delay is 75 ms: three quarters of its memory are taken.
    assert.ok((await quickest(2)) > 74);
    assert.ok((await quickest(1)) < 74);
  });

  it('advertises what is free, when it is asked and when that changes', async (scope) => {
    const dea = await openDea(scope, { maxMemoryMb: 1024 });
    const advertisements = listenTo(scope, dea.bus, deaAdvertise);

    dea.bus.publish(deaLocate, null);
    await advertisements.first(({ available_memory }) => available_memory === 1024);

    const request = requestFor(await fixtureDroplet(scope, 'echo-env'), { limits: { mem: 300 } });
    await startRunning(dea, request);
    await advertisements.first(({ available_memory }) => available_memory === 724);

    const before = advertisements.messages.length;
    dea.bus.publish(deaStop, { droplet: request.droplet });
    await exitOf(dea, request.droplet);
    await advertisements.first(
      (message) => advertisements.messages.indexOf(message) >= before && message.available_memory === 1024,
    );
  });

  it('does not advertise when it is full', async (scope) => {
    const dea = await openDea(scope, { maxMemoryMb: 256, advertiseEveryMs: 20 });
    await startRunning(dea, requestFor(await fixtureDroplet(scope, 'echo-env')));

    const advertisements = listenTo(scope, dea.bus, deaAdvertise);
    dea.bus.publish(deaLocate, null);
    await passed(100);

    assert.equal(advertisements.messages, []);
  });

  it('tells its status', async (scope) => {
    const dea = await openDea(scope, { maxMemoryMb: 1024, memoryEveryMs: 50 });
    await startRunning(dea, requestFor(await fixtureDroplet(scope, 'echo-env')));
    const measured = async () => {
      const status = await dea.bus.ask(deaStatus, null, soon);
      return status.used_memory > 20 ? status : undefined;
    };

    const status = await waitFor('its use of memory', measured, soon);

    assert.is(status.id, dea.id);
    assert.is(status.max_memory, 1024);
    assert.is(status.reserved_memory, 256);
    assert.is(status.num_clients, 1);
    assert.ok(status.used_memory < 256, String(status.used_memory));
    assert.is(status.state, undefined);
  });

  it('says in its status why it takes nothing more', async (scope) => {
    const dea = await openDea(scope, { minFreeDiskMb: 1_000_000_000 });

    const { full } = await dea.bus.ask(deaStatus, null, soon);

    assert.match(full ?? '', /^the disk is nearly full: [\d.]+G are left$/);
  });

  it('tells its age when components are looked for', async (scope) => {
    const { bus, id } = await openDea(scope);

    const found = await bus.ask(componentDiscover, null, soon);

    assert.is(found.uuid, id);
    assert.match(found.uptime ?? '', /^0d:0h:0m:\d+s$/);
  });

  it('repeats heartbeats, advertisements and routes', async (scope) => {
    const dea = await openDea(scope, { heartbeatEveryMs: 50, advertiseEveryMs: 50, registerEveryMs: 50 });
    const advertisements = listenTo(scope, dea.bus, deaAdvertise);
    await startRunning(dea, requestFor(await fixtureDroplet(scope, 'echo-env')));

    for (const { messages } of [dea.heartbeats, dea.registered, advertisements]) {
      await waitFor('three of them', () => messages[2], soon);
    }
  });

  it('refuses messages that make no sense, and goes on', async (scope) => {
    const dea = await openDea(scope);
    const nonsense = [
      null,
      5,
      'text',
      [],
      {},
      { droplet: 'x' },
      { ...requestFor({ path: '/', sha1: 'x' }), index: -1 },
    ];
    const subjects = [deaStartInstance.at(dea.id), deaStop, deaUpdate, deaDiscover, deaFindDroplet];

    for (const { name } of subjects) {
      for (const message of nonsense) dea.bus.publish({ ...inbox, name }, message);
    }
    await startRunning(dea, requestFor(await fixtureDroplet(scope, 'echo-env')));

    assert.equal(dea.exits.messages, []);
  });

  it('takes a start request of 2012, with numbers for ids', async (scope) => {
    const dea = await openDea(scope);
    const { path, sha1 } = await dropletOf(scope, 'sleep 60');
    dea.bus.publish(
      { ...inbox, name: `dea.${dea.id}.start` },
      {
        droplet: 42,
        index: 0,
        services: [],
        version: '1-1',
        sha1,
        executableFile: path,
        executableUri: 'http://127.0.0.1:9/staged_droplets/42/abc',
        name: 'app0',
        uris: [],
        env: ['RUBYLIB=/SHIM'],
        users: ['a@b.c'],
        runtime_info: { name: 'node08', executable: 'node', version_output: 'v0.8' },
        runtime: 'node08',
        framework: 'standalone',
        limits: { mem: 128 },
        cc_partition: 'default',
        prod: false,
        debug: null,
        console: false,
      },
    );

    const heartbeat = await dea.heartbeats.first();

    assert.is(heartbeat.droplets[0]?.droplet, '42');
    assert.equal(dea.registered.messages, []);
  });

  it('repeats everything when the bus was away, exits that nobody heard too', async (scope) => {
    const dea = await openDea(scope);
    const [quiet, loud] = [
      await fixtureDroplet(scope, 'echo-env'),
      await fixtureDroplet(scope, 'crashes-after-listening'),
    ];
    const run = (droplet: Droplet) => startRunning(dea, requestFor(droplet));
    const [stays, dies, complains] = await Promise.all([run(quiet), run(quiet), run(loud)]);
    const routes = dea.registered.messages.length;
    const pid = await appPidOf(dea, dies);

    process.kill(dea.server.pid(), 'SIGKILL');
    process.kill(pid, 'SIGKILL');
    await fetch(`http://127.0.0.1:${complains.port}/`);

    assert.is((await exitOf(dea, dies.app)).exit_status, 137);
    assert.is((await exitOf(dea, complains.app)).exit_status, 3);
    assert.ok(linesOf(dea, complains.app).includes('One answer is all I had.'), 'its last words were not lost');
    await dea.registered.first(
      (message) => message.port === stays.port && dea.registered.messages.indexOf(message) >= routes,
    );
  });
});
