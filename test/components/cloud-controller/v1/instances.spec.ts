import { randomUUID } from 'node:crypto';
import * as assert from 'uvu/assert';
import { deaFindDroplet, dropletExited } from '#contract/dea.ts';
import { healthManagerStatus } from '#contract/health.ts';
import { Routes, startHttpServer } from '#ground/http-server.ts';
import { waitFor } from '#ground/wait.ts';
import { describe, type Scope } from '../../../support/spec.ts';
import { type FileViewer, playDea, playStager } from '../play-peers.ts';
import { basic } from '../start-cloud-controller.ts';
import { refusalOf, runningApp, sinatraApp, startV1 } from './start-v1.ts';

const now = () => Math.floor(Date.now() / 1000);

/** A DEA's file viewer: one file, a directory, and refusals. */
async function startViewer(scope: Scope): Promise<FileViewer & { asked: string[] }> {
  const asked: string[] = [];
  const isAllowed = (authorization?: string) => authorization === basic('files', 'secret');
  const text = (status: number, body: string) => ({ status, headers: { 'content-type': 'text/plain' }, body });
  const routes = new Routes().on('GET', '/droplets/*', ({ headers, path, params }) => {
    asked.push(path);
    if (!isAllowed(headers.authorization)) return { status: 401 };
    if (params['*'] === 'hello-0/logs/a b.log') return text(200, 'line\n');
    if (params['*'] === 'hello-0/startup') return text(403, 'Not accessible\n');
    if (params['*'] === 'hello-0') return text(200, 'logs/   -');
    return text(404, 'Entity not found.\n');
  });
  const server = scope.use(
    await startHttpServer({
      host: '127.0.0.1',
      port: 0,
      who: 'The test',
      routes,
      notFound: () => ({ status: 404 }),
      failed: () => ({ status: 500 }),
    }),
  );
  return { file_uri: `http://127.0.0.1:${server.port}/droplets/`, credentials: ['files', 'secret'], asked };
}

