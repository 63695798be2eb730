import * as assert from 'uvu/assert';
import { describe } from '../../support/spec.ts';
import { appResource, pageOf, type RecordedAnswer, recordedApi, refusal, routeResource } from '../recorded-api.ts';
import { runCli } from '../run-cli.ts';

const stamps = { created_at: '', updated_at: '' };
const base: Record<string, RecordedAnswer> = {
  'GET /v3/apps': pageOf([appResource('hello')]),
  'GET /v3/domains': pageOf([{ ...stamps, guid: 'domain-1', name: 'localhost', internal: false }]),
  'POST /v3/routes/route-www/destinations': { body: { destinations: [] } },
};

describe('routes', (it) => {
  it('lists what leads where', async (scope) => {
    const { home, url } = await recordedApi(scope, {
      ...base,
      'GET /v3/routes': pageOf([routeResource('www', []), routeResource('hello', ['hello', 'unknown'])]),
    });
    const { port } = new URL(url);

    const { output } = await runCli(['routes'], { home });

    assert.is(
      output,
      `${'url'.padEnd(23 + port.length)}  apps\nhttp://hello.localhost:${port}  hello, guid-of-unknown\nhttp://www.localhost:${port}    none\n`,
    );
    assert.equal(
      JSON.parse((await runCli(['routes', '--json'], { home })).output).map((route: { apps: string[] }) => route.apps),
      [['hello', 'guid-of-unknown'], []],
    );
  });

  it('says when there are none', async (scope) => {
    const { home } = await recordedApi(scope, { ...base, 'GET /v3/routes': pageOf([]) });

    assert.match((await runCli(['routes'], { home })).output, /^No routes yet\./);
  });
});

describe('map-route', (it) => {
  it('makes a route that is not there and leads it to the app', async (scope) => {
    const { home, url, requests } = await recordedApi(scope, {
      ...base,
      'GET /v3/routes': pageOf([]),
      'POST /v3/routes': { status: 201, body: routeResource('www', []) },
    });

    const { exitCode, output } = await runCli(['map-route', 'hello', 'WWW.localhost'], { home });

    assert.is(exitCode, 0);
    assert.is(output, `http://www.localhost:${new URL(url).port} leads to hello.\n`);
    const posted = requests.filter(({ method }) => method === 'POST').map(({ path, body }) => [path, JSON.parse(body)]);
    assert.equal(posted, [
      [
        '/v3/routes',
        {
          host: 'www',
          relationships: { domain: { data: { guid: 'domain-1' } }, space: { data: { guid: 'space-1' } } },
        },
      ],
      ['/v3/routes/route-www/destinations', { destinations: [{ app: { guid: 'guid-of-hello' } }] }],
    ]);
    const look = requests.find(({ method, path }) => method === 'GET' && path === '/v3/routes');
    assert.equal(
      [...(look?.query ?? [])],
      [
        ['hosts', 'www'],
        ['domain_guids', 'domain-1'],
        ['paths', ''],
      ],
    );
  });

  it('uses a route that is there, and leaves it when it leads to the app already', async (scope) => {
    const { home, requests } = await recordedApi(scope, {
      ...base,
      'GET /v3/routes': ({ query }) =>
        pageOf([routeResource('www', query.get('paths') === '' ? [] : ['hello'], query.get('paths') ?? '')]),
    });

    await runCli(['map-route', 'hello', 'www'], { home });
    assert.equal(
      requests.filter(({ method }) => method === 'POST').map(({ path }) => path),
      ['/v3/routes/route-www/destinations'],
    );

    const again = await runCli(['map-route', 'hello', 'http://www.localhost:8080/shop/', '--json'], { home });
    assert.is(again.exitCode, 0);
    assert.is(JSON.parse(again.output).app, 'hello');
    assert.is(requests.filter(({ method }) => method === 'POST').length, 1);
  });

  it('refuses addresses that cannot be, and says which domains there are', async (scope) => {
    const { home, requests } = await recordedApi(scope, base);
    const cases: [string, RegExp][] = [
      [
        'www.example.com',
        /'www\.example\.com' is no address here: its domain is none of the platform\.\n.*Domains are: localhost\./,
      ],
      ['/path', /is no address here: it names no host\./],
      ['localhost', /it names no host\.\n.*Write HOST or HOST\.localhost/],
      ['.localhost', /it names no host/],
    ];
    for (const [address, expected] of cases) {
      const { exitCode, messages } = await runCli(['map-route', 'hello', address], { home });

      assert.is(exitCode, 2, address);
      assert.match(messages, expected);
    }
    assert.not.ok(requests.some(({ method }) => method === 'POST'));
  });

  it('passes on why the platform refuses', async (scope) => {
    const { home } = await recordedApi(scope, {
      ...base,
      'GET /v3/routes': pageOf([]),
      'POST /v3/routes': refusal(422, 'CF-UnprocessableEntity', 'api.localhost belongs to the platform.'),
    });

    const { exitCode, messages } = await runCli(['map-route', 'hello', 'api'], { home });

    assert.is(exitCode, 1);
    assert.match(messages, /api\.localhost belongs to the platform\./);
  });
});

describe('unmap-route', (it) => {
  it('keeps a route that leads elsewhere too, and deletes one that leads nowhere then', async (scope) => {
    const { home, calls } = await recordedApi(scope, {
      ...base,
      'GET /v3/routes': ({ query }) =>
        pageOf([
          routeResource(query.get('hosts') ?? '', query.get('hosts') === 'www' ? ['hello', 'other'] : ['hello']),
        ]),
      'DELETE /v3/routes/route-www/destinations/destination-hello': { status: 204 },
      'DELETE /v3/routes/route-own/destinations/destination-hello': { status: 204 },
      'DELETE /v3/routes/route-own': { status: 202, headers: { location: '/v3/jobs/j' } },
      'GET /v3/jobs/j': { body: { guid: 'j', state: 'COMPLETE', errors: [] } },
    });

    const shared = await runCli(['unmap-route', 'hello', 'www'], { home });
    const own = await runCli(['unmap-route', 'hello', 'own.localhost'], { home });

    assert.match(shared.output, /no longer leads to hello\.$/m);
    assert.match(own.output, /no longer leads to hello or anywhere else, so it is deleted\.$/m);
    assert.equal(
      calls().filter((call) => call.startsWith('DELETE')),
      [
        'DELETE /v3/routes/route-www/destinations/destination-hello',
        'DELETE /v3/routes/route-own/destinations/destination-hello',
        'DELETE /v3/routes/route-own',
      ],
    );
  });

  it('refuses a route that does not lead to the app', async (scope) => {
    const { home } = await recordedApi(scope, { ...base, 'GET /v3/routes': pageOf([routeResource('www', ['other'])]) });

    const { exitCode, messages } = await runCli(['unmap-route', 'hello', 'www'], { home });

    assert.is(exitCode, 1);
    assert.match(messages, /www does not lead to hello\.\n.*`localpaas routes`/);
  });
});
