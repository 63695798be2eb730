import * as assert from 'uvu/assert';
import { staging } from '#contract/staging.ts';
import { startBus } from '../../../support/bus.ts';
import { scratchDirectory } from '../../../support/scratch.ts';
import { describe } from '../../../support/spec.ts';
import { createApp, createRoute } from '../create.ts';
import { refusalOf, runningApp, sinatraApp, startV1, untilRunning, uploadFiles } from './start-v1.ts';

describe('apps in the API of 2012', (it) => {
  it('tells all of an app', async (scope) => {
    const api = await startV1(scope);
    await runningApp(api, { env: ['COLOUR=blue', 'SUM=a=b'] });

    const { body } = await api.v1('GET', '/apps/hello');

    const { version, meta, ...rest } = body;
    assert.equal(rest, {
      name: 'hello',
      staging: { model: 'sinatra', stack: 'ruby19' },
      uris: ['hello.vcap.me'],
      instances: 1,
      runningInstances: 1,
      resources: { memory: 128, disk: 1024, fds: 1024 },
      state: 'STARTED',
      services: [],
      env: ['COLOUR=blue', 'SUM=a=b'],
    });
    assert.match(version, /^[0-9a-f]{40}-1$/);
    assert.equal([meta.debug, meta.console, meta.command], [null, false, undefined]);
    assert.ok(Math.abs(meta.created - Date.now() / 1000) < 60);
    assert.ok(Number.isInteger(meta.version));
  });

  it('shares its records with the v3 API, both ways', async (scope) => {
    const api = await startV1(scope);
    await createApp(api, 'modern', { environment_variables: { A: '1' } });
    await api.v1('POST', '/apps', { body: sinatraApp });

    const old = (await api.v1('GET', '/apps')).body;
    const modern = (await api.ask('GET', '/v3/apps')).body.resources;

    assert.equal(
      old.map(
        ({
          name,
          env,
          staging: { model, stack },
        }: {
          name: string;
          env: string[];
          staging: Record<string, string>;
        }) => [name, env, model, stack],
      ),
      [
        ['modern', ['A=1'], 'auto', 'auto'],
        ['hello', [], 'sinatra', 'ruby19'],
      ],
    );
    assert.equal(
      modern.map(({ name }: { name: string }) => name),
      ['modern', 'hello'],
    );
    assert.equal((await api.ask('GET', '/v3/routes')).body.resources[0].url, 'hello.vcap.me');
  });

  it('stages with the framework and the runtime that were named', async (scope) => {
    const api = await startV1(scope, { peers: false });
    const asked: unknown[] = [];
    scope.use(
      api.bus.answer(staging, ({ properties: { framework_info, runtime_info, meta } }) => {
        asked.push([framework_info.name, runtime_info.name, meta?.command]);
        return { task_id: '0'.repeat(32), task_log: 'tried\n', error: 'Staging task failed:\n no luck' };
      }),
    );
    await api.bus.flush();
    await api.v1('POST', '/apps', { body: sinatraApp });
    const command = { framework: 'standalone', runtime: 'node', command: 'node app.js' };
    await api.v1('POST', '/apps', { body: { name: 'worker', staging: command } });

    for (const name of ['hello', 'worker']) {
      await uploadFiles(api, name, { 'app.rb': 'x' });
      await api.v1('PUT', `/apps/${name}`, { body: { state: 'STARTED' } });
    }

    assert.equal(asked, [
      ['sinatra', 'ruby19', undefined],
      ['standalone', 'node', 'node app.js'],
    ]);
    const { meta, staging: shown } = (await api.v1('GET', '/apps/worker')).body;
    assert.equal([meta.command, shown], ['node app.js', { model: 'standalone', stack: 'node' }]);
  });

  it('answers 310 with the reason when staging fails, and leaves the app stopped', async (scope) => {
    const api = await startV1(scope, { peers: false });
    let fails = true;
    scope.use(
      api.bus.answer(staging, () => ({
        task_id: '0'.repeat(32),
        task_log: 'tried\n',
        error: fails ? 'Staging task failed:\n no luck' : 'another reason',
      })),
    );
    await api.bus.flush();
    await api.v1('POST', '/apps', { body: sinatraApp });
    const start = () => api.v1('PUT', '/apps/hello', { body: { state: 'STARTED' } });

    const early = await start();
    await uploadFiles(api, 'hello', { 'app.rb': 'x' });
    const failed = await start();
    fails = false;
    const again = await start();

    assert.is(refusalOf(early), "500 310 Staging failed: 'The app has no bits yet: upload them first.'");
    assert.is(refusalOf(failed), "500 310 Staging failed: 'Staging task failed:\n no luck'");
    assert.is(refusalOf(again), "500 310 Staging failed: 'another reason'");
    assert.is((await api.v1('GET', '/apps/hello')).body.state, 'STOPPED');
    const log = await api.v1('GET', '/apps/hello/instances/0/files/%2Flogs%2Fstaging.log');
    assert.equal([log.status, log.text], [200, 'tried\n']);
  });

  it('stages bits once, and newer bits again', async (scope) => {
    const api = await startV1(scope);
    await runningApp(api);
    const versionOf = async () => (await api.v1('GET', '/apps/hello')).body.version as string;
    const start = () => api.v1('PUT', '/apps/hello', { body: { state: 'STARTED' } });
    const first = await versionOf();

    await uploadFiles(api, 'hello', { 'app.rb': 'require "sinatra"\n' });
    await start();
    const same = await versionOf();
    await uploadFiles(api, 'hello', { 'app.rb': 'require "sinatra" # 2\n' });
    await start();
    await untilRunning(api, 'hello');

    assert.is(same, first);
    assert.is.not((await versionOf()).split('-')[0], first.split('-')[0]);
    assert.is((await api.ask('GET', '/v3/builds')).body.resources.length, 2);
  });

  it('takes a whole app back as it told it, changed in one place', async (scope) => {
    const api = await startV1(scope);
    await runningApp(api);
    const whole = (await api.v1('GET', '/apps/hello')).body;

    const changed = { ...whole, instances: 2, env: ['A=1'], uris: ['hello.vcap.me', 'second.vcap.me'] };
    const answer = await api.v1('PUT', '/apps/hello', { body: changed });

    assert.equal([answer.status, answer.text], [200, '']);
    await untilRunning(api, 'hello');
    const now = (await api.v1('GET', '/apps/hello')).body;
    assert.equal([now.instances, now.runningInstances, now.env, now.uris], [2, 2, ['A=1'], changed.uris]);
    assert.is(now.version, whole.version);
  });

  it('takes URIs away, and the routes that lead nowhere then', async (scope) => {
    const api = await startV1(scope);
    await runningApp(api);

    await api.v1('PUT', '/apps/hello', { body: { uris: ['other.vcap.me/deep'] } });

    const urls = (await api.ask('GET', '/v3/routes')).body.resources.map(({ url }: { url: string }) => url);
    assert.equal(urls, ['other.vcap.me/deep']);
  });

  it('refuses a change of an app that somebody else changed meanwhile', async (scope) => {
    const api = await startV1(scope);
    await api.v1('POST', '/apps', { body: sinatraApp });
    const seen = (await api.v1('GET', '/apps/hello')).body;
    await api.v1('PUT', '/apps/hello', { body: { env: ['WHO=me'] } });

    const late = await api.v1('PUT', '/apps/hello', { body: { ...seen, instances: 7 } });

    assert.match(refusalOf(late), "400 102 The app 'hello' was changed meanwhile");
    const { instances, env } = (await api.v1('GET', '/apps/hello')).body;
    assert.equal([instances, env], [1, ['WHO=me']]);
  });

  it('stops and deletes, with bits and routes', async (scope) => {
    const api = await startV1(scope);
    await runningApp(api);

    await api.v1('PUT', '/apps/hello', { body: { state: 'STOPPED' } });
    const stopped = (await api.v1('GET', '/apps/hello')).body;
    const deleted = await api.v1('DELETE', '/apps/hello');

    assert.equal([stopped.state, stopped.runningInstances], ['STOPPED', 0]);
    assert.equal([deleted.status, deleted.text], [200, '']);
    assert.match(refusalOf(await api.v1('DELETE', '/apps/hello')), '404 301');
    for (const list of ['apps', 'packages', 'droplets', 'routes']) {
      assert.equal((await api.ask('GET', `/v3/${list}`)).body.resources, [], list);
    }
  });

  it('stages once when two ask for a start at the same time', async (scope) => {
    const api = await startV1(scope);
    await api.v1('POST', '/apps', { body: sinatraApp });
    await uploadFiles(api, 'hello', { 'app.rb': 'x' });

    const start = () => api.v1('PUT', '/apps/hello', { body: { state: 'STARTED' } });
    const both = await Promise.all([start(), start()]);

    assert.equal(
      both.map(({ status }) => status),
      [200, 200],
    );
    assert.is((await api.ask('GET', '/v3/builds')).body.resources.length, 1);
  });

  it('updates an app that runs, and tells how far that is', async (scope) => {
    const api = await startV1(scope);
    await runningApp(api);
    await uploadFiles(api, 'hello', { 'app.rb': 'require "sinatra" # 2\n' });
    const before = (await api.v1('GET', '/apps/hello/update')).body;

    const answer = await api.v1('PUT', '/apps/hello/update');

    await untilRunning(api, 'hello');
    const { state, since } = (await api.v1('GET', '/apps/hello/update')).body;
    assert.equal([answer.status, answer.text, before.state, state], [204, '', 'NONE', 'SUCCEEDED']);
    assert.ok(Math.abs(since - Date.now() / 1000) < 60);
    assert.match((await api.v1('GET', '/apps/hello')).body.version, /-2$/);
  });

  it('refuses what it cannot do, and writes nothing', async (scope) => {
    const api = await startV1(scope);
    await createRoute(api, 'free');
    const theirs = { ...sinatraApp, name: 'theirs', uris: ['theirs.vcap.me'] };
    await api.v1('POST', '/apps', { body: theirs });
    const made = async (more: object) => refusalOf(await api.v1('POST', '/apps', { body: { ...sinatraApp, ...more } }));

    assert.match(await made({ name: 'theirs' }), "400 300 App with the name 'theirs' already exists");
    assert.match(await made({ name: '' }), '400 300');
    assert.match(await made({ uris: ['theirs.vcap.me'] }), "400 701 The URI 'theirs.vcap.me' has been taken");
    assert.match(await made({ uris: ['api.vcap.me'] }), '400 701');
    assert.match(await made({ uris: ['hello.elsewhere.com'] }), '400 702');
    assert.match(await made({ uris: ['-.vcap.me'] }), "400 700 Invalid URI '-.vcap.me'");
    assert.match(await made({ staging: { framework: 'cobol' } }), "400 308 There is no framework 'cobol'");
    assert.match(await made({ staging: { framework: 'sinatra', runtime: 'java' } }), '400 307');
    assert.match(await made({ staging: { framework: 'standalone', runtime: 'node' } }), '400 300 A standalone app');
    assert.match(await made({ debug: 'run' }), "400 309 The debug mode 'run'");
    assert.match(await made({ services: ['mysql'] }), '404 503 There are no services');
    assert.match(await made({ env: ['NOTHING'] }), "400 300 The environment entry 'NOTHING'");
    assert.match(await made({ env: ['PORT=1'] }), '400 300 Environment variable PORT');
    assert.match(await made({ env: 'A=1' }), '400 100 Bad request');
    assert.match(await made({ instances: -1 }), '400 100');
    assert.match(await made({ instances: 1_000_000 }), '400 300');
    assert.match(await made({ resources: { memory: 0 } }), '400 100');
    assert.match(await made({ state: 'FLYING' }), '400 100');
    assert.match(refusalOf(await api.v1('POST', '/apps', { body: 'not json' })), '400 100');
    assert.equal((await api.v1('GET', '/apps')).body.length, 1);
    assert.equal((await api.ask('GET', '/v3/routes')).body.resources.length, 2);
    assert.is((await api.v1('POST', '/apps', { body: { ...sinatraApp, uris: ['free.vcap.me'] } })).status, 302);
  });

  it(
    'goes on to read, and refuses changes with 101, while the message bus is away',
    async (scope) => {
      const { server, address } = await startBus(scope);
      const api = await startV1(scope, { peers: false, again: { address, dataDir: await scratchDirectory(scope) } });
      await api.v1('POST', '/apps', { body: sinatraApp });
      await server[Symbol.asyncDispose]();

      const changed = await api.v1('PUT', '/apps/hello', { body: { env: ['A=1'] } });

      assert.match(
        refusalOf(changed),
        /^500 101 The platform could not store the app: its message bus does not answer/,
      );
      assert.equal((await api.v1('GET', '/apps/hello')).body.env, []);
    },
    { timeoutMs: 120_000 },
  );
});