describe('instances in the API of 2012', (it) => {
  it('tells of each instance, and nothing of an app that is stopped', async (scope) => {
    const api = await startV1(scope);
    await runningApp(api, { instances: 2 });

    const { instances } = (await api.v1('GET', '/apps/hello/instances')).body;
    await api.v1('PUT', '/apps/hello', { body: { state: 'STOPPED' } });

    const none = { debug_ip: null, debug_port: null, console_ip: null, console_port: null };
    assert.equal(
      instances.map(({ since, ...rest }: { since: number }) => [Math.abs(since - now()) < 60, rest]),
      [0, 1].map((index) => [true, { index, state: 'RUNNING', ...none }]),
    );
    assert.equal((await api.v1('GET', '/apps/hello/instances')).body, { instances: [] });
    assert.equal((await api.v1('GET', '/apps/hello/stats')).body, {});
  });

  it('tells statistics in the units of 2012', async (scope) => {
    const api = await startV1(scope);
    await runningApp(api);

    const { state, stats } = (await api.v1('GET', '/apps/hello/stats')).body['0'];

    const { usage, cores, ...rest } = stats;
    assert.is(state, 'RUNNING');
    assert.equal(rest, {
      name: 'hello',
      host: '127.0.0.1',
      port: 40_000,
      uris: ['hello.vcap.me'],
      uptime: 1,
      mem_quota: 128 * 1024 * 1024,
      disk_quota: 1024 * 1024 * 1024,
      fds_quota: 256,
    });
    assert.equal([usage.cpu, usage.mem, usage.disk], [1.5, 20_480, 1024 * 1024]);
    assert.match(usage.time, /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \+0000$/);
    assert.ok(cores >= 1);
  });

  it('tells that an instance is down, or flaps, and which crashed', async (scope) => {
    const api = await startV1(scope, { peers: false });
    const crashed = randomUUID().replaceAll('-', '');
    const second = randomUUID().replaceAll('-', '');
    const since = now();
    let flapping: number[] = [];
    const askedFor = new Set<unknown>();
    scope.use(
      api.bus.answer(healthManagerStatus, ({ state, version }) => {
        askedFor.add(version);
        return state === 'FLAPPING'
          ? { indices: flapping.map((index) => ({ index, since })) }
          : { instances: [{ instance: crashed, since }] };
      }),
    );
    await api.bus.flush();
    playStager(scope, api.bus);
    playDea(scope, api.bus);
    await api.bus.flush();
    await runningApp(api);
    const app = (await api.ask('GET', '/v3/apps')).body.resources[0].guid;
    const { version } = (await api.v1('GET', '/apps/hello')).body;
    const [found] = await api.bus.askMany(deaFindDroplet, { droplet: app }, { limitMs: 15_000, expected: 1 });
    const exit = { droplet: app, version, instance: found?.instance ?? '', index: 0, reason: 'CRASHED' as const };
    api.bus.publish(dropletExited, { ...exit, crash_timestamp: since });
    scope.use(
      api.bus.answerEach(deaFindDroplet, ({ states }) =>
        states?.includes('CRASHED')
          ? [{ dea: 'd', version, droplet: app, instance: second, index: 0, state: 'CRASHED', state_timestamp: since }]
          : [],
      ),
    );
    await api.bus.flush();
    const states = async () =>
      (await api.v1('GET', '/apps/hello/instances')).body.instances.map(({ state }: { state: string }) => state);
    const isDown = async () => ((await states())[0] === 'DOWN' ? true : undefined);

    await waitFor('the crash to be known', isDown, { limitMs: 15_000 });
    flapping = [0];

    assert.equal(await states(), ['FLAPPING']);
    assert.equal((await api.v1('GET', '/apps/hello/stats')).body, { '0': { state: 'DOWN', since } });
    assert.equal((await api.v1('GET', '/apps/hello/crashes')).body, {
      crashes: [
        { instance: crashed, since },
        { instance: second, since },
      ],
    });
    assert.equal([...askedFor], [version]);
  });

  it('reads files of an instance by index or id, whatever way the path is written', async (scope) => {
    const viewer = await startViewer(scope);
    const api = await startV1(scope, { viewer });
    await runningApp(api);
    const app = (await api.ask('GET', '/v3/apps')).body.resources[0].guid;
    const [found] = await api.bus.askMany(deaFindDroplet, { droplet: app }, { limitMs: 15_000, expected: 1 });
    const read = (instance: string, path: string) => api.v1('GET', `/apps/hello/instances/${instance}/files${path}`);

    for (const path of ['/%2Flogs%2Fa%20b.log', '/logs/a%20b.log', '/logs%2Fa%20b.log']) {
      const { status, text, headers } = await read('0', path);
      assert.equal([status, text, headers['content-type']], [200, 'line\n', 'text/plain'], path);
    }
    assert.is((await read(found?.instance ?? '', '/logs/a%20b.log')).text, 'line\n');
    assert.is((await read('0', '/')).text, 'logs/   -');
    assert.is((await read('0', '')).text, 'logs/   -');
    assert.match(refusalOf(await read('0', '/nope')), "404 303 There is no file 'nope'.");
    assert.match(refusalOf(await read('0', '/startup')), '500 306');
    assert.match(refusalOf(await read('7', '/logs')), "400 304 There is no instance '7'");
    assert.match(refusalOf(await read('no-such-id', '/logs')), '400 304');
  });

  it('never leaves the directory of the instance', async (scope) => {
    const viewer = await startViewer(scope);
    const api = await startV1(scope, { viewer });
    await runningApp(api);

    for (const path of ['%2E%2E%2Fother-0%2Flogs', 'logs/%2e%2e/%2e%2e/other', '%2F..%2Fother']) {
      const answer = await api.v1('GET', `/apps/hello/instances/0/files/${path}`);
      assert.is(answer.status, 404, path);
    }
    assert.equal(viewer.asked, []);
  });

  it('tells that files cannot be read when the app is stopped or its DEA is gone', async (scope) => {
    const viewer = await startViewer(scope);
    const gone = { ...viewer, file_uri: 'http://127.0.0.1:1/droplets/' };
    const api = await startV1(scope, { viewer: gone });
    const read = async () => refusalOf(await api.v1('GET', '/apps/hello/instances/0/files/logs'));
    await api.v1('POST', '/apps', { body: sinatraApp });

    const stopped = await read();
    await api.v1('DELETE', '/apps/hello');
    await runningApp(api);
    const unreachable = await read();

    assert.match(stopped, "400 305 The app 'hello' is stopped.");
    assert.match(unreachable, /^500 306 The file 'logs' cannot be read: .*ECONNREFUSED/);
  });

  it('keeps the log of staging, for a stopped app too, until the app is deleted', async (scope) => {
    const api = await startV1(scope);
    const read = () => api.v1('GET', '/apps/hello/instances/0/files/%2Flogs%2Fstaging.log');
    await api.v1('POST', '/apps', { body: sinatraApp });

    const before = await read();
    await api.v1('DELETE', '/apps/hello');
    await runningApp(api);
    await api.v1('PUT', '/apps/hello', { body: { state: 'STOPPED' } });
    const after = await read();
    await api.v1('DELETE', '/apps/hello');
    await api.v1('POST', '/apps', { body: sinatraApp });

    assert.match(refusalOf(before), '404 303');
    assert.equal([after.status, after.text], [200, 'staged\n']);
    assert.match(refusalOf(await read()), '404 303');
  });
});
