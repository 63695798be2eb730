import * as assert from 'uvu/assert';
import { describe } from '../../support/spec.ts';
import {
  appResource,
  dropletResource,
  pageOf,
  processResource,
  type RecordedAnswer,
  recordedApi,
  refusal,
  routeResource,
  statsResource,
} from '../recorded-api.ts';
import { runCli } from '../run-cli.ts';

const gb = 1024 ** 3;

const three: Record<string, RecordedAnswer> = {
  'GET /v3/apps': pageOf([appResource('broken'), appResource('hello'), appResource('idle', 'STOPPED')]),
  'GET /v3/processes': pageOf([
    processResource('broken', { memory_in_mb: 64 }),
    processResource('hello', { instances: 2 }),
    processResource('hello', { guid: 'other', type: 'worker', instances: 9 }),
    processResource('idle', { disk_in_mb: 300 }),
  ]),
  'GET /v3/processes/guid-of-broken/stats': { body: { resources: [statsResource(0, 'CRASHED')] } },
  'GET /v3/processes/guid-of-hello/stats': {
    body: { resources: [statsResource(0, 'RUNNING'), statsResource(1, 'STARTING')] },
  },
  'GET /v3/processes/other/stats': { body: { resources: [statsResource(0, 'RUNNING')] } },
  'GET /v3/routes': pageOf([routeResource('hello', ['hello']), routeResource('www', ['hello', 'idle'], '/shop')]),
};

describe('apps', (it) => {
  it('shows every app on a line that fits 80 columns', async (scope) => {
    const { home, url } = await recordedApi(scope, three);
    const { port } = new URL(url);

    const { exitCode, output, messages } = await runCli(['apps'], { home });

    assert.is(exitCode, 0);
    assert.is(messages, '');
    assert.is(
      output,
      [
        'name    state    instances            memory  disk  urls',
        'broken  crashed  0/1                  64M     1.0G',
        `hello   running  web 1/2, worker 1/9  128M    1.0G  http://hello.localhost:${port}, http://www.localhost:${port}/shop`,
        `idle    stopped  0/1                  128M    300M  http://www.localhost:${port}/shop`,
        '',
      ].join('\n'),
    );
    const onTerminal = await runCli(['apps'], { home, columns: 60, env: { NO_COLOR: '1' } });
    const long = onTerminal.output.split('\n')[2] ?? '';
    assert.is(long.length, 60);
    assert.ok(long.endsWith('…'));
  });

  it('prints the same for programs', async (scope) => {
    const { home, url } = await recordedApi(scope, three);

    const apps = JSON.parse((await runCli(['apps', '--json'], { home })).output);

    assert.is(apps.length, 3);
    const { processes, ...hello } = apps[1];
    assert.equal(
      processes.map((each: { type: string; instances: object }) => [each.type, each.instances]),
      [
        ['web', { running: 1, wanted: 2 }],
        ['worker', { running: 1, wanted: 9 }],
      ],
    );
    assert.equal(hello, {
      name: 'hello',
      guid: 'guid-of-hello',
      state: 'STARTED',
      health: 'running',
      instances: { running: 1, wanted: 2 },
      memoryMb: 128,
      diskMb: 1024,
      urls: [`http://hello.localhost:${new URL(url).port}`, `http://www.localhost:${new URL(url).port}/shop`],
    });
    assert.is(apps[2].state, 'STOPPED');
  });

  it('asks for no statistics when only names are wanted', async (scope) => {
    const { home, calls } = await recordedApi(scope, three);

    const { output } = await runCli(['apps', '--names'], { home });

    assert.is(output, 'broken\nhello\nidle\n');
    assert.equal(calls(), ['GET /v3/apps']);
  });

  it('says what to do when there is no app', async (scope) => {
    const none = { 'GET /v3/apps': pageOf([]), 'GET /v3/processes': pageOf([]), 'GET /v3/routes': pageOf([]) };
    const { home } = await recordedApi(scope, none);

    assert.match((await runCli(['apps'], { home })).output, /^No apps yet\. `localpaas push`/);
    assert.is((await runCli(['apps', '--json'], { home })).output, '[]\n');
  });

  it('forgives an app that is deleted while it looks', async (scope) => {
    const { home } = await recordedApi(scope, {
      ...three,
      'GET /v3/processes/guid-of-hello/stats': refusal(404, 'CF-ResourceNotFound', 'Process not found'),
    });

    const { exitCode, output } = await runCli(['apps'], { home });

    assert.is(exitCode, 0);
    assert.match(output, /hello {3}down {5}web 0\/2/);
  });
});

