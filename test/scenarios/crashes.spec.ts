import { cp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { waitFor } from '#ground/wait.ts';
import { startLocalpaas } from '../support/localpaas.ts';
import { scratchDirectory } from '../support/scratch.ts';
import { describe } from '../support/spec.ts';

describe('an app that crashes', (it) => {
  it(
    'serves again after its process was killed',
    async (scope) => {
      const paas = await startLocalpaas(scope);
      await paas.ok(['push', 'sample-apps/crashy', '--name', 'crashy']);

      await paas.get('crashy', '/crash').catch(() => {});

      await waitFor('an answer', async () => ((await paas.get('crashy')).status === 200 ? true : undefined), {
        limitMs: 15_000,
      });
      // The process may have given that answer on its way out.
      const isTold = async () => (await paas.ok(['events', 'crashy'])).includes('app.crash') || undefined;
      await waitFor('the event', isTold, { limitMs: 15_000 });
      assert.is((await paas.get('crashy')).status, 200);
    },
    { timeoutMs: 120_000 },
  );

  it(
    'has its last words shown, by push and by the router',
    async (scope) => {
      const paas = await startLocalpaas(scope);
      const directory = join(await scratchDirectory(scope), 'broken');
      await cp('test/fixtures/exits-zero', directory, { recursive: true });
      await writeFile(join(directory, 'app.js'), "console.error('cannot find the flux capacitor'); process.exit(7);\n");

      const pushed = await paas.run(['push', directory, '--name', 'broken']);

      assert.is(pushed.code, 1);
      assert.match(pushed.out + pushed.err, 'flux capacitor');
      assert.match(pushed.out + pushed.err, /status 7/);
      const page = await paas.get('broken', '/', { accept: 'text/html' });
      assert.ok(page.status >= 500);
      assert.match(page.body, 'flux capacitor');
    },
    { timeoutMs: 120_000 },
  );

  it(
    'is held by the router while it starts',
    async (scope) => {
      const paas = await startLocalpaas(scope);
      const push = paas.run(['push', 'sample-apps/slow-start', '--name', 'slow', '--env', 'STARTUP_SECONDS=2']);
      await waitFor('the app', async () => ((await paas.run(['app', 'slow'])).code === 0 ? true : undefined), {
        limitMs: 15_000,
      });
      await waitFor(
        'its start',
        async () => ((await paas.ok(['apps', '--json'])).includes('"STARTED"') ? true : undefined),
        { limitMs: 15_000 },
      );

      const answer = await paas.get('slow');

      assert.is(answer.status, 200);
      assert.is((await push).code, 0);
    },
    { timeoutMs: 120_000 },
  );
});
