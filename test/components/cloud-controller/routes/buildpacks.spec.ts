import * as assert from 'uvu/assert';
import { call } from '#ground/http-client.ts';
import { describe } from '../../../support/spec.ts';
import { multipartOf, zipWith } from '../operations.ts';
import { logIn, type RunningApi, startCloudController } from '../start-cloud-controller.ts';

const bits = () => zipWith({ 'bin/detect': '#!/bin/sh\nexit 1\n', 'bin/compile': '#!/bin/sh\n' });

describe('buildpacks of the API', (it) => {
  it('begin with those that come with localpaas, in the order in which they are asked', async (scope) => {
    const api = await startCloudController(scope);

    const { status, body } = await api.ask('GET', '/v3/buildpacks?order_by=position&per_page=100');

    assert.is(status, 200);
    assert.equal(names(body).slice(0, 4), ['java', 'ruby', 'node', 'python']);
    assert.equal(
      body.resources.map((each: { position: number }) => each.position),
      body.resources.map((_: unknown, at: number) => at + 1),
    );
    const [java] = body.resources;
    assert.is(java.state, 'READY');
    assert.is(java.enabled, true);
  });

  it('are found again by the next run as somebody ordered them', async (scope) => {
    const first = await startCloudController(scope);
    const node = await guidOf(first, 'node');
    await first.ask('PATCH', `/v3/buildpacks/${node}`, { body: { position: 1, enabled: false } });

    const again = await startCloudController(scope, { again: first });

    const { body } = await again.ask('GET', '/v3/buildpacks');
    assert.equal(names(body).slice(0, 3), ['node', 'java', 'ruby']);
    assert.is(body.resources[0].guid, node);
    assert.is(body.resources[0].enabled, false);
  });

  it('can be added, filled, moved, renamed and deleted', async (scope) => {
    const api = await startCloudController(scope);
    const created = await api.ask('POST', '/v3/buildpacks/', { body: { name: 'mine', position: 2, enabled: true } });
    assert.is(created.status, 201);
    assert.is(created.body.state, 'AWAITING_UPLOAD');
    const { guid } = created.body;
    assert.equal(names((await api.ask('GET', '/v3/buildpacks')).body).slice(0, 3), ['java', 'mine', 'ruby']);

    const uploaded = await upload(api, guid, await bits());
    assert.is(uploaded.status, 202);
    const job = await api.ask('GET', new URL(String(uploaded.headers['location'])).pathname);
    assert.is(job.body.state, 'COMPLETE');
    const now = (await api.ask('GET', `/v3/buildpacks/${guid}`)).body;
    assert.is(now.state, 'READY');
    assert.is(now.filename, 'mine.zip');

    await api.ask('PATCH', `/v3/buildpacks/${guid}`, { body: { name: 'ours', position: 1 } });
    assert.equal(names((await api.ask('GET', '/v3/buildpacks')).body).slice(0, 3), ['ours', 'java', 'ruby']);

    assert.is((await api.ask('DELETE', `/v3/buildpacks/${guid}`)).status, 202);
    const { body } = await api.ask('GET', '/v3/buildpacks');
    assert.equal(names(body).slice(0, 2), ['java', 'ruby']);
    assert.is(body.resources[0].position, 1);
  });

  it('are refused where they cannot be used, and stay as they were', async (scope) => {
    const api = await startCloudController(scope);
    const { guid } = (await api.ask('POST', '/v3/buildpacks', { body: { name: 'mine', locked: true } })).body;
    const node = await guidOf(api, 'node');
    const refusals: [string, Promise<{ status: number; body: unknown }>][] = [
      ['already exists', api.ask('POST', '/v3/buildpacks', { body: { name: 'mine' } })],
      ['can only contain', api.ask('POST', '/v3/buildpacks', { body: { name: 'https://mine' } })],
      ['Buildpack is locked', upload(api, guid, await bits())],
      ['comes with localpaas', upload(api, node, await bits())],
      [
        "Stack 'cflinuxfs4' does not exist",
        api.ask('POST', '/v3/buildpacks', { body: { name: 'x', stack: 'cflinuxfs4' } }),
      ],
      ['cannot be renamed', api.ask('PATCH', `/v3/buildpacks/${node}`, { body: { name: 'x' } })],
      ['position', api.ask('PATCH', `/v3/buildpacks/${node}`, { body: { position: 0 } })],
      ['"Buildpacks serve all stacks', api.ask('PATCH', `/v3/buildpacks/${guid}`, { body: { stack: 'host' } })],
      ['cannot be deleted', api.ask('DELETE', `/v3/buildpacks/${node}`)],
    ];
    for (const [why, refused] of refusals) {
      const { status, body } = await refused;
      assert.is(status, 422, why);
      assert.match(JSON.stringify(body), why);
    }
    assert.is((await api.ask('GET', `/v3/buildpacks/${guid}`)).body.state, 'AWAITING_UPLOAD');
  });

  it('are no buildpacks without scripts, and a damaged zip is none', async (scope) => {
    const api = await startCloudController(scope);
    const { guid } = (await api.ask('POST', '/v3/buildpacks', { body: { name: 'mine' } })).body;
    await upload(api, guid, await bits());
    const before = (await api.ask('GET', `/v3/buildpacks/${guid}`)).body;

    for (const [zip, why] of [
      [await zipWith({ 'README.md': 'nothing' }), 'it has no bin/detect'],
      [Buffer.from('no zip at all'), 'cannot be read'],
    ] as const) {
      const { status, body } = await upload(api, guid, zip);
      assert.is(status, 422);
      assert.match(JSON.stringify(body), why);
    }

    assert.equal((await api.ask('GET', `/v3/buildpacks/${guid}`)).body, before);
  });

  it('may be named by apps only when they can be used', async (scope) => {
    const api = await startCloudController(scope);
    await api.ask('POST', '/v3/buildpacks', { body: { name: 'empty' } });
    await api.ask('PATCH', `/v3/buildpacks/${await guidOf(api, 'go')}`, { body: { enabled: false } });
    const wish = (buildpacks: string[]) => ({
      name: 'app',
      relationships: { space: { data: { guid: api.places.space } } },
      lifecycle: { type: 'buildpack', data: { buildpacks } },
    });

    for (const [name, why] of [
      ['nowhere', /\\"nowhere\\" must be an existing admin buildpack or a valid git URI/],
      ['empty', /has no bits/],
      ['go', /is disabled/],
    ] as const) {
      const { status, body } = await api.ask('POST', '/v3/apps', { body: wish([name]) });
      assert.is(status, 422, name);
      assert.match(JSON.stringify(body), why);
    }
    const good = await api.ask('POST', '/v3/apps', { body: wish(['node', 'https://example.com/bp.git']) });
    assert.is(good.status, 201);
    assert.equal(good.body.lifecycle.data.buildpacks, ['node', 'https://example.com/bp.git']);
  });
});

function names(body: { resources: { name: string }[] }): string[] {
  return body.resources.map(({ name }) => name);
}

async function guidOf(api: RunningApi, name: string): Promise<string> {
  return (await api.ask('GET', `/v3/buildpacks?names=${name}`)).body.resources[0].guid;
}

async function upload(api: RunningApi, guid: string, content: Buffer) {
  const { headers, body } = multipartOf([{ name: 'bits', content, filename: 'mine.zip' }]);
  const token = await logIn(api.base, api.admin);
  const answer = await call(`${api.base}/v3/buildpacks/${guid}/upload`, {
    method: 'POST',
    headers: { ...headers, authorization: `bearer ${token}` },
    body,
  });
  return { status: answer.status, headers: answer.headers, body: JSON.parse(await answer.text()) as unknown };
}
