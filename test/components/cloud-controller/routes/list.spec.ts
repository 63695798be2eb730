import * as assert from 'uvu/assert';
import { describe } from '../../../support/spec.ts';
import { createApp, refusalIn } from '../create.ts';
import { type Answer, startCloudController } from '../start-cloud-controller.ts';

const namesIn = ({ body }: Answer): string[] => body.resources.map(({ name }: { name: string }) => name);

describe('the lists of the API', (it) => {
  it('come in pages whose links lead to the others, filters and all', async (scope) => {
    const api = await startCloudController(scope);
    for (const name of ['a', 'b', 'c', 'd', 'e']) await createApp(api, name);
    const walked: string[][] = [];

    for (
      let next: string | undefined = `/v3/apps?space_guids=${api.places.space}&order_by=-name&per_page=2`;
      next !== undefined;
    ) {
      const page: Answer = await api.ask('GET', next);
      walked.push(namesIn(page));
      assert.is(page.body.pagination.total_results, 5);
      assert.is(page.body.pagination.total_pages, 3);
      const link = page.body.pagination.next?.href as string | undefined;
      if (link !== undefined) assert.ok(link.startsWith(`${api.base}/v3/apps?`), link);
      next = link?.slice(api.base.length);
    }

    assert.equal(walked, [['e', 'd'], ['c', 'b'], ['a']]);
  });

  it('link to the host the client used', async (scope) => {
    const api = await startCloudController(scope);
    await createApp(api, 'here');

    const { body } = await api.ask('GET', '/v3/apps', {
      headers: { host: 'api.localhost:8080', 'x-forwarded-proto': 'https' },
    });

    assert.is(body.pagination.first.href, 'https://api.localhost:8080/v3/apps?page=1&per_page=50');
    assert.ok(body.resources[0].links.self.href.startsWith('https://api.localhost:8080/v3/apps/'));
  });

  it('are empty beyond the last page', async (scope) => {
    const api = await startCloudController(scope);
    await createApp(api, 'only');

    const { body } = await api.ask('GET', '/v3/apps?page=7');

    assert.equal(body.resources, []);
    assert.is(body.pagination.total_results, 1);
    assert.is(body.pagination.next, null);
  });

  it('honour filters, one value or several', async (scope) => {
    const api = await startCloudController(scope);
    const [one, two] = [await createApp(api, 'one'), await createApp(api, 'two')];
    await createApp(api, 'three');
    const named = async (query: string) => namesIn(await api.ask('GET', `/v3/apps?${query}`));

    assert.equal(await named('names=two'), ['two']);
    assert.equal(await named('names=three%2Cone'), ['one', 'three']);
    assert.equal(await named(`guids=${one},${two}&names=two,three`), ['two']);
    assert.equal(await named('names='), []);
    assert.equal(await named('names=TWO'), []);
    assert.equal(await named('space_guids=another'), []);
  });

  it('show the newest first when asked, also of the same millisecond', async (scope) => {
    const api = await startCloudController(scope);
    const app = await createApp(api, 'packed');
    const relationships = { app: { data: { guid: app } } };
    const made: string[] = [];
    for (let count = 0; count < 5; count += 1) {
      made.push((await api.ask('POST', '/v3/packages', { body: { type: 'bits', relationships } })).body.guid);
    }

    const newest = await api.ask('GET', `/v3/packages?app_guids=${app}&order_by=-created_at&page=1&per_page=1`);

    assert.equal(
      newest.body.resources.map(({ guid }: { guid: string }) => guid),
      [made.at(-1)],
    );
  });

  it('refuse parameters they do not understand', async (scope) => {
    const api = await startCloudController(scope);
    const refusal = async (query: string) => refusalIn(await api.ask('GET', `/v3/apps?${query}`));

    assert.match(
      await refusal('colour=red'),
      /^400 The query parameter is invalid: Unknown query parameter\(s\): 'colour'\. Valid parameters are: 'page', /,
    );
    assert.match(await refusal('per_page=0'), /^400 .*Per page must be between 1 and 5000/);
    assert.match(await refusal('per_page=5001'), /^400 .*Per page must be between 1 and 5000/);
    assert.match(await refusal('page=0'), /^400 .*Page must be greater than 0/);
    assert.match(await refusal('page=-1'), /^400 .*Page must be greater than 0/);
    assert.match(await refusal('page=two'), /^400 .*Page must be greater than 0/);
    assert.match(await refusal('order_by=size'), /^400 .*Order by can only be: name, state, created_at, updated_at/);
    assert.match(await refusal('order_by=constructor'), /^400 .*Order by can only be/);
    assert.match(await refusal('include=everything'), /^400 .*Invalid included resource: 'everything'/);
    assert.is((await api.ask('GET', '/v3/apps?per_page=5000')).status, 200);
  });

  it('bring along what they are asked to include', async (scope) => {
    const api = await startCloudController(scope);
    await createApp(api, 'one');

    const { included } = (await api.ask('GET', '/v3/apps?include=space.organization')).body;

    assert.equal(
      included.spaces.map(({ guid }: { guid: string }) => guid),
      [api.places.space],
    );
    assert.equal(
      included.organizations.map(({ guid }: { guid: string }) => guid),
      [api.places.organization],
    );
  });

  it('are there, and empty, for what the platform does not have', async (scope) => {
    const api = await startCloudController(scope);
    const guid = await createApp(api, 'plain');
    const paths = [
      'deployments',
      'service_route_bindings',
      'service_instances',
      `apps/${guid}/tasks`,
      'isolation_segments',
    ];

    for (const path of paths) {
      const { status, body } = await api.ask('GET', `/v3/${path}?app_guids=${guid}&per_page=1&page=1`);
      assert.is(status, 200, path);
      assert.equal(body.resources, [], path);
      assert.is(body.pagination.next, null, path);
    }
  });

  it('say what to do where something absent is asked to be made', async (scope) => {
    const api = await startCloudController(scope);
    const refusal = async (path: string) => refusalIn(await api.ask('POST', path, { body: {} }));

    assert.match(await refusal('/v3/service_instances'), /^422 Services are not supported yet/);
    assert.match(await refusal('/v3/spaces'), /^422 This platform has exactly one space, dev/);
    assert.match(await refusal('/v3/droplets'), /^422 Droplets cannot be uploaded yet/);
  });
});
