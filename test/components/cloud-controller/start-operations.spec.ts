import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import * as assert from 'uvu/assert';
import { deaLocate } from '#contract/dea.ts';
import { logBatches } from '#contract/logs.ts';
import { AsyncDisposableStack } from '#ground/async-disposable-stack.ts';
import { waitFor } from '#ground/wait.ts';
import { startBus } from '../../support/bus.ts';
import { scratchDirectory } from '../../support/scratch.ts';
import { describe } from '../../support/spec.ts';
import {
  createApp,
  createDroplet,
  createPackage,
  filesBelow,
  startTestOperations,
  upload,
  zipWith,
} from './operations.ts';
import { playDea, rescaled, seen, startedApp } from './running/dea.ts';

async function put(directory: string, path: string): Promise<void> {
  const [shelf = ''] = path.split('/');
  await mkdir(join(directory, shelf), { recursive: true });
  await writeFile(join(directory, path), path);
}

describe('operations', (it) => {
  it('clean up what a killed run left, and keep what records refer to', async (scope) => {
    const dataDir = await scratchDirectory(scope);
    const bus = await startBus(scope);
    const [needed, orphan] = ['a', 'b'].map((digit) => `${digit.repeat(2)}/${digit.repeat(64)}`);
    for (const path of ['incoming/dead-1', needed, orphan]) await put(join(dataDir, 'blobs'), path ?? '');
    await put(join(dataDir, 'resources'), 'incoming/dead-1');
    const records = new AsyncDisposableStack();
    const before = await startTestOperations(records, { bus });
    await createDroplet(before.store, await createApp(before.store), { sha256: 'a'.repeat(64) });
    await records.disposeAsync();

    await startTestOperations(scope, { bus, dataDir });

    await waitFor('the left-overs to go', async () => ((await filesBelow(dataDir)).length === 1 ? true : undefined), {
      limitMs: 15_000,
    });
    assert.equal(await filesBelow(join(dataDir, 'blobs')), [needed]);
  });

  it('give packages and droplets back as they are', async (scope) => {
    const cc = await startTestOperations(scope);
    const app = await createApp(cc.store);
    const zip = await zipWith({ 'app.js': 'hello' });
    const answer = await upload(cc, await createPackage(cc.store, app), { bits: zip });
    const bits = JSON.parse(await answer.text());
    const droplet = await createDroplet(cc.store, app, { sha256: bits.sha256 });

    assert.ok((await buffer(cc.operations.packageStream(bits))).equals(zip));
    assert.ok((await buffer(cc.operations.dropletStream(droplet))).equals(zip));
  });

  it('ask the DEAs to show themselves', async (scope) => {
    const bus = await startBus(scope);
    let asked = 0;
    scope.use(
      bus.bus.subscribe(deaLocate, () => {
        asked += 1;
      }),
    );
    await bus.bus.flush();

    const cc = await startTestOperations(scope, { bus });
    await cc.settled();

    assert.is(asked, 1);
  });

  it("write what they do into the app's log", async (scope) => {
    const cc = await startTestOperations(scope);
    const dea = await playDea(scope, cc);
    const { app } = await startedApp(cc);
    const lines: string[] = [];
    scope.use(
      cc.bus.subscribe(logBatches.at(app.guid), ({ lines: some, source_type }) => {
        lines.push(...some.map(({ text }) => `${source_type} ${text}`));
      }),
    );
    await cc.settled();

    await cc.operations.start(app);
    await dea.started(1);
    dea.beats();
    await seen(cc, app, 'RUNNING');
    const more = await rescaled(cc, app, 2);
    const [web] = more.processes;
    if (web === undefined) throw new Error('The app has no process.');
    await cc.operations.scale(more, web);
    await cc.operations.restart(await cc.store.update('app', app.guid, (now) => ({ ...now, runCount: 2 })));
    await cc.operations.stop(await cc.store.update('app', app.guid, (now) => ({ ...now, state: 'STOPPED' })));
    await cc.settled();

    assert.equal(lines, [
      'API Starting hello',
      'API Scaling hello to 2 instances',
      'API Restarting hello',
      'API Stopping hello',
    ]);
  });

  it('end what goes on when they are disposed', async (scope) => {
    const run = new AsyncDisposableStack();
    scope.defer(() => run.disposeAsync());
    const cc = await startTestOperations(run, { options: { poolDelaySeconds: 60, roomSeconds: 60 } });
    const dea = await playDea(run, cc, { memoryMb: 300 });
    dea.stopsInstances = false;
    const { app } = await startedApp(cc);
    await cc.operations.start(app);
    await dea.started(1);
    dea.beats();
    await seen(cc, app, 'RUNNING');
    const answer = await upload(cc, await createPackage(cc.store, app), { bits: await zipWith({ a: 'b' }) });
    answer.discard();
    const again = await cc.store.update('app', app.guid, (now) => ({ ...now, runCount: 2 }));
    const restarting = cc.operations.restart(again).catch(() => 'given up');
    await waitFor('the stop', () => dea.stops[0], { limitMs: 15_000 });

    const startedMs = performance.now();
    await run.disposeAsync();

    assert.is(await restarting, 'given up');
    assert.ok(performance.now() - startedMs < 10_000);
  });
});
