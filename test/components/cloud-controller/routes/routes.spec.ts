import * as assert from 'uvu/assert';
import * as v from 'valibot';
import { Route } from '#contract/api/resources.ts';
import { appState } from '#contract/apps.ts';
import { waitFor } from '#ground/wait.ts';
import { describe } from '../../../support/spec.ts';
import { createApp, createRoute, refusalIn } from '../create.ts';
import { type RunningApi, startCloudController } from '../start-cloud-controller.ts';

const map = (api: RunningApi, route: string, ...guids: string[]) =>
  api.ask('POST', `/v3/routes/${route}/destinations`, {
    body: { destinations: guids.map((guid) => ({ app: { guid } })) },
  });

const urlsOf = async (api: RunningApi, query: string): Promise<string[]> =>
  (await api.ask('GET', `/v3/routes?${query}`)).body.resources.map(({ url }: { url: string }) => url);

describe('the routes of the API', (it) => {
  it('are made, found and deleted', async (scope) => {
    const api = await startCloudController(scope);

    const made = await createRoute(api, 'Hello', { path: '/v1' });

    assert.is(made.status, 201);
    assert.ok(v.safeParse(Route, made.body).success, made.text);
    assert.is(made.body.url, 'hello.localhost/v1');
    assert.equal(await urlsOf(api, 'hosts=HELLO'), ['hello.localhost/v1']);
    assert.is((await api.ask('DELETE', `/v3/routes/${made.body.guid}`)).status, 202);
    assert.is(refusalIn(await api.ask('GET', `/v3/routes/${made.body.guid}`)), '404 Route not found');
  });

  it('are found by path, also by having none', async (scope) => {
    const api = await startCloudController(scope);
    await createRoute(api, 'x');
    await createRoute(api, 'x', { path: '/v1' });
    await createRoute(api, 'y');

    assert.equal(await urlsOf(api, `domain_guids=${api.places.domain}&hosts=x&paths=`), ['x.localhost']);
    assert.equal(await urlsOf(api, 'hosts=x&paths=%2Fv1'), ['x.localhost/v1']);
    assert.equal(await urlsOf(api, 'hosts=x'), ['x.localhost', 'x.localhost/v1']);
    assert.equal(await urlsOf(api, 'domain_guids=other'), []);
  });

  it('lead to apps, and cease to', async (scope) => {
    const api = await startCloudController(scope);
    const [one, two] = [await createApp(api, 'one'), await createApp(api, 'two')];
    const route = (await createRoute(api, 'both')).body.guid;
    const updates: string[] = [];
    scope.use(api.bus.subscribe(appState, ({ app, uris }) => void updates.push(`${app} ${uris.join()}`)));
    await api.bus.flush();

    await map(api, route, one, two);
    const again = await map(api, route, one);
    const [first] = again.body.destinations;
    const unmapped = await api.ask('DELETE', `/v3/routes/${route}/destinations/${first.guid}`);

    assert.equal(
      again.body.destinations.map(({ app }: { app: { guid: string } }) => app.guid),
      [one, two],
    );
    assert.equal(first.app, { guid: one, process: { type: 'web' } });
    assert.is(unmapped.status, 204);
    assert.equal(await urlsOf(api, `app_guids=${one}`), []);
    assert.equal(await urlsOf(api, `app_guids=${two}`), ['both.localhost']);
    assert.equal((await api.ask('GET', `/v3/apps/${two}/routes`)).body.resources[0].url, 'both.localhost');
    await waitFor('the routers to be told', () => (updates.includes(`${one} `) ? true : undefined), {
      limitMs: 15_000,
    });
    assert.ok(updates.includes(`${one} both.localhost`));
  });

  it('replace their destinations as a whole', async (scope) => {
    const api = await startCloudController(scope);
    const [one, two] = [await createApp(api, 'one'), await createApp(api, 'two')];
    const route = (await createRoute(api, 'swap')).body.guid;
    await map(api, route, one);

    const { body } = await api.ask('PATCH', `/v3/routes/${route}/destinations`, {
      body: { destinations: [{ app: { guid: two } }] },
    });

    assert.equal(
      body.destinations.map(({ app }: { app: { guid: string } }) => app.guid),
      [two],
    );
  });

  it('tell who has them when somebody else wants them', async (scope) => {
    const api = await startCloudController(scope);
    const app = await createApp(api, 'owner');
    const route = (await createRoute(api, 'wanted')).body.guid;
    const [unmapped, withPath] = [await createRoute(api, 'WANTED'), await createRoute(api, 'wanted', { path: '/v2' })];
    await map(api, route, app);

    const taken = await createRoute(api, 'wanted');

    assert.is(withPath.status, 201);
    assert.is(
      refusalIn(unmapped),
      "422 Route already exists with host 'wanted' for domain 'localhost'. No app has it: map it to yours, or delete it.",
    );
    assert.is(
      refusalIn(taken),
      "422 Route already exists with host 'wanted' for domain 'localhost'. It belongs to app 'owner'.",
    );
  });

  it('are one when many ask for the same at once', async (scope) => {
    const api = await startCloudController(scope);

    const answers = await Promise.all(Array.from({ length: 8 }, () => createRoute(api, 'race')));

    assert.equal(answers.map(({ status }) => status).sort(), [201, ...Array(7).fill(422)]);
  });

  it('are refused for hosts and paths that cannot be', async (scope) => {
    const api = await startCloudController(scope);
    const refusal = async (host: string, more: object = {}) => refusalIn(await createRoute(api, host, more));

    for (const host of ['api', 'UAA', 'login', 'log-cache']) {
      assert.is(
        await refusal(host),
        `422 Host '${host.toLowerCase()}' belongs to the platform itself. Choose another host for this route.`,
      );
    }
    assert.is(await refusal(''), '422 Host must be given: localhost itself belongs to the platform.');
    assert.match(await refusal('a.b'), /^422 Host 'a\.b' must consist of letters, digits/);
    assert.match(await refusal('-a'), /^422 Host '-a' must/);
    assert.match(await refusal('ü'), /^422 Host 'ü' must/);
    assert.match(await refusal('a\nb'), /^422 Host/);
    assert.is(await refusal('*'), '422 Wildcard hosts are not supported.');
    assert.match(await refusal('x'.repeat(64)), /^422 Host is too long/);
    assert.match(await refusal('ok', { path: 'v1' }), /^422 Path 'v1' must begin with \//);
    assert.match(await refusal('ok', { path: '/' }), /^422 Path '\/' must/);
    assert.match(await refusal('ok', { path: '/a?b' }), /^422 Path '\/a\?b' must/);
    assert.match(await refusal('ok', { port: 1024 }), /^422 port: only HTTP routes are supported/);
    assert.match(await refusal('ok', { colour: 1 }), /^422 Unknown field\(s\): 'colour'/);
    assert.equal(await urlsOf(api, ''), []);
  });

  it('lead nowhere but to apps that are there', async (scope) => {
    const api = await startCloudController(scope);
    const app = await createApp(api, 'here');
    const route = (await createRoute(api, 'here')).body.guid;
    const refusal = async (destination: object) =>
      refusalIn(await api.ask('POST', `/v3/routes/${route}/destinations`, { body: { destinations: [destination] } }));

    assert.match(await refusal({ app: { guid: 'ghost' } }), /^422 App\(s\) with guid\(s\) "ghost" do not exist/);
    assert.match(
      await refusal({ app: { guid: app, process: { type: 'worker' } } }),
      /^422 .*only web processes have routes/,
    );
    assert.match(await refusal({ app: { guid: app }, protocol: 'tcp' }), /^422 .*only http1 is supported/);
    assert.match(await refusal({ app: { guid: app }, weight: 5 }), /^422 .*weights are not supported/);
    assert.match(
      refusalIn(await api.ask('DELETE', `/v3/routes/${route}/destinations/none`)),
      /^422 Unable to unmap route/,
    );
    assert.equal((await api.ask('GET', `/v3/routes/${route}/destinations`)).body.destinations, []);
  });

  it('tell whether a host is taken', async (scope) => {
    const api = await startCloudController(scope);
    await createRoute(api, 'taken', { path: '/p' });
    const isTaken = async (query: string) =>
      (await api.ask('GET', `/v3/domains/${api.places.domain}/route_reservations?${query}`)).body.matching_route;

    assert.is(await isTaken('host=taken&path=%2Fp'), true);
    assert.is(await isTaken('host=TAKEN&path=%2Fp'), true);
    assert.is(await isTaken('host=taken'), false);
    assert.is(await isTaken('host=free'), false);
  });

  it('go all at once when no app has them', async (scope) => {
    const api = await startCloudController(scope);
    const app = await createApp(api, 'keeper');
    const kept = (await createRoute(api, 'kept')).body.guid;
    await map(api, kept, app);
    await createRoute(api, 'orphan');

    const careless = await api.ask('DELETE', `/v3/spaces/${api.places.space}/routes`);
    const answer = await api.ask('DELETE', `/v3/spaces/${api.places.space}/routes?unmapped=true`);

    assert.is(careless.status, 422);
    assert.is(answer.status, 202);
    assert.equal(await urlsOf(api, ''), ['kept.localhost']);
  });
});