describe('app', (it) => {
  const one: Record<string, RecordedAnswer> = {
    'GET /v3/apps': pageOf([appResource('hello')]),
    'GET /v3/apps/guid-of-hello': { body: appResource('hello') },
    'GET /v3/apps/guid-of-hello/processes': pageOf([processResource('hello', { instances: 2, command: 'node x.js' })]),
    'GET /v3/processes/guid-of-hello/stats': {
      body: {
        resources: [
          statsResource(0, 'RUNNING', { usage: { cpu: 0.123, mem: 30 * 1024 ** 2, disk: 5000 }, pid: 4711 }),
          statsResource(1, 'CRASHED', { details: 'exited with\u001b[31m status 1' }),
        ],
      },
    },
    'GET /v3/apps/guid-of-hello/routes': pageOf([routeResource('hello', ['hello']), routeResource('www', ['hello'])]),
    'GET /v3/apps/guid-of-hello/droplets/current': { body: dropletResource() },
  };

  it('shows one app and what each instance uses', async (scope) => {
    const { home, url } = await recordedApi(scope, one);
    const { port } = new URL(url);

    const { output } = await runCli(['app', 'hello'], { home });

    assert.is(
      output,
      [
        'name       hello',
        'state      running',
        'instances  1 of 2 running',
        'memory     128M',
        'disk       1.0G',
        'detected   node',
        'command    node x.js',
        `url        http://hello.localhost:${port}`,
        `           http://www.localhost:${port}`,
        '',
        '#  state    since  cpu    memory       disk          details',
        '0  running  2m 5s  12.3%  30M of 128M  4.9K of 1.0G  pid 4711',
        '1  crashed  -      -      -            -             exited with [31m status 1',
        '',
      ].join('\n'),
    );
    for (const line of output.split('\n')) assert.ok(line.length <= 80, line);
  });

  it('prints the same for programs', async (scope) => {
    const { home } = await recordedApi(scope, one);

    const app = JSON.parse((await runCli(['app', 'hello', '--json'], { home })).output);

    assert.is(app.command, 'node x.js');
    assert.is(app.detected, 'node');
    assert.equal(app.list[0], {
      index: 0,
      state: 'running',
      uptimeSeconds: 125,
      cpu: 0.123,
      memoryBytes: 30 * 1024 ** 2,
      diskBytes: 5000,
      pid: 4711,
      details: null,
    });
  });

  it('shows an app that was never staged', async (scope) => {
    const { home } = await recordedApi(scope, {
      ...one,
      'GET /v3/apps/guid-of-hello': { body: appResource('hello', 'STOPPED') },
      'GET /v3/apps/guid-of-hello/droplets/current': refusal(404, 'CF-ResourceNotFound', 'Droplet not found'),
      'GET /v3/apps/guid-of-hello/processes': pageOf([processResource('hello', { disk_in_mb: gb / 1024 ** 2 })]),
    });

    const { output } = await runCli(['app', 'hello'], { home });

    assert.match(output, /state {6}stopped\ninstances {2}0 of 1 running/);
    assert.not.match(output, /detected/);
    assert.not.match(output, /#/);
  });

  it('names what may have been meant by a name that no app has', async (scope) => {
    const apps = [appResource('hello'), appResource('world')];
    const { home } = await recordedApi(scope, {
      'GET /v3/apps': ({ query }) => (query.has('names') ? pageOf([]) : pageOf(apps)),
    });

    const { exitCode, messages } = await runCli(['app', 'helo'], { home });

    assert.is(exitCode, 1);
    assert.is(
      messages,
      "error  There is no app named 'helo'.\n       Did you mean 'hello'? `localpaas apps` lists all apps.\n",
    );
    const asJson = JSON.parse((await runCli(['app', 'helo', '--json'], { home })).messages);
    assert.is(asJson.error.code, 'NOT_FOUND');
  });
});
