import * as assert from 'uvu/assert';
import { sleep, waitFor } from '#ground/wait.ts';
import { describe, type Scope } from '../../../support/spec.ts';
import { createApp } from '../create.ts';
import { multipartOf, zipWith } from '../operations.ts';
import { playStager } from '../play-peers.ts';
import { startCloudController } from '../start-cloud-controller.ts';

const cf = { 'user-agent': 'cf8/8.14.0 (go1.23.6; amd64 linux)' };

describe('a build that ended', (it) => {
  it('is told `cf` when it has shown the log to its end, and all others at once', async (scope) => {
    const { api, path, startedAt } = await startBuild(scope);

    const staged = async (headers = {}) => {
      const { body } = await api.ask('GET', path, { headers });
      return body.state === 'STAGED' ? performance.now() : undefined;
    };
    const [othersAtMs = 0, cfAtMs = 0] = await Promise.all(
      [{}, cf].map((headers) => waitFor('the build', () => staged(headers), { limitMs: 15_000 })),
    );
    const again = performance.now();
    await api.ask('GET', path, { headers: cf });

    assert.ok(othersAtMs < cfAtMs, 'others do not wait');
    assert.ok(cfAtMs - startedAt >= 2_200, `cf was told after ${cfAtMs - startedAt} ms`);
    assert.ok(performance.now() - again < 2_100, 'cf waited although all was shown');
  });

  it('is told who waits for it when it ends, and that it has not ended when the time is over', async (scope) => {
    const { api, path, finish } = await startBuild(scope, { isHeld: true });

    const early = await api.ask('GET', `${path}?wait=0.2`);
    const waiting = api.ask('GET', `${path}?wait=30`);
    let isTold = false;
    void waiting.then(() => {
      isTold = true;
    });
    await sleep(100);
    const wasTold = isTold;
    finish();

    assert.is(early.body.state, 'STAGING');
    assert.not.ok(wasTold);
    assert.is((await waiting).body.state, 'STAGED');
    assert.is((await api.ask('GET', `${path}?wait=30`)).body.state, 'STAGED');
  });
});

/** An app whose package is being staged. */
async function startBuild(scope: Scope, { isHeld = false } = {}) {
  const api = await startCloudController(scope);
  let finish = () => {};
  const held = new Promise<void>((resolve) => {
    finish = resolve;
  });
  playStager(scope, api.bus, async () => (isHeld ? held : undefined));
  await api.bus.flush();
  const app = await createApp(api, 'hello');
  const relationships = { app: { data: { guid: app } } };
  const { guid } = (await api.ask('POST', '/v3/packages', { body: { type: 'bits', relationships } })).body;
  const upload = multipartOf([{ name: 'bits', content: await zipWith({ 'a.txt': 'a' }), filename: 'package.zip' }]);
  await api.ask('POST', `/v3/packages/${guid}/upload`, upload);
  const startedAt = performance.now();
  const build = await api.ask('POST', '/v3/builds', { body: { package: { guid } } });
  return { api, startedAt, finish, path: `/v3/builds/${build.body.guid}` };
}
