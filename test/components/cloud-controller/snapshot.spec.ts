import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { snapshotFileIn } from '#components/cloud-controller/snapshot.ts';
import { startBus } from '../../support/bus.ts';
import { scratchDirectory } from '../../support/scratch.ts';
import { describe, type Scope } from '../../support/spec.ts';
import { applyManifest, createApp } from './create.ts';
import { type RunningApi, startCloudController } from './start-cloud-controller.ts';

const namesIn = async (api: RunningApi): Promise<string[]> =>
  (await api.ask('GET', '/v3/apps')).body.resources.map(({ name }: { name: string }) => name);

/** The same cloud controller on a bus that has lost everything. */
const onFreshBus = async (scope: Scope, { dataDir }: Pick<RunningApi, 'dataDir'>): Promise<RunningApi> =>
  startCloudController(scope, { again: { dataDir, address: (await startBus(scope)).address } });

describe('the snapshot of the desired state', (it) => {
  it('brings everything back when JetStream has lost it', async (scope) => {
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
      after.map(({ guid, name }: never) => [guid, name]),
      before.map(({ guid, name }: never) => [guid, name]),
    );
    const { guid } = after[0];
    assert.equal((await again.ask('GET', `/v3/apps/${guid}/environment_variables`)).body.var, { A: 'b\n$c' });
    assert.equal((await again.ask('GET', `/v3/apps/${guid}/routes`)).body.resources[0].url, 'one.localhost');
  });

  it('does not bring back what was deleted, also when nothing is left', async (scope) => {
    const first = await startCloudController(scope);
    const guid = await createApp(first, 'gone');
    await first.running[Symbol.asyncDispose]();
    const kept = await readFile(snapshotFileIn(first.dataDir), 'utf8');
    const second = await startCloudController(scope, { again: first });
    await second.ask('DELETE', `/v3/apps/${guid}`);
    await second.running[Symbol.asyncDispose]();
    await writeFile(snapshotFileIn(first.dataDir), kept); // as if the last second before a power cut were missing

    const third = await startCloudController(scope, { again: first });

    assert.equal(await namesIn(third), []);
  });

  it('is readable by its owner alone', async (scope) => {
    const api = await startCloudController(scope);
    await createApp(api, 'secret');

    await api.running[Symbol.asyncDispose]();

    assert.is((await stat(snapshotFileIn(api.dataDir))).mode & 0o777, 0o600);
  });

  it('is passed over when it is damaged', async (scope) => {
    const dataDir = await scratchDirectory(scope);
    for (const text of ['{"records": ', '[]', '{"writtenAt": "x", "records": {"app": [{}]}}']) {
      await writeFile(join(dataDir, 'desired-state.json'), text);
      const api = await onFreshBus(scope, { dataDir });
      assert.equal(await namesIn(api), [], text);
      await api.running[Symbol.asyncDispose]();
    }
  });
});
