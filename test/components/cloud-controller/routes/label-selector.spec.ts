import * as assert from 'uvu/assert';
import { labelSelector } from '#components/cloud-controller/routes/label-selector.ts';
import { describe } from '../../../support/spec.ts';
import { createApp, refusalIn } from '../create.ts';
import { startCloudController } from '../start-cloud-controller.ts';

const things = {
  front: { tier: 'web', env: 'prod' },
  back: { tier: 'api', env: 'test' },
  bare: {},
};

describe('a label selector', (it) => {
  it('wants labels that are there, or are not', () => {
    assert.equal(selected('tier'), ['front', 'back']);
    assert.equal(selected('!tier'), ['bare']);
    assert.equal(selected('toString'), []);
  });

  it('wants values, one or some of several, or anything else', () => {
    assert.equal(selected('tier=web'), ['front']);
    assert.equal(selected('tier == web'), ['front']);
    assert.equal(selected('tier!=web'), ['back', 'bare']);
    assert.equal(selected('tier in (web, api)'), ['front', 'back']);
    assert.equal(selected('tier notin (web,none)'), ['back', 'bare']);
  });

  it('wants all that stands between commas', () => {
    assert.equal(selected('tier in (web,api),env=test'), ['back']);
    assert.equal(selected('tier,env!=prod,!gone'), ['back']);
  });

  it('serves every list of the API', async (scope) => {
    const api = await startCloudController(scope);
    const guid = await createApp(api, 'front');
    await createApp(api, 'back');
    await api.ask('PATCH', `/v3/apps/${guid}`, { body: { metadata: { labels: { tier: 'web' } } } });
    const found = async (path: string) =>
      (await api.ask('GET', path)).body.resources.map(({ name }: { name: string }) => name);

    assert.equal(await found('/v3/apps?label_selector=tier%3Dweb&order_by=name'), ['front']);
    assert.equal(await found('/v3/apps?label_selector=tier%21%3Dweb'), ['back']);
    assert.equal(await found('/v3/buildpacks?label_selector=tier'), []);
    assert.equal(await found('/v3/spaces?label_selector=tier'), []);
    assert.is(
      refusalIn(await api.ask('GET', '/v3/apps?label_selector=tier%3E1')),
      "400 The query parameter is invalid: Invalid label_selector value: 'tier>1' is none of KEY, !KEY, KEY=VALUE, KEY!=VALUE, KEY in (VALUE,…), KEY notin (VALUE,…)",
    );
  });
});

function selected(text: string): string[] {
  const isWanted = labelSelector(text);
  return Object.entries(things).flatMap(([name, labels]) => (isWanted(labels) ? [name] : []));
}
