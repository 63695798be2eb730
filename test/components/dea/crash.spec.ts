import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { deaFindDroplet } from '#contract/dea.ts';
import { healthManagerStart } from '#contract/health.ts';
import { waitFor } from '#ground/wait.ts';
import { describe } from '../../support/spec.ts';
import {
  appPidOf,
  directoryOf,
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
  type TestDea,
} from './support.ts';

/** Starts an app that crashes and waits until it has. */
async function crashOnce(dea: TestDea, request: ReturnType<typeof requestFor>): Promise<string> {
  const before = dea.exits.messages.length;
  start(dea, request);
  const exit = await waitFor('another crash', () => dea.exits.messages[before], { limitMs: 15_000 });
  return exit.instance;
}

describe('a crash', (it) => {
  it('is reported after the routes were withdrawn, with the last words of the app', async (scope) => {
    const dea = await openDea(scope);
    const request = requestFor(await fixtureDroplet(scope, 'crashes-after-listening'));
    const { app, port, instance } = await startRunning(dea, request);

    await fetch(`http://127.0.0.1:${port}/`);
    const exit = await exitOf(dea, app);

    assert.is(exit.reason, 'CRASHED');
    assert.is(exit.exit_status, 3);
    assert.is(exit.exit_description, 'exited with status 3; its last lines: One answer is all I had.');
    assert.ok(Math.abs((exit.crash_timestamp ?? 0) - Date.now() / 1000) < 60);
    assert.is((await dea.withdrawn.first()).port, port);
    const lines = linesOf(dea, app);
    assert.ok(lines.indexOf('One answer is all I had.') >= 0, 'the log comes before the exit');
    assert.ok(linesOf(dea, app, 'CELL').at(-1)?.startsWith('Instance 0 exited with status 3'));
    assert.equal(await processesOf(instance), []);
  });

  it('is noticed when only the app is killed', async (scope) => {
    const dea = await openDea(scope);
    const running = await startRunning(dea, requestFor(await fixtureDroplet(scope, 'echo-env')));

    process.kill(await appPidOf(dea, running), 'SIGKILL');

    const exit = await exitOf(dea, running.app);
    assert.is(exit.exit_status, 137);
    assert.match(exit.exit_description ?? '', 'was ended by the signal SIGKILL (status 137)');
  });

  it('is noticed when what watches the app is killed, and ends the app', async (scope) => {
    const dea = await openDea(scope);
    const { app, instance } = await startRunning(dea, requestFor(await fixtureDroplet(scope, 'echo-env')));
    const { instances } = JSON.parse(await readFile(join(dea.dataDir, 'instances.json'), 'utf8'));

    process.kill(instances[0].process.pid, 'SIGKILL');

    const exit = await exitOf(dea, app);
    assert.match(
      exit.exit_description ?? '',
      /SIGKILL \(status 137\), and left 2 processes behind, which were ended too/,
    );
    assert.equal(await processesOf(instance), []);
  });

  it('is what an app makes that leaves a daemon behind', async (scope) => {
    const dea = await openDea(scope);
    const request = requestFor(await fixtureDroplet(scope, 'forks-and-leaves'));

    start(dea, request);

    const exit = await exitOf(dea, request.droplet);
    assert.is(exit.reason, 'CRASHED');
    assert.match(
      exit.exit_description ?? '',
      /^exited with status 0.*, and left a process behind, which was ended too/,
    );
    assert.equal(await processesOf(exit.instance), []);
  });

  it('stays to be seen: its files, its state, its heartbeat', async (scope) => {
    const dea = await openDea(scope);
    const request = requestFor(await fixtureDroplet(scope, 'exits-zero'));
    const instance = await crashOnce(dea, request);

    const [found] = await dea.bus.askMany(
      deaFindDroplet,
      { droplet: request.droplet, include_stats: true },
      { limitMs: 15_000, expected: 1 },
    );
    dea.bus.publish(healthManagerStart, null);

    assert.is(found?.state, 'CRASHED');
    assert.is(found?.stats, undefined);
    await dea.heartbeats.first((message) => stateIn(message, request) === 'CRASHED');
    const log = await readFile(join(await directoryOf(dea.dataDir, instance), 'logs/stdout.log'), 'utf8');
    assert.is(log, 'Nothing to do, goodbye.\n');
  });

  it('leaves memory and port to others', async (scope) => {
    const dea = await openDea(scope, { maxMemoryMb: 256 });

    for (let crash = 0; crash < 3; crash += 1) {
      await crashOnce(dea, requestFor(await fixtureDroplet(scope, 'exits-zero')));
    }

    assert.ok(dea.exits.messages.every(({ exit_status }) => exit_status === 0));
  });

  it('of an app that crashes again and again keeps the files of the latest', async (scope) => {
    const dea = await openDea(scope, { crashesKept: 2 });
    const droplet = await fixtureDroplet(scope, 'exits-zero');
    const crashed: string[] = [];

    for (let crash = 0; crash < 4; crash += 1)
      crashed.push(await crashOnce(dea, requestFor(droplet, { droplet: 'app' })));

    await untilKept(dea, crashed.slice(2));
  });

  it('leaves no files when the app is known to flap', async (scope) => {
    const dea = await openDea(scope);

    await crashOnce(dea, requestFor(await fixtureDroplet(scope, 'exits-zero'), { flapping: true }));

    await untilKept(dea, []);
  });

  it('is forgotten after a while', async (scope) => {
    const dea = await openDea(scope, { crashKeepMs: 0 });

    await crashOnce(dea, requestFor(await fixtureDroplet(scope, 'exits-zero')));

    await untilKept(dea, []);
  });

  it('does not take other instances of the app with it', async (scope) => {
    const dea = await openDea(scope);
    const droplet = await dropletOf(scope, 'node app.js', {
      'app/app.js': `require('http').createServer((_, response) => response.end('still here')).listen(process.env.PORT);`,
    });
    const [first, second] = await Promise.all(
      [0, 1].map((index) => startRunning(dea, requestFor(droplet, { droplet: 'app', index }))),
    );
    assert.ok(first !== undefined && second !== undefined);

    process.kill(await appPidOf(dea, first), 'SIGKILL');
    await exitOf(dea, 'app');

    const ports = dea.registered.messages.map(({ port }) => port);
    const answers = await Promise.allSettled(
      ports.map(async (port) => (await fetch(`http://127.0.0.1:${port}/`)).text()),
    );
    assert.is(answers.filter((answer) => answer.status === 'fulfilled' && answer.value === 'still here').length, 1);
  });
});

function untilKept({ dataDir }: TestDea, instances: readonly string[]): Promise<true> {
  const areKept = async () => {
    const kept = (await readdir(join(dataDir, 'instances'))).map((name) => name.slice(-32));
    return kept.sort().join() === [...instances].sort().join() ? true : undefined;
  };
  return waitFor('only the latest crashes to be kept', areKept, { limitMs: 15_000 });
}
