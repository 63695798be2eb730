import * as assert from 'uvu/assert';
import { waitFor } from '#ground/wait.ts';
import { describe, type Scope } from '../../../support/spec.ts';
import { createApp } from '../create.ts';
import { multipartOf, zipWith } from '../operations.ts';
import { playStager } from '../play-peers.ts';
import { startCloudController } from '../start-cloud-controller.ts';

const cf = { 'user-agent': 'cf8/8.14.0 (go1.23.6; amd64 linux)' };

describe('a build that ended', (it) => {
  it('is told `cf` when it has shown the log to its end, and all others at once', async (scope) => {
    const { api, path, startedAt } = await startBuild(scope);

    await waitFor('the build', async () => ((await stateAt(api, path)) === 'STAGED' ? true : undefined), {
      limitMs: 5_000,
    });
    const endedBefore = performance.now();
    const answer = await api.ask('GET', path, { headers: cf });
    const toldAfterMs = performance.now() - startedAt;
    const again = performance.now();
    await api.ask('GET', path, { headers: cf });

    assert.is(answer.body.state, 'STAGED');
    assert.ok(endedBefore - startedAt < 2_000, `others waited ${endedBefore - startedAt} ms`);
    assert.ok(toldAfterMs >= 2_200, `cf was told after ${toldAfterMs} ms`);
    assert.ok(performance.now() - again < 1_000, 'cf waited although all was shown');
  });
});

/** An app whose package is being staged. */
async function startBuild(scope: Scope) {
  const api = await startCloudController(scope);
  playStager(scope, api.bus);
  await api.bus.flush();
  const app = await createApp(api, 'hello');
  const relationships = { app: { data: { guid: app } } };
  const { guid } = (await api.ask('POST', '/v3/packages', { body: { type: 'bits', relationships } })).body;
  const upload = multipartOf([{ name: 'bits', content: await zipWith({ 'a.txt': 'a' }), filename: 'package.zip' }]);
  await api.ask('POST', `/v3/packages/${guid}/upload`, upload);
  const startedAt = performance.now();
  const build = await api.ask('POST', '/v3/builds', { body: { package: { guid } } });
  return { api, startedAt, path: `/v3/builds/${build.body.guid}` };
}

async function stateAt(api: Awaited<ReturnType<typeof startBuild>>['api'], path: string): Promise<string> {
  return (await api.ask('GET', path)).body.state;
}
