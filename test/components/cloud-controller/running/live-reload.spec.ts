import * as assert from 'uvu/assert';
import type { AppRecord } from '#components/cloud-controller/records.ts';
import { type AppState, appState } from '#contract/apps.ts';
import { waitFor } from '#ground/wait.ts';
import { describe, type Scope } from '../../../support/spec.ts';
import { createBuild, createDroplet, createPackage, startTestOperations } from '../operations.ts';
import { playDea, startedApp } from './dea.ts';

const annotations = { 'localpaas/live-reload': 'true' };

/** An app that runs, and what routers hear of it. */
async function startRunning(scope: Scope, given: Partial<AppRecord> & { readonly instances?: number } = {}) {
  const cc = await startTestOperations(scope);
  const dea = await playDea(scope, cc);
  const { app, droplet } = await startedApp(cc, given);
  const heard: AppState[] = [];
  scope.use(cc.bus.subscribe(appState, (state) => void heard.push(state)));
  await cc.operations.start(app);
  await dea.started(given.instances ?? 1);
  dea.beats();
  /** Waits until routers hear this: state, version and what is wrong with which version. */
  const says = (expected: string) =>
    waitFor(`${expected} after ${heard.map(textOf)}`, () => (textOf(heard.at(-1)) === expected ? true : undefined), {
      limitMs: 15_000,
    });
  const versionOf = (runCount: number) => `${droplet.sha1}-${runCount}`;
  return { cc, dea, app, droplet, heard, says, versionOf };
}

function textOf(state: AppState | undefined): string {
  const trouble = state?.trouble === undefined ? '' : ` ${state.trouble.version}: ${state.trouble.reason}`;
  return `${state?.state} ${state?.version ?? '-'}${trouble}`;
}

describe('what routers are told of an app that somebody works on', (it) => {
  it('is nothing until its annotation says so, and nothing when it does no more', async (scope) => {
    const { cc, app, heard, says, versionOf } = await startRunning(scope);
    await says('RUNNING -');
    assert.is(heard.at(-1)?.live_reload, undefined);

    await cc.store.update('app', app.guid, (now) => ({ ...now, annotations }));
    await says(`RUNNING ${versionOf(1)}`);
    assert.is(heard.at(-1)?.live_reload, true);
    await cc.store.update('app', app.guid, (now) => ({ ...now, annotations: {} }));

    await says('RUNNING -');
    assert.is(heard.at(-1)?.live_reload, undefined);
  });

  it('is what serves, not what is wanted: a new version once no instance of the old one is left', async (scope) => {
    const { cc, dea, app, says, versionOf, heard } = await startRunning(scope, { annotations, instances: 2 });
    await says(`RUNNING ${versionOf(1)}`);
    dea.stopsInstances = false;
    const [first, second] = dea.starts;

    await cc.store.update('app', app.guid, (now) => ({ ...now, runCount: 2 }));
    await cc.settled();
    await says(`RUNNING ${versionOf(1)}`);
    const again = cc.store.get('app', app.guid) ?? app;
    await cc.operations.scale(again, again.processes[0] as (typeof again.processes)[0]);
    await dea.started(4);
    dea.beats();
    await cc.settled();
    await says(`RUNNING ${versionOf(1)}`);
    for (const old of [first, second]) if (old) dea.exits(old, { reason: 'STOPPED' });

    await says(`RUNNING ${versionOf(2)}`);
    assert.equal([...new Set(heard.flatMap(({ version }) => version ?? []))], [versionOf(1), versionOf(2)]);
  });

  it('is why a new version does not run, while the old one goes on or not', async (scope) => {
    const { cc, dea, app, says, versionOf } = await startRunning(scope, { annotations });
    await says(`RUNNING ${versionOf(1)}`);
    const [old] = dea.starts;
    const next = await cc.store.update('app', app.guid, (now) => ({ ...now, runCount: 2 }));
    await cc.operations.scale(next, next.processes[0] as (typeof next.processes)[0]);

    dea.exits(await dea.started(2), { reason: 'CRASHED', exit_description: 'exited with status 1' });
    await says(`RUNNING ${versionOf(1)} ${versionOf(2)}: exited with status 1`);
    if (old) dea.exits(old, { reason: 'STOPPED' });
    await says(`CRASHED - ${versionOf(2)}: exited with status 1`);
    await cc.operations.start(next);
    await dea.started(3);
    await says('STARTING -');
    dea.beats();

    await says(`RUNNING ${versionOf(2)}`);
  });

  it('is why the newest bits could not be staged, until others are there', async (scope) => {
    const { cc, app, says, versionOf } = await startRunning(scope, { annotations });
    const stage = async () => createBuild(cc.store, await createPackage(cc.store, app));
    await says(`RUNNING ${versionOf(1)}`);

    const build = await stage();
    await cc.store.update('build', build.guid, (now) => ({ ...now, state: 'FAILED', error: 'npm ended with 1' }));
    await says(`RUNNING ${versionOf(1)} ${build.guid}: npm ended with 1`);
    const next = await stage();
    await says(`RUNNING ${versionOf(1)}`);
    await cc.store.update('build', next.guid, (now) => ({ ...now, state: 'FAILED' }));
    await says(`RUNNING ${versionOf(1)} ${next.guid}: its staging failed`);
    const droplet = await createDroplet(cc.store, app, { sha1: 'f'.repeat(40) });
    await cc.store.update('app', app.guid, (now) => ({ ...now, currentDroplet: droplet.guid }));

    await says(`RUNNING ${versionOf(1)}`);
  });
});
