import * as assert from 'uvu/assert';
import type { PackageRecord } from '#components/cloud-controller/records.ts';
import { tasksOf } from '#components/cloud-controller/tasks/task.ts';
import { waitFor } from '#ground/wait.ts';
import { describe, type Scope } from '../../../support/spec.ts';
import { bring, done, ended, playStager, startWithBits } from '../bits/stager.ts';
import { createBuild, type TestOperations } from '../operations.ts';
import { playDea } from '../running/dea.ts';

const processTypes = { web: 'node web.js', release: 'rake db:migrate' };

async function opened(scope: Scope, process_types: Record<string, string> = processTypes, stagingSeconds = 900) {
  const it = await startWithBits(scope, { options: { stagingSeconds } });
  const result = { lifecycle_metadata: { detected_buildpack: '', buildpacks: [] }, process_types };
  await playStager(scope, it.cc, async ({ upload_uri }) => {
    (await bring(upload_uri)).discard();
    return { ...done, result };
  });
  return { ...it, dea: await playDea(scope, it.cc) };
}

async function stage(cc: TestOperations, bits: PackageRecord) {
  const build = await createBuild(cc.store, bits);
  cc.operations.stage(build);
  return build;
}

describe('the release phase of a droplet', (it) => {
  it('is run with it before the build is done', async (scope) => {
    const { app, bits, cc, dea } = await opened(scope);

    const build = await stage(cc, bits);

    const start = await dea.started(1);
    assert.is(start.task, 'release');
    assert.is(start.start_command, 'rake db:migrate');
    assert.is(start.application_id, app.guid);
    await cc.settled();
    assert.is(cc.store.get('build', build.guid)?.state, 'STAGING');
    dea.exits(start, { reason: 'STOPPED', exit_status: 0 });
    assert.is((await ended(cc, build)).state, 'STAGED');
  });

  it('that fails has the build fail, and no droplet is left', async (scope) => {
    const { bits, cc, dea } = await opened(scope);
    const build = await stage(cc, bits);

    dea.exits(await dea.started(1), {
      reason: 'STOPPED',
      exit_status: 1,
      exit_description: 'exited with status 1; its last lines: no such table',
    });

    const failed = await ended(cc, build);
    assert.is(failed.state, 'FAILED');
    assert.is(failed.error, 'The release phase exited with status 1; its last lines: no such table.');
    assert.equal(cc.store.all('droplet'), []);
  });

  it('that takes too long is ended', async (scope) => {
    const { app, bits, cc, dea } = await opened(scope, processTypes, 1);

    const failed = await ended(cc, await stage(cc, bits));

    assert.match(failed.error ?? '', /^The release phase did not end/);
    const gone = () => (dea.live.size === 0 ? true : undefined);
    await waitFor('the end of the task', gone, { limitMs: 15_000 });
    assert.is(tasksOf(cc.store, app.guid).length, 1);
  });

  it('is none where the droplet names none', async (scope) => {
    const { app, bits, cc } = await opened(scope, { web: 'node web.js' });

    assert.is((await ended(cc, await stage(cc, bits))).state, 'STAGED');
    assert.equal(tasksOf(cc.store, app.guid), []);
  });
});
