import * as assert from 'uvu/assert';
import { describe } from '../../../support/spec.ts';
import { applyManifest, createApp, createRoute, refusalIn } from '../create.ts';
import { type RunningApi, startCloudController } from '../start-cloud-controller.ts';

const urlsOf = async (api: RunningApi, app: string): Promise<string[]> => {
  const guid = (await api.ask('GET', `/v3/apps?names=${encodeURIComponent(encodeURIComponent(app))}`)).body.resources[0]
    ?.guid;
  return (await api.ask('GET', `/v3/apps/${guid}/routes`)).body.resources.map(({ url }: { url: string }) => url);
};
const appsIn = async (api: RunningApi): Promise<string[]> =>
  (await api.ask('GET', '/v3/apps?order_by=name')).body.resources.map(({ name }: { name: string }) => name);

describe('applying a manifest', (it) => {
  it('makes apps, with their routes, and is done before it is asked about', async (scope) => {
    const api = await startCloudController(scope);

    const job = await applyManifest(
      api,
      'applications:\n- {name: One, memory: 64M, default-route: true}\n- {name: two, routes: [{route: x.localhost/y}]}\n',
    );

    assert.is(job.body.state, 'COMPLETE');
    assert.is(job.body.operation, 'space.apply_manifest');
    assert.equal(job.body.warnings, []);
    assert.equal(await appsIn(api), ['One', 'two']);
    assert.equal(await urlsOf(api, 'One'), ['one.localhost']);
    assert.equal(await urlsOf(api, 'two'), ['x.localhost/y']);
    const process = (await api.ask('GET', '/v3/processes')).body.resources[0];
    assert.is(process.memory_in_mb, 64);
  });

  it('changes only what the manifest speaks of', async (scope) => {
    const api = await startCloudController(scope);
    await applyManifest(
      api,
      'applications:\n- {name: a, memory: 64M, command: run, env: {A: 1, B: 2}, instances: 2}\n',
    );

    await applyManifest(api, 'applications:\n- {name: a, env: {B: 3, A: ~, C: x}, command: ~}\n');

    const [{ guid }] = (await api.ask('GET', '/v3/apps?names=a')).body.resources;
    assert.equal((await api.ask('GET', `/v3/apps/${guid}/environment_variables`)).body.var, { B: '3', C: 'x' });
    const { command, memory_in_mb, instances } = (await api.ask('GET', `/v3/processes/${guid}`)).body;
    assert.equal({ command, memory_in_mb, instances }, { command: null, memory_in_mb: 64, instances: 2 });
  });

  it('makes and changes processes of all types', async (scope) => {
    const api = await startCloudController(scope);
    const sizesOf = async () =>
      (await api.ask('GET', '/v3/processes')).body.resources.map((each: Record<string, unknown>) =>
        [each['type'], each['instances'], each['memory_in_mb'], each['command']].join(' '),
      );
    await applyManifest(
      api,
      'applications:\n- name: a\n  memory: 64M\n  processes:\n  - {type: worker, instances: 2, memory: 32M}\n  - {type: clock, command: tick}\n',
    );
    assert.equal(await sizesOf(), ['web 1 64 ', 'worker 2 32 ', 'clock 0 256 tick']);

    await applyManifest(api, 'applications:\n- name: a\n  processes:\n  - {type: worker, instances: 1}\n');

    assert.equal(await sizesOf(), ['web 1 64 ', 'worker 1 32 ', 'clock 0 256 tick']);
  });

  it('writes nothing when nothing changes', async (scope) => {
    const api = await startCloudController(scope);
    const manifest = 'applications:\n- {name: same, memory: 64M, env: {A: b}, default-route: true}\n';
    await applyManifest(api, manifest);
    const events = async () => (await api.ask('GET', '/v3/audit_events')).body.pagination.total_results;
    const before = await events();

    await applyManifest(api, manifest);

    assert.is(await events(), before);
    assert.equal(await urlsOf(api, 'same'), ['same.localhost']);
  });

  it('gives a default route only to an app without routes', async (scope) => {
    const api = await startCloudController(scope);
    await applyManifest(api, 'applications:\n- {name: kept, routes: [{route: other.localhost}]}\n');

    await applyManifest(api, 'applications:\n- {name: kept, default-route: true}\n');

    assert.equal(await urlsOf(api, 'kept'), ['other.localhost']);
  });

  it('adds routes to those an app has, and takes all of them with no-route', async (scope) => {
    const api = await startCloudController(scope);
    await applyManifest(api, 'applications:\n- {name: a, default-route: true}\n');

    await applyManifest(api, 'applications:\n- {name: a, routes: [{route: b.localhost}, {route: A.localhost}]}\n');
    const added = await urlsOf(api, 'a');
    await applyManifest(api, 'applications:\n- {name: a, no-route: true}\n');

    assert.equal(added, ['a.localhost', 'b.localhost']);
    assert.equal(await urlsOf(api, 'a'), []);
  });

  it('makes a host of any name, and a random one when asked', async (scope) => {
    const api = await startCloudController(scope);

    await applyManifest(
      api,
      'applications:\n- {name: "Grüße, Welt!", default-route: true}\n- {name: rnd, random-route: true}\n',
    );

    assert.equal(await urlsOf(api, 'Grüße, Welt!'), ['gru-e-welt.localhost']);
    assert.match((await urlsOf(api, 'rnd'))[0] ?? '', /^rnd-[a-z]+-[a-z]+-[0-9a-z]{2}\.localhost$/);
  });

  it('takes over a default route nobody has, and shares a route that is named', async (scope) => {
    const api = await startCloudController(scope);
    await createRoute(api, 'free');
    await applyManifest(api, 'applications:\n- {name: first, routes: [{route: shared.localhost}]}\n');

    await applyManifest(
      api,
      'applications:\n- {name: free, default-route: true}\n- {name: second, routes: [{route: shared.localhost}]}\n',
    );

    assert.equal(await urlsOf(api, 'free'), ['free.localhost']);
    assert.equal(await urlsOf(api, 'second'), ['shared.localhost']);
  });

  it('fails as a whole, and leaves nothing half done', async (scope) => {
    const api = await startCloudController(scope);
    await applyManifest(api, 'applications:\n- {name: holder, routes: [{route: taken.localhost}]}\n');
    const failure = async (app: string) => {
      const job = await applyManifest(api, `applications:\n- {name: fine, default-route: true}\n- ${app}\n`);
      assert.is(job.body.state, 'FAILED', job.text);
      assert.equal(await appsIn(api), ['holder']);
      return job.body.errors[0].detail;
    };

    assert.is(
      await failure('{name: taken, default-route: true}'),
      "For application 'taken': Route already exists: taken.localhost cannot be its default route. It belongs to app 'holder'. Name another route for it, or say random-route.",
    );
    assert.match(
      await failure('{name: FINE, default-route: true}'),
      /fine\.localhost cannot be its default route\. It goes to app 'fine'/,
    );
    assert.match(
      await failure('{name: api, default-route: true}'),
      /^For application 'api': Host 'api' belongs to the platform itself/,
    );
    assert.match(
      await failure('{name: x, routes: [{route: x.example.com}]}'),
      /^For application 'x': The route 'x\.example\.com' is not below this platform's domain: <host>\.localhost/,
    );
    assert.match(await failure('{name: x, routes: [{route: localhost}]}'), /localhost itself belongs to the platform/);
    assert.match(await failure('{name: x, routes: [{route: "a.b.localhost"}]}'), /Host 'a\.b' must consist of/);
    assert.match(
      await failure('{name: x, env: {VCAP_X: 1}}'),
      /^For application 'x': Environment variable name "VCAP_X" must not start/,
    );
    assert.match(
      await failure('{name: x, health-check-http-endpoint: /up}'),
      /^For application 'x': A health check endpoint is only used/,
    );
    assert.match(
      await failure('{name: 日本, default-route: true}'),
      /No host name can be made of the app name '日本'\. Name a route/,
    );
  });

  it('refuses at once what cannot be read, and what is too large', async (scope) => {
    const api = await startCloudController(scope);

    assert.match(
      refusalIn(await applyManifest(api, 'applications: [')),
      /^400 Request invalid due to parse error: This is not YAML/,
    );
    assert.match(
      refusalIn(await applyManifest(api, 'applications:\n- {name: a, memory: 1}')),
      /^422 For application 'a': memory needs a unit/,
    );
    assert.is((await applyManifest(api, `# ${'x'.repeat(2_200_000)}`)).status, 413);
    const elsewhere = await api.ask('POST', '/v3/spaces/none/actions/apply_manifest', { body: '' });
    assert.is(refusalIn(elsewhere), '404 Space not found');
  });

  it('makes one app when the same manifest comes twice at once', async (scope) => {
    const api = await startCloudController(scope);
    const manifest = 'applications:\n- {name: twin, default-route: true}\n';

    const jobs = await Promise.all(Array.from({ length: 5 }, () => applyManifest(api, manifest)));

    assert.ok(jobs.every(({ body }) => body.state === 'COMPLETE'));
    assert.equal(await appsIn(api), ['twin']);
    assert.equal(await urlsOf(api, 'twin'), ['twin.localhost']);
  });

  it('is undone and redone by the manifest of an app', async (scope) => {
    const api = await startCloudController(scope);
    await applyManifest(
      api,
      'applications:\n- {name: a, memory: 64M, command: "run $PORT", env: {A: "x: y\\nz"}, routes: [{route: a.localhost/p}], health-check-type: http}\n',
    );
    const [{ guid }] = (await api.ask('GET', '/v3/apps')).body.resources;
    const manifest = await api.ask('GET', `/v3/apps/${guid}/manifest`);
    await api.ask('DELETE', `/v3/apps/${guid}`);
    await api.ask('DELETE', `/v3/spaces/${api.places.space}/routes?unmapped=true`);

    const job = await applyManifest(api, manifest.text);

    assert.is(job.body.state, 'COMPLETE', job.text);
    assert.match(String(manifest.headers['content-type']), /^application\/x-yaml/);
    const [again] = (await api.ask('GET', '/v3/apps')).body.resources;
    assert.is((await api.ask('GET', `/v3/apps/${again.guid}/manifest`)).text, manifest.text);
  });

  it('shows no difference beforehand', async (scope) => {
    const api = await startCloudController(scope);

    const answer = await api.ask('POST', `/v3/spaces/${api.places.space}/manifest_diff`, { body: 'applications: []' });

    assert.is(answer.status, 201);
    assert.equal(answer.body, { diff: [] });
  });

  it('keeps jobs by guid', async (scope) => {
    const api = await startCloudController(scope);
    await createApp(api, 'x');

    assert.is(refusalIn(await api.ask('GET', '/v3/jobs/none')), '404 Job not found');
  });
});
