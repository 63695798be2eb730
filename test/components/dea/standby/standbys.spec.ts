import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { deaFindDroplet, deaStop, dropletStatus } from '#contract/dea.ts';
import { KeepAppsRunning } from '#ground/component.ts';
import { waitFor } from '#ground/wait.ts';
import { describe } from '../../../support/spec.ts';
import { openDeaProcess } from '../dea-process.ts';
import { appPidOf, openDea, processesOf, startRunning, untilNothingIsLeft } from '../support.ts';
import {
  startAnother,
  textAt,
  untilEnded,
  untilOnlyLeft,
  untilStandby,
  watchedDroplet,
  watchedRequest,
} from './support.ts';

/** Longer than an answer takes, and a second one. */
const soon = { limitMs: 1_000, expected: 2 };

describe('what is prepared for an app that is being watched', (it) => {
  it('is no instance to anybody', async (scope) => {
    const dea = await openDea(scope, { heartbeatEveryMs: 50 });
    const { instance } = await startRunning(dea, await watchedRequest(scope, await watchedDroplet(scope), 0));
    const ready = await untilStandby(dea);
    const beats = dea.heartbeats.messages.length;

    const found = await dea.bus.askMany(deaFindDroplet, { droplet: 'watched' }, soon);
    const stats = await dea.bus.askMany(dropletStatus, null, soon);
    await waitFor('heartbeats', () => dea.heartbeats.messages[beats + 2], { limitMs: 15_000 });

    assert.equal(
      found.map((each) => each.instance),
      [instance],
    );
    assert.is(stats.length, 1);
    assert.not.match(JSON.stringify([...dea.heartbeats.messages, ...dea.registered.messages]), ready.instance);
    assert.not.match(await readFile(join(dea.dataDir, 'instances.json'), 'utf8'), ready.instance);
  });

  it('goes when the app is stopped', async (scope) => {
    const dea = await openDea(scope);
    await startRunning(dea, await watchedRequest(scope, await watchedDroplet(scope), 0));
    const ready = await untilStandby(dea);

    dea.bus.publish(deaStop, { droplet: 'watched' });

    await untilNothingIsLeft(dea);
    assert.equal(await processesOf(ready.instance), []);
  });

  it('stays while another instance of the app runs on', async (scope) => {
    const dea = await openDea(scope);
    const droplet = await watchedDroplet(scope);
    const first = await startRunning(dea, await watchedRequest(scope, droplet, 0));
    await untilStandby(dea);
    const second = await startAnother(dea, await watchedRequest(scope, droplet, 1));
    const ready = await untilStandby(dea, 1);

    dea.bus.publish(deaStop, { droplet: 'watched', version: 'v0' });
    await dea.exits.first(({ instance }) => instance === first.instance);

    await untilOnlyLeft(dea, [second.instance, ready.instance]);
    assert.ok((await processesOf(ready.instance)).length > 0);
  });

  it('goes when the app is not being watched any more', async (scope) => {
    const dea = await openDea(scope);
    const droplet = await watchedDroplet(scope);
    const first = await startRunning(dea, await watchedRequest(scope, droplet, 0));
    await untilStandby(dea);

    const second = await startAnother(dea, await watchedRequest(scope, droplet, 1, { standby: null, index: 1 }));

    await untilOnlyLeft(dea, [first.instance, second.instance]);
  });

  it('goes when the platform stops, also when it leaves the apps running', async (scope) => {
    const dea = await openDea(scope);
    const { instance } = await startRunning(dea, await watchedRequest(scope, await watchedDroplet(scope), 0));
    const ready = await untilStandby(dea);

    await dea.stop(new KeepAppsRunning());

    await untilOnlyLeft(dea, [instance]);
    assert.equal(await processesOf(ready.instance), []);
    const next = await openDea(scope, {}, dea);
    next.bus.publish(deaStop, { droplet: 'watched' });
    await untilNothingIsLeft(next);
  });

  it('ends with the platform when that is killed, and its files go when the next one comes', async (scope) => {
    const first = await openDeaProcess(scope);
    const running = await startRunning(first, await watchedRequest(scope, await watchedDroplet(scope), 0));
    const another = async () => {
      const names = await readdir(join(first.dataDir, 'instances'));
      return names.find((name) => !name.endsWith(running.instance))?.slice(-32);
    };
    const standby = await waitFor('a standby', another, { limitMs: 15_000 });
    const waits = async () => ((await appPidOf(first, { instance: standby }).catch(() => 0)) > 0 ? true : undefined);
    await waitFor('its process', waits, { limitMs: 15_000 });
    await first.kill();

    await untilEnded(standby);
    const second = await openDea(scope, {}, first);

    await untilOnlyLeft(second, [running.instance]);
    assert.is(await textAt(running.port), 'v0');
    second.bus.publish(deaStop, { droplet: 'watched' });
    await untilNothingIsLeft(second);
  });

  it('is not there for an app without memory for it', async (scope) => {
    const dea = await openDea(scope, { maxMemoryMb: 260 });
    await startRunning(dea, await watchedRequest(scope, await watchedDroplet(scope), 0));

    assert.not((await untilStandby(dea)).waits);
  });
});
