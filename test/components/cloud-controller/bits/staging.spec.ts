import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import * as assert from 'uvu/assert';
import { withChosen } from '#components/cloud-controller/chosen-technology.ts';
import type { BuildRecord } from '#components/cloud-controller/records.ts';
import { logBatches } from '#contract/logs.ts';
import { type StagingRequest, staging } from '#contract/staging.ts';
import { AsyncDisposableStack } from '#ground/async-disposable-stack.ts';
import { signalProcess } from '#ground/child.ts';
import { call } from '#ground/http-client.ts';
import { waitFor } from '#ground/wait.ts';
import { connectBus, startBus } from '../../../support/bus.ts';
import { describe } from '../../../support/spec.ts';
import { createBuild, createPackage, startTestOperations } from '../operations.ts';
import { bitsFiles, bring, done, droplet, ended, playStager, staged, startWithBits, uploaded } from './stager.ts';

describe('staging', (it) => {
  it('gives a stager the bits, takes its droplet and records what it found', async (scope) => {
    const { cc, app, bits } = await startWithBits(scope);
    const seen: { zip?: Buffer; type?: string | undefined; upload?: number } = {};
    await playStager(scope, cc, async (request) => {
      const answer = await call(request.download_uri);
      seen.type = answer.headers['content-type'];
      seen.zip = await answer.bytes();
      seen.upload = (await bring(request.upload_uri)).status;
      return { ...done, framework: 'sinatra', runtime: 'ruby', start_command: 'ruby app.rb' };
    });

    const build = await staged(cc, bits);

    assert.equal([build.state, build.error], ['STAGED', null]);
    assert.equal([seen.type, seen.upload], ['application/zip', 200]);
    assert.is(
      createHash('sha256')
        .update(seen.zip ?? '')
        .digest('hex'),
      bits.sha256,
    );
    const record = cc.store.get('droplet', build.droplet ?? '');
    assert.is(record?.sha1, createHash('sha1').update(droplet).digest('hex'));
    assert.equal(
      [record?.app, record?.package, record?.sizeBytes, record?.framework, record?.runtime, record?.startCommand],
      [app.guid, bits.guid, droplet.length, 'sinatra', 'ruby', 'ruby app.rb'],
    );
    const types = cc.events.of(app.guid).map(({ type }) => type);
    assert.equal(types, ['audit.app.droplet.create', 'audit.app.build.staged']);
  });

  it('takes what was asked for as found when the stager does not say, as in 2012', async (scope) => {
    const { cc, app, bits } = await startWithBits(scope);
    await playStager(scope, cc, async ({ upload_uri }) => {
      (await bring(upload_uri)).discard();
      return done;
    });
    const foundWith = async (annotations: Record<string, string>, buildpacks: string[]) => {
      const lifecycle = { ...app.lifecycle, buildpacks };
      await cc.store.update('app', app.guid, (now) => ({ ...now, annotations, lifecycle }));
      const { droplet: guid } = await staged(cc, bits);
      const { framework, runtime } = cc.store.get('droplet', guid ?? '') ?? {};
      return [framework, runtime];
    };

    assert.equal(await foundWith(withChosen({}, { runtime: 'ruby19' }), ['sinatra']), ['sinatra', 'ruby19']);
    assert.equal(await foundWith({}, ['sinatra']), ['sinatra', 'ruby18']);
    assert.equal(await foundWith({}, []), [null, null]);
  });

  it("writes its milestones into the app's log", async (scope) => {
    const { cc, app, bits } = await startWithBits(scope);
    const lines: string[] = [];
    scope.use(
      cc.bus.subscribe(logBatches.at(app.guid), (batch) => {
        lines.push(...batch.lines.map(({ text }) => `${batch.source_type} ${text}`));
      }),
    );
    let isGood = true;
    await playStager(scope, cc, async ({ upload_uri }) => {
      (await bring(upload_uri)).discard();
      return isGood ? { ...done, framework: 'node' } : { ...done, error: 'Staging task failed:\n no main file' };
    });

    await staged(cc, bits);
    isGood = false;
    await staged(cc, bits);
    await waitFor('all lines', () => (lines.length >= 5 ? true : undefined), { limitMs: 15_000 });

    assert.equal(lines, [
      'API Staging hello',
      'API Staged hello as node',
      'API Staging hello',
      'API Staging hello failed: Staging task failed:',
      'API  no main file',
    ]);
  });

  it("fails a build with the stager's words, and leaves no droplet", async (scope) => {
    const { cc, app, bits } = await startWithBits(scope);
    await playStager(scope, cc, async ({ upload_uri }) => {
      (await bring(upload_uri)).discard();
      return { ...done, error: 'Staging task failed:\n Staging plugin failed: no main file' };
    });

    const build = await staged(cc, bits);

    assert.equal(
      [build.state, build.error, build.droplet],
      ['FAILED', 'Staging task failed:\n Staging plugin failed: no main file', null],
    );
    assert.equal(cc.store.all('droplet'), []);
    await waitFor('the droplet to go', async () => ((await bitsFiles(cc)).length === 1 ? true : undefined), {
      limitMs: 15_000,
    });
    assert.equal(
      cc.events.of(app.guid).map(({ type }) => type),
      ['audit.app.build.failed'],
    );
  });

  it('fails a build whose stager brought nothing', async (scope) => {
    const { cc, bits } = await startWithBits(scope);
    await playStager(scope, cc, async () => done);

    const build = await staged(cc, bits);

    assert.equal([build.state, build.error], ['FAILED', 'The stager said it was done, but brought no droplet.']);
  });

  it('fails a build when no stager is there, and waits for one that is coming up', async (scope) => {
    const { cc, bits } = await startWithBits(scope);

    const alone = await staged(cc, bits);
    const build = await createBuild(cc.store, bits);
    cc.operations.stage(build);
    await playStager(scope, cc, async ({ upload_uri }) => {
      (await bring(upload_uri)).discard();
      return done;
    });
    const late = await ended(cc, build);

    assert.is(alone.state, 'FAILED');
    assert.match(alone.error ?? '', /^No stager answers: start one with/);
    assert.is(late.state, 'STAGED');
  });

  it('fails a build whose stager stays silent', async (scope) => {
    const { cc, bits } = await startWithBits(scope, { options: { stagingSeconds: 0.2 } });
    await playStager(scope, cc, async () => undefined);

    const build = await staged(cc, bits);

    assert.is(build.state, 'FAILED');
    assert.match(build.error ?? '', /^The stager did not answer: timeout/);
  });

  it('asks once more when the bus died with the answer', async (scope) => {
    const bus = await startBus(scope);
    const { cc, bits } = await startWithBits(scope, { bus });
    let asked = 0;
    const stager = await connectBus(scope, bus.address);
    const work = async (request: StagingRequest) => {
      asked += 1;
      (await bring(request.upload_uri)).discard();
      // The first answer is lost with the server.
      if (asked === 1) signalProcess(bus.server.pid(), 'SIGKILL');
      return asked === 1 ? undefined : { ...done, framework: 'node' };
    };
    scope.use(stager.answer(staging, work, { queue: 'staging' }));
    await stager.flush();

    const build = await staged(cc, bits);

    assert.equal([build.state, build.error, asked], ['STAGED', null, 2]);
    assert.is(cc.store.get('droplet', build.droplet ?? '')?.framework, 'node');
  });

  it('fails a build whose package has no bits', async (scope) => {
    const { cc, app } = await startWithBits(scope);

    const build = await staged(cc, await createPackage(cc.store, app));

    assert.equal([build.state, build.error], ['FAILED', 'The package has no bits to stage.']);
  });

  it('leaves nothing of an app that is deleted while it is staged', async (scope) => {
    const { cc, app, bits } = await startWithBits(scope);
    await playStager(scope, cc, async ({ upload_uri }) => {
      (await bring(upload_uri)).discard();
      await cc.store.delete('app', app.guid);
      for (const kind of ['build', 'package'] as const) {
        for (const { guid } of cc.store.all(kind)) await cc.store.delete(kind, guid);
      }
      await cc.operations.deleted(app);
      return done;
    });

    cc.operations.stage(await createBuild(cc.store, bits));
    await waitFor('everything to go', async () => ((await bitsFiles(cc)).length === 0 ? true : undefined), {
      limitMs: 15_000,
    });

    assert.equal([cc.store.all('droplet'), cc.store.all('build')], [[], []]);
  });

  it('keeps the newest packages, builds and droplets of an app, and the droplet it runs', async (scope) => {
    const { cc, app, bits } = await startWithBits(scope, { options: { keptPerApp: 2 } });
    await playStager(scope, cc, async ({ upload_uri }) => {
      (await bring(upload_uri, gzipSync(upload_uri))).discard();
      return done;
    });
    const first = await staged(cc, bits);
    await cc.store.update('app', app.guid, (now) => ({ ...now, currentDroplet: first.droplet }));

    const later: BuildRecord[] = [];
    for (let round = 0; round < 3; round += 1) later.push(await staged(cc, await uploaded(cc, app)));
    const counts = () => (['build', 'package', 'droplet'] as const).map((kind) => cc.store.all(kind).length);
    await waitFor('the old ones to go', () => (counts().join() === '2,2,3' ? true : undefined), { limitMs: 15_000 });

    const kept = later.slice(1);
    assert.equal(
      cc.store.all('build').map(({ guid }) => guid),
      kept.map(({ guid }) => guid),
    );
    assert.equal(
      cc.store.all('package').map(({ guid }) => guid),
      kept.map((build) => build.package),
    );
    assert.equal(
      cc.store.all('droplet').map(({ guid }) => guid),
      [first.droplet, ...kept.map((build) => build.droplet)],
    );
    await waitFor('their blobs to go', async () => ((await bitsFiles(cc)).length === 5 ? true : undefined), {
      limitMs: 15_000,
    });
  });

  it('fails the builds that a killed run left in the middle', async (scope) => {
    const bus = await startBus(scope);
    const before = await startWithBits(scope, { bus });
    const left = await createBuild(before.cc.store, before.bits);

    const after = await startTestOperations(scope, { bus, dataDir: before.cc.dataDir });

    const build = await ended(after, left);
    assert.is(build.state, 'FAILED');
    assert.match(build.error ?? '', /^The platform stopped while staging\. Push again/);
  });

  it('does not wait for a stager when the platform stops', async (scope) => {
    const bus = await startBus(scope);
    const run = new AsyncDisposableStack();
    const { cc, bits } = await startWithBits(run, { bus });
    let isAsked: () => void = () => {};
    const asked = new Promise<void>((resolve) => {
      isAsked = resolve;
    });
    scope.use(
      bus.bus.answer(staging, async () => {
        isAsked();
        return undefined;
      }),
    );
    await bus.bus.flush();
    const build = await createBuild(cc.store, bits);
    cc.operations.stage(build);
    await asked;

    await run.disposeAsync();

    const next = await startTestOperations(scope, { bus });
    assert.is((await ended(next, build)).state, 'FAILED');
  });
});
