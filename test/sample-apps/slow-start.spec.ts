import * as assert from 'uvu/assert';
import { describe } from '../support/spec.ts';
import { App, instanceIndex, isCleanEnd } from './run-app.ts';

const after = (seconds: string) =>
  ({ command: ['node', 'app.js'], needs: 'Node 20 or newer', env: { STARTUP_SECONDS: seconds } }) as const;

describe('sample app slow-start', (it) => {
  it('answers with its instance once it has started', async (scope) => {
    const startedAt = performance.now();
    const app = await App.start(scope, 'slow-start', after('1.2'));
    const tookMs = performance.now() - startedAt;

    const { status, body } = await app.get('/');

    assert.is(status, 200);
    assert.is(body, `Instance ${instanceIndex} is here at last, after 1.2 s.\n`);
    assert.ok(tookMs >= 1_190, `It listened after ${tookMs} ms.`);
  });

  it('keeps its port closed while it starts', async (scope) => {
    const app = await App.launch(scope, 'slow-start', after('3600'));

    await app.says('Starting: 3600 s to go.');

    assert.not(await app.isListening());
  });

  it('leaves on SIGTERM while it starts', async (scope) => {
    const app = await App.launch(scope, 'slow-start', after('3600'));
    await app.says('Starting');

    assert.ok(isCleanEnd(await app.stop()));
  });

  it('leaves on SIGTERM', async (scope) => {
    const app = await App.start(scope, 'slow-start', after('0'));

    assert.ok(isCleanEnd(await app.stop()));
  });

  for (const mistake of ['soon', '-1', '3601']) {
    it(`refuses to take "${mistake}" seconds, in words`, async (scope) => {
      const app = await App.launch(scope, 'slow-start', after(mistake));

      assert.is((await app.exited).code, 1);
      await app.says(`STARTUP_SECONDS is "${mistake}". Make it a number from 0 to 3600.`);
    });
  }
});
