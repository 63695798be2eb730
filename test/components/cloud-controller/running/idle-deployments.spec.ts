import * as assert from 'uvu/assert';
import { waitFor } from '#ground/wait.ts';
import { describe } from '../../../support/spec.ts';
import { createDroplet } from '../operations.ts';
import { playRouter, startRunning } from './idle-running.ts';

describe('an app that nobody asks for', (it) => {
  it('is left alone while another version of it is deployed', async (scope) => {
    const { cc, app, dea, spinDown, states } = await startRunning(scope, { options: { proveSeconds: 60 } });
    playRouter(scope, cc, () => false);
    const droplet = await createDroplet(cc.store, app, { runtime: 'ruby', sha1: 'b'.repeat(40) });
    const deployment = await cc.operations.deploy(app, { droplet });
    await dea.started(2);
    const phases: string[] = [];
    const seenFrom = async (phase: string) => {
      const look = () => cc.operations.phaseOf(deployment) === phase || undefined;
      await waitFor(phase, look, { limitMs: 15_000 });
      spinDown();
      await cc.settled();
      await cc.settled();
      phases.push(phase);
    };

    await seenFrom('STARTING');
    dea.beats();
    await seenFrom('PROVING');

    assert.equal([states.includes('IDLE'), dea.stops, phases], [false, [], ['STARTING', 'PROVING']]);
    await cc.operations.cancelDeployment(deployment);
  });

  it('may be deployed while it rests: the new version alone is started, and serves if it is well', async (scope) => {
    const { cc, app, dea, record, spinDown, becomes } = await startRunning(scope, { options: { proveSeconds: 0.05 } });
    playRouter(scope, cc, () => false);
    spinDown();
    await becomes('IDLE');
    await waitFor('the stop', () => (dea.live.size === 0 ? true : undefined), { limitMs: 15_000 });
    const droplet = await createDroplet(cc.store, app, { runtime: 'ruby', sha1: 'b'.repeat(40) });
    const over = (guid: string) => {
      const state = () => cc.store.get('deployment', guid)?.state;
      return waitFor('its end', () => (state() === 'ACTIVE' ? undefined : state()), { limitMs: 15_000 });
    };

    const broken = await cc.operations.deploy(app, { droplet });
    dea.exits(await dea.started(2), { reason: 'CRASHED', exit_description: 'exited' });
    assert.is(await over(broken.guid), 'CANCELED');
    assert.equal([record()?.isIdle, record()?.currentDroplet, dea.live.size], [true, app.currentDroplet, 0]);

    const good = await cc.operations.deploy(app, { droplet });
    await dea.started(3);
    dea.beats();
    assert.is(await over(good.guid), 'DEPLOYED');
    await becomes('RUNNING');
    const versions = [...dea.live].map(({ version }) => version);
    assert.equal([record()?.isIdle, versions], [undefined, [`${droplet.sha1}-3`]]);
    assert.is(dea.starts.length, 3);
  });
});
