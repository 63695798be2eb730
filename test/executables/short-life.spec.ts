import { basename } from 'node:path';
import * as assert from 'uvu/assert';
import { signalProcess } from '#ground/child.ts';
import { identityOf, isAlive } from '#ground/processes.ts';
import { waitFor } from '#ground/wait.ts';
import { firstInstance } from '../support/instances.ts';
import { emptyHome, startLocalpaas } from '../support/localpaas.ts';
import { describe } from '../support/spec.ts';

/** As Node spells the architecture of the executable under test, whose name says it. */
function architecture(): string {
  const [, name = ''] = /-(x64|arm64|armv7l)$/.exec(basename(process.env['LOCALPAAS'] ?? '')) ?? [];
  return name === 'armv7l' ? 'arm' : name;
}

describe('an executable', (it) => {
  it(
    'lives a short life: up, push, an answer, logs, kill -9, adoption, down',
    async (scope) => {
      const home = await emptyHome(scope);
      const first = await startLocalpaas(scope, { home });
      assert.match(await first.ok(['doctor']).catch(String), `on ${architecture()},`);

      await first.ok(['push', 'sample-apps/hello-node']);
      assert.is((await first.get('hello-node')).status, 200);
      assert.match(await first.ok(['logs', 'hello-node', '--recent']), 'APP/PROC/WEB');
      const app = (await firstInstance(first, 'hello-node')).pid;

      const platform = await identityOf(first.pid);
      assert.ok(platform);
      signalProcess(first.pid, 'SIGKILL');
      await waitFor('its end', async () => ((await isAlive(platform)) ? undefined : true), { limitMs: 15_000 });

      const second = await startLocalpaas(scope, { home });
      assert.is((await second.get('hello-node')).status, 200);
      assert.is((await firstInstance(second, 'hello-node')).pid, app);

      await second.ok(['down']);
      assert.is((await second.run(['apps'])).code, 3);
      assert.is(await identityOf(app), undefined);
    },
    { timeoutMs: 200_000 },
  );
});
