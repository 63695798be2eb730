import * as assert from 'uvu/assert';
import type { AppRecord, ProcessRecord } from '#components/cloud-controller/records.ts';
import { describe } from '../../../support/spec.ts';
import { startTestOperations } from '../operations.ts';
import { playDea, seen, startedApp } from './dea.ts';

describe('an instance that is restarted', (it) => {
  it('is stopped and started anew, and the others go on', async (scope) => {
    const cc = await startTestOperations(scope);
    const dea = await playDea(scope, cc);
    const { app, droplet } = await startedApp(cc, { instances: 3 });
    await cc.operations.start(app);
    await dea.started(3);
    dea.beats();
    await seen(cc, app, 'RUNNING,RUNNING,RUNNING');
    const before = [...dea.live].map(({ id }) => id);

    await cc.operations.restartInstance(app, webOf(app), 1);

    const again = await dea.started(4);
    assert.equal([again.index, again.version], [1, `${droplet.sha1}-1`]);
    assert.equal(dea.stops, [{ droplet: app.guid, indices: [1] }]);
    assert.equal(
      [...dea.live].map(({ id }) => id),
      [before[0], before[2], again.id],
    );
    dea.beats();
    await seen(cc, app, 'RUNNING,RUNNING,RUNNING');
  });

  it('does not wait for its turn after a crash', async (scope) => {
    const cc = await startTestOperations(scope);
    const dea = await playDea(scope, cc);
    const { app } = await startedApp(cc);
    await cc.operations.start(app);
    dea.exits(await dea.started(1), { reason: 'CRASHED', exit_description: 'out of luck' });
    await seen(cc, app, 'CRASHED');

    await cc.operations.restartInstance(app, webOf(app), 0);

    await dea.started(2);
    await seen(cc, app, 'STARTING');
  });

  it('stays away while its app is stopped', async (scope) => {
    const cc = await startTestOperations(scope);
    const dea = await playDea(scope, cc);
    const { app } = await startedApp(cc);
    const stopped = await cc.store.update('app', app.guid, (now) => ({ ...now, state: 'STOPPED' }));

    await cc.operations.restartInstance(stopped, webOf(stopped), 0);
    await cc.settled();

    assert.equal(dea.starts, []);
  });
});

function webOf({ processes }: AppRecord): ProcessRecord {
  const web = processes.find(({ type }) => type === 'web');
  if (web === undefined) throw new Error('The app has no web process.');
  return web;
}
