import * as assert from 'uvu/assert';
import * as v from 'valibot';
import { App } from '#contract/api/resources.ts';
import { describe } from '../../../support/spec.ts';
import { createApp, createRoute, refusalIn } from '../create.ts';
import { startCloudController } from '../start-cloud-controller.ts';

describe('the apps of the API', (it) => {
  it('are made, shown, renamed and deleted', async (scope) => {
    const api = await startCloudController(scope);

    const guid = await createApp(api, 'hello', { metadata: { labels: { team: 'a' } } });
    const shown = await api.ask('GET', `/v3/apps/${guid}`);
    const renamed = await api.ask('PATCH', `/v3/apps/${guid}`, { body: { name: 'hallo' } });
    const deleted = await api.ask('DELETE', `/v3/apps/${guid}`);

    assert.ok(v.safeParse(App, shown.body).success, shown.text);
    assert.is(shown.body.state, 'STOPPED');
    assert.equal(shown.body.metadata, { labels: { team: 'a' }, annotations: {} });
    assert.is(shown.body.links.self.href, `${api.base}/v3/apps/${guid}`);
    assert.is(renamed.body.name, 'hallo');
    assert.is(deleted.status, 202);
    assert.is((await api.ask('GET', new URL(String(deleted.headers['location'])).pathname)).body.state, 'COMPLETE');
    assert.is(refusalIn(await api.ask('GET', `/v3/apps/${guid}`)), '404 App not found');
  });

  it('have names that are theirs alone', async (scope) => {
    const api = await startCloudController(scope);
    await createApp(api, 'one');
    const two = await createApp(api, 'two');
    const relationships = { space: { data: { guid: api.places.space } } };

    const again = await api.ask('POST', '/v3/apps', { body: { name: 'one', relationships } });
    const renamed = await api.ask('PATCH', `/v3/apps/${two}`, { body: { name: 'one' } });
    const same = await api.ask('PATCH', `/v3/apps/${two}`, { body: { name: 'two' } });

    assert.is(refusalIn(again), "422 App with the name 'one' already exists.");
    assert.is(refusalIn(renamed), "422 App with the name 'one' already exists.");
    assert.is(same.status, 200);
  });

  it('are one when many ask for the same name at once', async (scope) => {
    const api = await startCloudController(scope);
    const relationships = { space: { data: { guid: api.places.space } } };

    const answers = await Promise.all(
      Array.from({ length: 10 }, () => api.ask('POST', '/v3/apps', { body: { name: 'race', relationships } })),
    );

    assert.equal(answers.map(({ status }) => status).sort(), [201, ...Array(9).fill(422)]);
    assert.is((await api.ask('GET', '/v3/apps')).body.pagination.total_results, 1);
  });

  it('may be called anything a person can read', async (scope) => {
    const api = await startCloudController(scope);
    const names = ['a', 'x'.repeat(255), 'mit Leerzeichen', '日本語', 'a,b%2C', 'back\\slash "quoted" $x', '../..'];

    for (const name of names) {
      const guid = await createApp(api, name);
      const listed = await api.ask('GET', `/v3/apps?names=${encodeURIComponent(encodeURIComponent(name))}`);
      assert.equal(
        listed.body.resources.map((app: { guid: string }) => app.guid),
        [guid],
        name,
      );
    }
  });

  it('are refused for names nobody can read', async (scope) => {
    const api = await startCloudController(scope);
    const relationships = { space: { data: { guid: api.places.space } } };
    const refusal = async (name: unknown) =>
      refusalIn(await api.ask('POST', '/v3/apps', { body: { name, relationships } }));

    assert.is(await refusal(''), '422 Name must not be blank.');
    assert.is(await refusal('  '), '422 Name must not be blank.');
    assert.is(await refusal('a\nb'), '422 Name must not contain control characters.');
    assert.is(await refusal('a\u0000b'), '422 Name must not contain control characters.');
    assert.is(await refusal('x'.repeat(256)), '422 Name is too long (at most 255 characters).');
    assert.match(await refusal(7), /^422 name: .*string.*7/i);
    assert.match(await refusal(undefined), /^422 name: /);
  });

  it('are refused with what else is wrong, and nothing is made', async (scope) => {
    const api = await startCloudController(scope);
    const relationships = { space: { data: { guid: api.places.space } } };
    const refusal = async (body: unknown) => refusalIn(await api.ask('POST', '/v3/apps', { body }));

    assert.is(await refusal({ name: 'a', relationships, colour: 'red' }), "422 Unknown field(s): 'colour'");
    assert.match(await refusal({ name: 'a' }), /^422 relationships: /);
    assert.match(await refusal({ name: 'a', relationships: { space: { data: { guid: 'x' } } } }), /^422 Invalid space/);
    assert.match(
      await refusal({ name: 'a', relationships, lifecycle: { type: 'docker' } }),
      /^422 Docker images are not supported/,
    );
    assert.match(
      await refusal({ name: 'a', relationships, lifecycle: { data: { stack: 'cflinuxfs4' } } }),
      /^422 There is no stack 'cflinuxfs4': apps run on the machine itself/,
    );
    assert.match(
      await refusal({ name: 'a', relationships, environment_variables: { PORT: '1' } }),
      /^422 .*PORT is set by the platform/,
    );
    assert.match(await refusal('{"name": '), /^400 Request invalid due to parse error/);
    assert.match(await refusal('[]'), /^422 /);
    assert.is((await api.ask('GET', '/v3/apps')).body.pagination.total_results, 0);
  });

  it('refuse bodies that are too large, also when nobody says so before', async (scope) => {
    const api = await startCloudController(scope);
    const body = JSON.stringify({ name: 'x'.repeat(3_000_000) });

    const answer = await api.ask('POST', '/v3/apps', { body });
    const chunked = await api.ask('POST', '/v3/apps', { body, headers: { 'transfer-encoding': 'chunked' } });

    for (const { status, body } of [answer, chunked]) {
      assert.is(status, 413);
      assert.is(body.errors[0].title, 'CF-RequestEntityTooLarge');
    }
  });

  it('refuse bodies that are not UTF-8', async (scope) => {
    const api = await startCloudController(scope);

    const answer = await api.ask('POST', '/v3/apps', { body: Buffer.from([0x7b, 0xff, 0xfe, 0x7d]) });

    assert.is(refusalIn(answer), '400 Request invalid due to parse error: the body is not UTF-8');
  });

  it('cannot start without a droplet', async (scope) => {
    const api = await startCloudController(scope);
    const guid = await createApp(api, 'empty');

    for (const action of ['start', 'restart']) {
      const answer = await api.ask('POST', `/v3/apps/${guid}/actions/${action}`);
      assert.is(refusalIn(answer), '422 Assign a droplet before starting this app.');
    }
    assert.is((await api.ask('POST', `/v3/apps/${guid}/actions/stop`)).status, 200);
    assert.is((await api.ask('GET', `/v3/apps/${guid}`)).body.state, 'STOPPED');
    assert.is(refusalIn(await api.ask('GET', `/v3/apps/${guid}/droplets/current`)), '404 Droplet not found');
  });

  it('take only droplets of their own', async (scope) => {
    const api = await startCloudController(scope);
    const guid = await createApp(api, 'picky');

    const answer = await api.ask('PATCH', `/v3/apps/${guid}/relationships/current_droplet`, {
      body: { data: { guid: 'of-another' } },
    });

    assert.match(
      refusalIn(answer),
      /^422 Unable to assign current droplet\. Ensure the droplet exists and belongs to this app\./,
    );
  });

  it('leave their routes behind when they go, and their events', async (scope) => {
    const api = await startCloudController(scope);
    const guid = await createApp(api, 'gone');
    const route = (await createRoute(api, 'gone')).body.guid;
    await api.ask('POST', `/v3/routes/${route}/destinations`, { body: { destinations: [{ app: { guid } }] } });

    await api.ask('DELETE', `/v3/apps/${guid}`);

    assert.equal((await api.ask('GET', `/v3/routes/${route}`)).body.destinations, []);
    const events = await api.ask('GET', `/v3/audit_events?target_guids=${guid}`);
    const types = events.body.resources.map(({ type }: { type: string }) => type);
    assert.equal(types, [
      'audit.app.create',
      'audit.app.map-route',
      'audit.app.delete-request',
      'audit.app.unmap-route',
    ]);
  });

  it('are unknown by any other guid', async (scope) => {
    const api = await startCloudController(scope);
    await createApp(api, 'known');

    const paths = [
      '',
      '/env',
      '/processes',
      '/processes/web/stats',
      '/routes',
      '/packages',
      '/droplets',
      '/ssh_enabled',
      '/manifest',
    ];
    for (const path of paths) {
      assert.is(refusalIn(await api.ask('GET', `/v3/apps/00000000-0000${path}`)), '404 App not found', path);
    }
    assert.is(refusalIn(await api.ask('GET', '/v3/nonsense')), '404 Unknown request');
    assert.is(refusalIn(await api.ask('POST', '/v3/apps/x/actions/dance')), '404 Unknown request');
  });
});
