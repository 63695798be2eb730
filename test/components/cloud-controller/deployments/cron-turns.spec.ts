import * as assert from 'uvu/assert';
import { waitFor } from '#ground/wait.ts';
import { describe } from '../../../support/spec.ts';
import { oldSha1, running } from './support.ts';

describe('a version that takes over', (it) => {
  it('hands over what is due by the clock with the routes, and gets it back with them', async (scope) => {
    const { cc, app, dea, droplet } = await running(scope, { proveSeconds: 60 });
    await cc.store.update('app', app.guid, (now) => ({
      ...now,
      annotations: { 'localpaas/cron': '["@hourly ./tidy"]' },
    }));
    const old = `${oldSha1(dea)}-1`;

    const deployment = await cc.operations.deploy(app, { droplet });
    const started = await dea.started(2);
    assert.is(started.cron_waits, true);
    assert.equal(dea.updates, []);
    dea.beats();
    await waitFor('the new one to serve', () => cc.operations.phaseOf(deployment) === 'PROVING' || undefined, {
      limitMs: 3_000,
    });
    await cc.settled();
    const [toOld, toNew] = dea.updates;
    const minute = toOld?.cron?.until ?? 0;
    assert.ok(Math.abs(minute - Date.now() / 60_000) < 2);
    assert.equal([toOld?.version, toOld?.cron], [old, { until: minute }]);
    assert.is(toNew?.version, started.version);
    assert.equal(toNew?.cron, { after: minute }, 'no minute is nobody’s');

    started.says = { cron_waits: true };
    dea.beats('RUNNING', [started]);
    await cc.settled();
    assert.is(dea.updates.at(-1)?.version, started.version, 'who says that it waits still is told again');
    const waiting = [...dea.live].filter(({ version }) => version === old);
    for (const each of waiting) each.says = { cron_waits: true };
    dea.beats('RUNNING', waiting);
    await cc.settled();
    assert.is(dea.updates.length, 3, 'but not one that stands by');

    await cc.operations.cancelDeployment(deployment);
    await cc.settled();
    assert.equal([dea.updates.at(-1)?.version, typeof dea.updates.at(-1)?.cron?.after], [old, 'number']);
  });
});
