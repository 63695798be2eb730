import { appendFile, mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as passed } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import { deaFindDroplet, deaStop } from '#contract/dea.ts';
import { startChild } from '#ground/child.ts';
import { KeepAppsRunning } from '#ground/component.ts';
import { environmentVariableOf, identityOf, processTable } from '#ground/processes.ts';
import { waitFor } from '#ground/wait.ts';
import { scratchDirectory } from '../../support/scratch.ts';
import { describe } from '../../support/spec.ts';
import { openDeaProcess } from './dea-process.ts';
import { changeSnapshot, untilInSnapshot } from './noted.ts';
import {
  appPidOf,
  directoryOf,
  dropletOf,
  exitOf,
  fixtureDroplet,
  linesOf,
  openDea,
  openHome,
  processesOf,
  requestFor,
  start,
  startRunning,
  untilNothingIsLeft,
} from './support.ts';

describe('a dea after another', (it) => {
  it('adopts what a killed one left running, unchanged', async (scope) => {
    const first = await openDeaProcess(scope);
    const droplet = await fixtureDroplet(scope, 'echo-env');
    const requests = [0, 1].map((index) => requestFor(droplet, { droplet: 'app', index, version: `v-${index}` }));
    const instances = await Promise.all(requests.map((request) => startRunning(first, request)));
    const ports = new Set(first.registered.messages.map(({ port }) => port));
    for (const { instance } of instances) await untilInSnapshot(first, instance, 'RUNNING');
    const pids = await Promise.all(instances.map((instance) => appPidOf(first, instance)));
    await first.kill();

    const second = await openDea(scope, {}, first);

    assert.is.not(second.id, first.id);
    const heartbeat = await second.heartbeats.first(({ dea }) => dea === second.id);
    assert.equal(
      heartbeat.droplets.map(({ instance, index, version, state }) => ({ instance, index, version, state })),
      instances.map(({ instance }, index) => ({ instance, index, version: `v-${index}`, state: 'RUNNING' })),
    );
    await waitFor('both routes', () => (second.registered.messages.length >= 2 ? true : undefined), {
      limitMs: 15_000,
    });
    assert.equal(new Set(second.registered.messages.map(({ port }) => port)), ports);
    assert.equal(await Promise.all(instances.map((instance) => appPidOf(second, instance))), pids);
    for (const pid of pids) assert.ok(await identityOf(pid));
    assert.equal(second.exits.messages, []);

    second.bus.publish(deaStop, { droplet: 'app' });
    for (const { instance } of instances) await second.exits.first((exit) => exit.instance === instance);
    for (const { instance } of instances) assert.equal(await processesOf(instance), []);
    await untilNothingIsLeft(second);
  });

  it('notices the end of an adopted app, and knows its exit status', async (scope) => {
    const first = await openDeaProcess(scope);
    const running = await startRunning(first, requestFor(await fixtureDroplet(scope, 'crashes-after-listening')));
    await untilInSnapshot(first, running.instance, 'RUNNING');
    await first.kill();
    const second = await openDea(scope, {}, first);

    await fetch(`http://127.0.0.1:${running.port}/`);

    const exit = await exitOf(second, running.app);
    assert.is(exit.exit_status, 3);
    assert.is(exit.exit_description, 'exited with status 3; its last lines: One answer is all I had.');
  });

  it('reports what ended while nobody looked, with its last words', async (scope) => {
    const first = await openDeaProcess(scope);
    const running = await startRunning(first, requestFor(await fixtureDroplet(scope, 'crashes-after-listening')));
    await untilInSnapshot(first, running.instance, 'RUNNING');
    await first.kill();
    await fetch(`http://127.0.0.1:${running.port}/`);
    await waitFor(
      'the app to end',
      async () => ((await processesOf(running.instance)).length === 0 ? true : undefined),
      {
        limitMs: 15_000,
      },
    );

    const second = await openDea(scope, {}, first);

    const exit = await exitOf(second, running.app);
    assert.is(exit.reason, 'CRASHED');
    assert.is(exit.exit_description, 'ended while the platform was down: it exited with status 3');
    assert.is((await second.withdrawn.first()).port, running.port);
    assert.ok(linesOf(second, running.app).includes('One answer is all I had.'));
    const [found] = await second.bus.askMany(
      deaFindDroplet,
      { droplet: running.app },
      { limitMs: 15_000, expected: 1 },
    );
    assert.is(found?.state, 'CRASHED');
  });

  it(
    'delivers the lines written meanwhile, and none twice',
    async (scope) => {
      const first = await openDeaProcess(scope, { logBatchMs: 5 });
      const goOn = join(await scratchDirectory(scope), 'go-on');
      const count = (from: number, to: number) => `for n in {${from}..${to}}; do echo line $n; sleep 0.005; done`;
      const script = `bash -c '${count(1, 100)}; until [ -e ${goOn} ]; do sleep 0.01; done; ${count(101, 400)}; exec sleep 60'`;
      const request = requestFor(await dropletOf(scope, script), { uris: [] });
      const { instance } = await startRunning(first, request);
      await untilInSnapshot(first, instance, 'RUNNING');
      const lines = (dea: typeof first) => linesOf(dea, request.droplet, 'APP/PROC/WEB');
      const bytes = Array.from({ length: 100 }, (_, n) => `line ${n + 1}\n`).join('').length;
      const areNoted = async () => {
        const text = await readFile(join(first.dataDir, 'log-positions', instance), 'utf8').catch(() => '');
        return text.includes(`"offset":${bytes}`) || undefined;
      };
      await waitFor('the first lines to be noted as read', areNoted, { limitMs: 15_000 });
      await first.kill();
      await first.bus.flush();
      const before = lines(first).length;
      await writeFile(goOn, '');
      await passed(150);

      const second = { ...first, ...(await openDea(scope, { logBatchMs: 5 }, first)) };

      await waitFor('the last line', () => (lines(first).at(-1) === 'line 400' ? true : undefined), {
        limitMs: 15_000,
      });
      assert.is(before, 100);
      assert.ok(lines(second).length > 0);
      assert.equal(
        lines(first),
        Array.from({ length: 400 }, (_, n) => `line ${n + 1}`),
      );
    },
    { timeoutMs: 120_000 },
  );

  it('ends and removes what the one before did not come to note down', async (scope) => {
    const first = await openDeaProcess(scope);
    const { instance } = await startRunning(first, requestFor(await fixtureDroplet(scope, 'many-children')));
    await untilInSnapshot(first, instance, 'RUNNING');
    await first.kill();
    assert.ok((await processesOf(instance)).length > 4);
    await rename(join(first.dataDir, 'instances.json'), join(first.dataDir, 'lost.json'));
    await mkdir(join(first.dataDir, 'instances', 'not-ours'));

    const second = await openDea(scope, {}, first);

    await untilNothingIsLeft(second);
    assert.equal(await processesOf(instance), []);
    assert.equal(await readdir(join(second.dataDir, 'log-positions')), []);
  });

  it('leaves the instances of other DEAs on this machine alone', async (scope) => {
    const other = await openDea(scope);
    const { instance } = await startRunning(other, requestFor(await fixtureDroplet(scope, 'echo-env')));

    await openDea(scope);
    await passed(100);

    assert.ok((await processesOf(instance)).length > 0);
    assert.equal(other.exits.messages, []);
  });

  it('takes no stranger for an instance whose process number came back', async (scope) => {
    const first = await openDeaProcess(scope);
    const { instance, app } = await startRunning(first, requestFor(await fixtureDroplet(scope, 'echo-env')));
    await untilInSnapshot(first, instance, 'RUNNING');
    await first.kill();
    for (const pid of await processesOf(instance)) process.kill(pid, 'SIGKILL');
    const stranger = scope.use(await startChild({ program: '/bin/sleep', args: ['60'], env: {}, graceMs: 0 }));
    await changeSnapshot(first, { process: { pid: stranger.pid, startedAt: 'another time' } });

    const second = await openDea(scope, {}, first);

    assert.match((await exitOf(second, app)).exit_description ?? '', 'ended while the platform was down');
    assert.ok(await identityOf(stranger.pid), 'the stranger was left alone');
  });

  it('finds the apps of a platform that stopped without them', async (scope) => {
    const first = await openDea(scope);
    const running = await startRunning(first, requestFor(await fixtureDroplet(scope, 'echo-env')));
    const pid = await appPidOf(first, running);

    await first.stop(new KeepAppsRunning());
    await first.bus.flush();

    assert.equal([first.exits.messages, first.withdrawn.messages], [[], []]);
    assert.ok(await identityOf(pid));
    await appendFile(
      join(await directoryOf(first.dataDir, running.instance), 'logs/stderr.log'),
      'written meanwhile\n',
    );
    const second = await openDea(scope, {}, first);
    await second.heartbeats.first(({ droplets }) => droplets[0]?.instance === running.instance);
    assert.is((await second.registered.first(({ dea }) => dea === second.id)).port, running.port);
    await second.logs.first(({ lines }) => lines.some(({ text }) => text === 'written meanwhile'));
    assert.ok((await fetch(`http://127.0.0.1:${running.port}/`)).ok);
  });

  it(
    'leaves nothing in the end, whenever the ones before it were killed',
    async (scope) => {
      const home = await openHome(scope);
      const apps = ['echo-env', 'exits-zero', 'many-children', 'forks-and-leaves', 'ignores-sigterm', 'never-listens'];
      const droplets = await Promise.all(apps.map((app) => fixtureDroplet(scope, app)));
      for (const killAfterMs of [0, 20, 60, 150]) {
        const killed = await openDeaProcess(scope, {}, home);
        for (const droplet of droplets) start(killed, requestFor(droplet));
        await killed.bus.flush();
        await passed(killAfterMs);
        await killed.kill();
      }

      const last = await openDea(scope, { stopGraceMs: 100, crashKeepMs: 0 }, home);
      await last.stop();

      const rows = (await processTable()).filter(({ state }) => state !== 'Z');
      const left = rows.filter(({ pid }) => environmentVariableOf(pid, 'HOME')?.startsWith(home.dataDir));
      assert.equal(left, []);
      assert.equal(await readdir(join(home.dataDir, 'log-positions')), []);
    },
    { timeoutMs: 120_000 },
  );
});
