import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { call } from '#ground/http-client.ts';
import { repeat, waitFor } from '#ground/wait.ts';
import { emptyHome, startLocalpaas } from '../support/localpaas.ts';
import { startPart } from '../support/parts.ts';
import { scratchDirectory } from '../support/scratch.ts';
import { describe } from '../support/spec.ts';

describe('an idle app', (it) => {
  it(
    'is stopped when a health manager is to, and one that is asked for is not',
    async (scope) => {
      const paas = await startLocalpaas(scope, { args: ['--open-bus'] });
      const { bus } = JSON.parse(await readFile(`${paas.home}/run/platform.json`, 'utf8')) as { bus: string };
      const folder = await scratchDirectory(scope);
      await writeFile(
        join(folder, 'router.yml'),
        `{ port: 0, inet: 127.0.0.1, mbus: "${bus}", enable_nonprod_apps: true, flush_apps_interval: 0.2 }`,
      );
      await writeFile(
        join(folder, 'health_manager.yml'),
        `{ mbus: "${bus}", local_route: 127.0.0.1, intervals: { spin_down: 3, droplets_analysis: 1 } }`,
      );
      for (const name of ['busy', 'quiet']) {
        await paas.ok(['push', 'sample-apps/hello-node', '--name', name, '--memory', '64M']);
      }

      const router = await startPart(scope, await emptyHome(scope), ['router', '-c', join(folder, 'router.yml')]);
      const [, port] = await router.says(/router listens host=127\.0\.0\.1 port=(\d+)/);
      const visit = async () => {
        const answer = await call(`http://127.0.0.1:${port}/`, { headers: { host: 'busy.localhost' } });
        await answer.text();
      };
      scope.use(repeat(100, visit, () => {}));
      const file = join(folder, 'health_manager.yml');
      const healthManager = await startPart(scope, await emptyHome(scope), ['health-manager', '-c', file]);
      const healthOf = async (name: string) =>
        (JSON.parse(await paas.ok(['app', name, '--json'])) as { health: string }).health;

      await waitFor('the end of the idle app', async () => ((await healthOf('quiet')) === 'idle' ? true : undefined), {
        limitMs: 15_000,
        everyMs: 100,
      });

      assert.is(await healthOf('busy'), 'running');
      assert.is((await paas.get('quiet')).status, 200);
      assert.match(healthManager.said(), 'nobody asks for the app');
    },
    { timeoutMs: 120_000 },
  );
});
