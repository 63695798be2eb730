import { readdir, readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { deaStop } from '#contract/dea.ts';
import { identityOf, rowOf } from '#ground/processes.ts';
import { waitFor } from '#ground/wait.ts';
import { describe } from '../../../support/spec.ts';
import { layerFile, layerOf, rawTar } from '../layer/support.ts';
import {
  appPidOf,
  directoryOf,
  exitOf,
  openDea,
  processesOf,
  start,
  startRunning,
  untilNothingIsLeft,
} from '../support.ts';
import {
  answering,
  startAnother,
  textAt,
  untilEnded,
  untilOnlyLeft,
  untilStandby,
  watchedDroplet,
  watchedRequest,
} from './support.ts';

describe('the next instance of an app that is being watched', (it) => {
  it('becomes what was prepared for it: a directory, a port and a process', async (scope) => {
    const dea = await openDea(scope);
    const droplet = await watchedDroplet(scope);
    const first = await startRunning(dea, await watchedRequest(scope, droplet, 0));
    const ready = await untilStandby(dea);
    const waiting = await appPidOf(dea, ready);

    const second = await startAnother(dea, await watchedRequest(scope, droplet, 1));

    assert.ok(ready.waits);
    assert.equal([second.instance, second.port], [ready.instance, ready.port]);
    assert.is(await appPidOf(dea, second), waiting);
    assert.equal([await textAt(first.port), await textAt(second.port)], ['v0', 'v1']);
  });

  it(
    'serves its own version thirty times in a row, whether it was prepared, half prepared or not at all',
    async (scope) => {
      const dea = await openDea(scope, { standbyDelayMs: 0 });
      const droplet = await watchedDroplet(scope);
      let last = await startRunning(dea, await watchedRequest(scope, droplet, 0));
      const prepared = () => dea.logged.filter(({ event }) => event === 'standby is ready').length;

      for (let n = 1; n <= 30; n += 1) {
        if (n % 3 === 0) await untilStandby(dea, prepared());
        if (n % 3 === 1)
          await waitFor(
            'a directory',
            async () => ((await readdir(join(dea.dataDir, 'instances'))).length > 1 ? true : undefined),
            { limitMs: 15_000 },
          );
        const next = await startAnother(dea, await watchedRequest(scope, droplet, n));
        assert.is(await textAt(next.port), `v${n}`);
        dea.bus.publish(deaStop, { droplet: 'watched', instances: [last.instance] });
        last = next;
      }

      dea.bus.publish(deaStop, { droplet: 'watched' });
      await untilNothingIsLeft(dea);
      assert.equal(
        dea.exits.messages.filter(({ reason }) => reason !== 'STOPPED'),
        [],
      );
    },
    { timeoutMs: 100_000 },
  );

  it('sees nothing of what an instance wrote into its own files', async (scope) => {
    const dea = await openDea(scope);
    const selfish = `const fs = require('fs');
      fs.writeFileSync('note.txt', 'written by ' + process.env.CF_INSTANCE_GUID);
      fs.appendFileSync('data.txt', ' and changed');
      ${answering('v0')}`;
    const droplet = await watchedDroplet(scope, { 'app/app.js': selfish, 'app/data.txt': 'as it was' });
    await startRunning(dea, await watchedRequest(scope, droplet, 0));
    await untilStandby(dea);

    const second = await startAnother(dea, await watchedRequest(scope, droplet, 1));

    const app = join(await directoryOf(dea.dataDir, second.instance), 'app');
    assert.equal((await readdir(app)).sort(), ['app.js', 'data.txt']);
    assert.is(await readFile(join(app, 'data.txt'), 'utf8'), 'as it was');
  });

  it('is prepared for one start: a second one at the same time goes its own way', async (scope) => {
    const dea = await openDea(scope);
    const droplet = await watchedDroplet(scope);
    await startRunning(dea, await watchedRequest(scope, droplet, 0));
    const ready = await untilStandby(dea);
    const requests = [await watchedRequest(scope, droplet, 1), await watchedRequest(scope, droplet, 2)];

    for (const request of requests) start(dea, request);
    const isThere = () => (new Set(dea.registered.messages.map(({ port }) => port)).size === 3 ? true : undefined);
    await waitFor('three routes', isThere, { limitMs: 15_000 });

    const ports = dea.registered.messages.slice(1).map(({ port }) => port);
    assert.ok(ports.includes(ready.port ?? 0));
    assert.equal((await Promise.all(ports.map(textAt))).sort(), ['v1', 'v2']);
    const next = await untilStandby(dea, 1);
    assert.is.not(next.instance, ready.instance);
  });

  it('is prepared for each index by itself', async (scope) => {
    const dea = await openDea(scope);
    const droplet = await watchedDroplet(scope);
    for (const index of [0, 1]) await startAnother(dea, await watchedRequest(scope, droplet, 0, { index }));
    await untilStandby(dea, 1);

    for (const index of [1, 0]) {
      const { instance } = await startAnother(dea, await watchedRequest(scope, droplet, 1, { index }));
      assert.match(await directoryOf(dea.dataDir, instance), `-${index}-${instance}`);
      assert.ok(
        dea.logged.some(({ event, fields }) => event === 'standby is ready' && fields['instance'] === instance),
      );
    }
  });

  it('crashes as any other when its layer takes away what it runs, and the next one is prepared again', async (scope) => {
    const dea = await openDea(scope);
    const droplet = await watchedDroplet(scope);
    await startRunning(dea, await watchedRequest(scope, droplet, 0));
    const ready = await untilStandby(dea);
    const layer = await layerOf(scope, { 'app/app.js': undefined });

    start(dea, await watchedRequest(scope, droplet, 1, { layer }));

    const { exit_description: why, instance, exit_status } = await exitOf(dea, 'watched');
    assert.equal([instance, exit_status], [ready.instance, 1]);
    assert.match(why ?? '', /^exited with status 1 before it listened on port \d+/);
    assert.ok((await untilStandby(dea, 1)).waits);
    const third = await startAnother(dea, await watchedRequest(scope, droplet, 2));
    assert.is(await textAt(third.port), 'v2');
  });

  it('does not start when its layer is bad, and says why', async (scope) => {
    const dea = await openDea(scope);
    const droplet = await watchedDroplet(scope);
    await startRunning(dea, await watchedRequest(scope, droplet, 0));
    const ready = await untilStandby(dea);
    const layer = await layerFile(scope, rawTar({ path: 'app/app.js', content: 'x'.repeat(2000) }).subarray(0, 1024));

    start(dea, await watchedRequest(scope, droplet, 1, { layer }));

    const { exit_description: why, instance } = await exitOf(dea, 'watched');
    assert.is(instance, ready.instance);
    assert.match(why ?? '', /^could not be started: The layer cannot be read: it is no whole, plain tar/);
    await untilEnded(ready.instance);
  });

  it('has another port when somebody else took the one that was meant for it', async (scope) => {
    const dea = await openDea(scope);
    const droplet = await watchedDroplet(scope);
    await startRunning(dea, await watchedRequest(scope, droplet, 0));
    const ready = await untilStandby(dea);
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(ready.port ?? 0, '127.0.0.1', resolve));
    scope.defer(() => new Promise((resolve) => other.close(resolve)));

    const second = await startAnother(dea, await watchedRequest(scope, droplet, 1));

    assert.is(second.instance, ready.instance);
    assert.is.not(second.port, ready.port);
    assert.is(await textAt(second.port), 'v1');
  });

  it('is started as any other when the process that waited for it was ended', async (scope) => {
    const dea = await openDea(scope);
    const droplet = await watchedDroplet(scope);
    await startRunning(dea, await watchedRequest(scope, droplet, 0));
    const ready = await untilStandby(dea);
    process.kill(await appPidOf(dea, ready), 'SIGKILL');
    await untilEnded(ready.instance);

    const second = await startAnother(dea, await watchedRequest(scope, droplet, 1));

    assert.is(second.instance, ready.instance);
    assert.is(await textAt(second.port), 'v1');
    assert.equal(await appPidOf(dea, second), (await processesOf(second.instance)).at(-1));
  });

  it('is started as any other when the shell around what waited was ended', async (scope) => {
    const dea = await openDea(scope);
    const droplet = await watchedDroplet(scope);
    await startRunning(dea, await watchedRequest(scope, droplet, 0));
    const ready = await untilStandby(dea);
    const waiting = await appPidOf(dea, ready);
    const leader = rowOf(waiting)?.sessionId ?? 0;
    process.kill(leader, 'SIGKILL');
    await waitFor('it to end', async () => ((await identityOf(leader)) === undefined ? true : undefined), {
      limitMs: 15_000,
    });

    const second = await startAnother(dea, await watchedRequest(scope, droplet, 1));

    assert.is(second.instance, ready.instance);
    assert.is(await textAt(second.port), 'v1');
    assert.not((await processesOf(second.instance)).includes(waiting));
  });

  it('is a new one for another droplet', async (scope) => {
    const dea = await openDea(scope);
    const first = await startRunning(dea, await watchedRequest(scope, await watchedDroplet(scope), 0));
    const ready = await untilStandby(dea);
    const other = await watchedDroplet(scope, { 'app/app.js': answering('other') });

    const second = await startAnother(dea, await watchedRequest(scope, other, 0, { version: 'other' }));

    assert.is.not(second.instance, ready.instance);
    assert.is(await textAt(second.port), 'other');
    const { instance } = await untilStandby(dea, 1);
    await untilOnlyLeft(dea, [first.instance, second.instance, instance]);
    assert.equal(await processesOf(ready.instance), []);
  });
});
