import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import type { InstanceRecord } from '#components/dea/instance-record.ts';
import { deaFindDroplet } from '#contract/dea.ts';
import { waitFor } from '#ground/wait.ts';
import { scratchDirectory } from '../../support/scratch.ts';
import { describe } from '../../support/spec.ts';
import { openDeaProcess } from './dea-process.ts';
import { changeSnapshot, untilInSnapshot } from './noted.ts';
import {
  appPidOf,
  dropletOf,
  exitOf,
  fixtureDroplet,
  type Home,
  openDea,
  processesOf,
  requestFor,
  start,
  startRunning,
  stateIn,
} from './support.ts';

/** What is noted of an instance whose first process is not. */
const launchNotNoted = (): Partial<InstanceRecord> => ({
  process: null,
  life: { phase: 'PREPARING', sinceMs: Date.now() },
});

/** The id of the instance that was asked for, when the DEA knows it. */
async function instanceOf({ bus }: Home, { droplet }: { droplet: string }): Promise<string> {
  const find = async () => (await bus.askMany(deaFindDroplet, { droplet }, { limitMs: 500, expected: 1 }))[0]?.instance;
  return waitFor('the instance', find, { limitMs: 15_000 });
}

describe('a start that the end of a dea interrupted', (it) => {
  it('goes on waiting for an app that was starting', async (scope) => {
    const first = await openDeaProcess(scope);
    const goOn = join(await scratchDirectory(scope), 'go-on');
    const script = `const timer = setInterval(() => {
      if (!require('fs').existsSync('${goOn}')) return;
      clearInterval(timer);
      require('http').createServer().listen(process.env.PORT);
    }, 20);`;
    const request = requestFor(await dropletOf(scope, 'node app.js', { 'app/app.js': script }));
    start(first, request);
    await untilInSnapshot(first, await instanceOf(first, request), 'STARTING');
    await first.kill();

    const second = await openDea(scope, {}, first);
    await writeFile(goOn, '');

    await second.heartbeats.first((message) => message.dea === second.id && stateIn(message, request) === 'RUNNING');
  });

  it('goes on with what the one before launched and did not come to note down', async (scope) => {
    const first = await openDeaProcess(scope);
    const running = await startRunning(first, requestFor(await fixtureDroplet(scope, 'echo-env')));
    await untilInSnapshot(first, running.instance, 'RUNNING');
    const pid = await appPidOf(first, running);
    await first.kill();
    await changeSnapshot(first, launchNotNoted());

    const second = await openDea(scope, {}, first);

    assert.is((await second.registered.first(({ dea }) => dea === second.id)).port, running.port);
    assert.is(await appPidOf(second, running), pid);
    assert.ok((await fetch(`http://127.0.0.1:${running.port}/`)).ok);
    assert.equal(second.exits.messages, []);
  });

  it('knows how that ended, when it did', async (scope) => {
    const first = await openDeaProcess(scope);
    const running = await startRunning(first, requestFor(await fixtureDroplet(scope, 'crashes-after-listening')));
    await untilInSnapshot(first, running.instance, 'RUNNING');
    await first.kill();
    await changeSnapshot(first, launchNotNoted());
    await fetch(`http://127.0.0.1:${running.port}/`);
    const isOver = async () => ((await processesOf(running.instance)).length === 0 ? true : undefined);
    await waitFor('the app to end', isOver, { limitMs: 15_000 });

    const second = await openDea(scope, {}, first);

    const { exit_status, exit_description } = await exitOf(second, running.app);
    assert.is(exit_status, 3);
    assert.is(exit_description, 'ended while the platform was down: it exited with status 3');
  });

  it('reports a start that was cut short', async (scope) => {
    const first = await openDeaProcess(scope);
    const request = requestFor({ path: '', sha1: 'abc' }, { executableUri: 'http://127.0.0.1:9/' });
    const silent = createServer((socket) => socket.resume());
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    scope.defer(() => new Promise((resolve) => silent.close(resolve)));
    const { port } = silent.address() as { port: number }; // an object for a server on a port
    start(first, { ...request, executableUri: `http://127.0.0.1:${port}/` });
    await untilInSnapshot(first, await instanceOf(first, request), 'PREPARING');
    await first.kill();

    const second = await openDea(scope, {}, first);

    assert.is(
      (await exitOf(second, request.droplet)).exit_description,
      'was not started: the platform ended before it came to that',
    );
  });
});
