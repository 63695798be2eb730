import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { newestSnapshot, snapshotsIn } from '#components/cloud-controller/snapshots/snapshot-files.ts';
import { waitFor } from '#ground/wait.ts';
import { startBus } from '../../../support/bus.ts';
import { scratchDirectory } from '../../../support/scratch.ts';
import { describe, type Scope } from '../../../support/spec.ts';
import { applyManifest, createApp } from '../create.ts';
import { type RunningApi, startCloudController } from '../start-cloud-controller.ts';

const namesIn = async (api: RunningApi): Promise<string[]> =>
  (await api.ask('GET', '/v3/apps')).body.resources.map(({ name }: { name: string }) => name);

/** The same cloud controller on a bus that has lost everything. */
const onFreshBus = async (scope: Scope, { dataDir }: Pick<RunningApi, 'dataDir'>): Promise<RunningApi> =>
  startCloudController(scope, { again: { dataDir, address: (await startBus(scope)).address } });

const namesInSnapshot = async (dataDir: string): Promise<string[]> => {
  const records = (await newestSnapshot(dataDir)).newest?.snapshot.records ?? [];
  return records.flatMap(({ key, json }) => (key.startsWith('app.') ? [JSON.parse(json).name as string] : []));
};

describe('snapshots of the desired state', (it) => {
  it('hold everything that comes back when JetStream has lost it', async (scope) => {
    const first = await startCloudController(scope);
    await applyManifest(
      first,
      'applications:\n- {name: one, env: {A: "b\\n$c"}, default-route: true}\n- {name: two, memory: 64M}\n',
    );
    const before = (await first.ask('GET', '/v3/apps')).body.resources;
    await first.running[Symbol.asyncDispose]();

    const again = await onFreshBus(scope, first);

    const after = (await again.ask('GET', '/v3/apps')).body.resources;
    assert.equal(
      after.map(({ guid, name, updated_at }: never) => [guid, name, updated_at]),
      before.map(({ guid, name, updated_at }: never) => [guid, name, updated_at]),
    );
    const { guid } = after[0];
    assert.equal((await again.ask('GET', `/v3/apps/${guid}/environment_variables`)).body.var, { A: 'b\n$c' });
    assert.equal((await again.ask('GET', `/v3/apps/${guid}/routes`)).body.resources[0].url, 'one.localhost');
  });

  it('are written a moment after a change', async (scope) => {
    const api = await startCloudController(scope);
    await createApp(api, 'late');

    const isWritten = async () => ((await namesInSnapshot(api.dataDir)).includes('late') ? true : undefined);
    await waitFor('the snapshot', isWritten, { limitMs: 15_000 });
  });

  it('are written once more when the platform stops', async (scope) => {
    const api = await startCloudController(scope);
    await createApp(api, 'last');

    await api.running[Symbol.asyncDispose]();

    assert.equal(await namesInSnapshot(api.dataDir), ['last']);
  });

  it('are not written where nothing changed', async (scope) => {
    const first = await startCloudController(scope);
    await createApp(first, 'one');
    await first.running[Symbol.asyncDispose]();
    const { newest } = await newestSnapshot(first.dataDir);
    const second = await startCloudController(scope, { again: first });

    await second.running[Symbol.asyncDispose]();

    // The last event may have come after the last snapshot.
    const later = (await newestSnapshot(first.dataDir)).newest;
    assert.is(later?.snapshot.revision, newest?.snapshot.revision);
    const third = await startCloudController(scope, { again: first });
    await third.running[Symbol.asyncDispose]();
    assert.is((await newestSnapshot(first.dataDir)).newest?.file, later?.file);
  });

  it('do not bring back what was deleted, also when nothing is left', async (scope) => {
    const first = await startCloudController(scope);
    const guid = await createApp(first, 'gone');
    await first.running[Symbol.asyncDispose]();
    const kept = join(await scratchDirectory(scope), 'snapshots');
    await cp(snapshotsIn(first.dataDir), kept, { recursive: true });
    const second = await startCloudController(scope, { again: first });
    await second.ask('DELETE', `/v3/apps/${guid}`);
    await second.running[Symbol.asyncDispose]();
    // As if the last second before a power cut were missing.
    await rm(snapshotsIn(first.dataDir), { recursive: true });
    await cp(kept, snapshotsIn(first.dataDir), { recursive: true });

    const third = await startCloudController(scope, { again: first });

    assert.equal(await namesIn(third), []);
  });
});
