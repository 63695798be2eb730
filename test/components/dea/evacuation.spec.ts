import * as assert from 'uvu/assert';
import { deaDiscover, deaStatus } from '#contract/dea.ts';
import { EvacuateApps } from '#ground/component.ts';
import { waitFor } from '#ground/wait.ts';
import { describe } from '../../support/spec.ts';
import { keysOf, recordedPayload } from './recordings.ts';
import { exitOf, fixtureDroplet, openDea, processesOf, requestFor, startRunning } from './support.ts';

describe('a dea that is evacuated', (it) => {
  it('says that its instances leave, lets them serve for a while, and then withdraws and ends them', async (scope) => {
    const dea = await openDea(scope, { evacuationDelayMs: 3_000, registerEveryMs: 150 });
    const droplet = await fixtureDroplet(scope, 'echo-env');
    const request = requestFor(droplet, { limits: { mem: 200, disk: 256 } });
    const { app, port, instance } = await startRunning(dea, request);
    const registeredBefore = dea.registered.messages.length;

    const stopped = dea.stop(new EvacuateApps());
    const exit = await exitOf(dea, app);

    assert.is(exit.reason, 'DEA_EVACUATION');
    assert.equal(keysOf(exit).sort(), keysOf(await recordedPayload('droplet.exited.DEA_EVACUATION')).sort());
    assert.equal(dea.withdrawn.messages, [], 'it still serves');
    assert.is((await fetch(`http://127.0.0.1:${port}/`)).status, 200);
    const status = await dea.bus.ask(deaStatus, null, { limitMs: 15_000 });
    assert.equal([status.state, status.num_clients, status.reserved_memory], ['SHUTTING_DOWN', 1, 200]);
    const question = { droplet: app, runtime_info: { name: 'node' }, limits: { mem: 1 } };
    assert.equal(await dea.bus.askMany(deaDiscover, question, { limitMs: 100 }), []);
    await waitFor('its route once more', () => dea.registered.messages[registeredBefore], { limitMs: 15_000 });

    await stopped;
    await dea.bus.flush();

    assert.is((await dea.withdrawn.first()).port, port);
    assert.is(dea.exits.messages.length, 1, 'its end is no news');
    assert.equal(await processesOf(instance), []);
  });

  it('says nothing again of an instance that crashes meanwhile, and nothing of one that crashed before', async (scope) => {
    const dea = await openDea(scope, { evacuationDelayMs: 3_000 });
    const droplet = await fixtureDroplet(scope, 'crashes-after-listening');
    const crashed = await startRunning(dea, requestFor(droplet));
    await fetch(`http://127.0.0.1:${crashed.port}/`);
    await exitOf(dea, crashed.app);
    const crashes = await startRunning(dea, requestFor(droplet));

    const stopped = dea.stop(new EvacuateApps());
    await exitOf(dea, crashes.app);
    await fetch(`http://127.0.0.1:${crashes.port}/`);
    await dea.withdrawn.first(({ app }) => app === crashes.app);
    await stopped;
    await dea.bus.flush();

    assert.equal(
      dea.exits.messages.map(({ droplet: app, reason }) => [app, reason]),
      [
        [crashed.app, 'CRASHED'],
        [crashes.app, 'DEA_EVACUATION'],
      ],
    );
  });
});
