import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import * as assert from 'uvu/assert';
import { readIfThere } from '#ground/files.ts';
import { identityOf, processTable } from '#ground/processes.ts';
import { waitFor } from '#ground/wait.ts';
import { makeExecutable } from '../support/executables.ts';
import { assertAllServed, upFrom, versionOf, visitAll } from '../support/installed.ts';
import { firstInstance } from '../support/instances.ts';
import { environmentOf } from '../support/localpaas.ts';
import { describe } from '../support/spec.ts';

describe('upgrade', (it) => {
  it(
    'has the platform become another version and back while all requests are answered and apps go on',
    async (scope) => {
      const paas = await upFrom(scope, '1.0.0');
      await paas.ok(['push', 'sample-apps/hello-node']);
      const app = await firstInstance(paas, 'hello-node');
      const visitors = visitAll(scope, paas);
      const file = await makeExecutable(`${paas.path}-1.1.0`, { version: '1.1.0' });

      const told = await paas.ok(['upgrade', '--from', file]);
      assert.match(told, 'localpaas 1.1.0');
      assert.match(told, '--rollback');
      assert.is(await versionOf(paas), '1.1.0');
      assert.is((await firstInstance(paas, 'hello-node')).pid, app.pid);
      assert.equal((await readdir(dirname(paas.path))).sort(), ['localpaas', 'localpaas-1.1.0', 'localpaas.previous']);
      assert.match(await paas.ok(['upgrade', '--from', file]), 'installed already');

      await paas.ok(['upgrade', '--rollback']);
      assert.is(await versionOf(paas), '1.0.0');
      assert.is((await firstInstance(paas, 'hello-node')).pid, app.pid);

      assertAllServed(await visitors.stop());
      assert.is(paas.up.exitCode, null);
      const { pid } = await paas.record();
      paas.up.kill('SIGINT');
      const [code] = await once(paas.up, 'exit');
      assert.is(code, 0);
      assert.is(await identityOf(pid), undefined);
      assert.is(await identityOf(app.pid), undefined);
    },
    { timeoutMs: 120_000 },
  );

  it(
    'has the processes of a router change hands too, and all requests are answered',
    async (scope) => {
      const paas = await upFrom(scope, '1.0.0', ['--router-workers', '2']);
      await paas.ok(['push', 'sample-apps/hello-node']);
      const serving = (count: number) => async () => {
        const log = (await readIfThere(`${paas.home}/logs/localpaas.log`)) ?? '';
        return log.split('router worker serves').length > count || undefined;
      };
      await waitFor('a second process', serving(1), { limitMs: 15_000 });
      const visitors = visitAll(scope, paas);
      const file = await makeExecutable(`${paas.path}-1.1.0`, { version: '1.1.0' });

      await paas.ok(['upgrade', '--from', file]);

      assert.is(await versionOf(paas), '1.1.0');
      await waitFor('a second process of the new version', serving(2), { limitMs: 15_000 });
      assertAllServed(await visitors.stop());
    },
    { timeoutMs: 120_000 },
  );

  it(
    'leaves a few shells between the first process and the platform, however often',
    async (scope) => {
      const paas = await upFrom(scope, '1.0.0');
      const file = await makeExecutable(`${paas.path}-1.1.0`, { version: '1.1.0' });
      for (const args of [['--from', file], ['--rollback'], ['--rollback']]) await paas.ok(['upgrade', ...args]);
      const { pid } = await paas.record();

      // Clients that stay connected have ten seconds.
      const between = async () => {
        const rows = await processTable();
        const ofOurs = rows.filter(
          ({ sessionId, state }) => sessionId === rows.find((row) => row.pid === pid)?.sessionId && state !== 'Z',
        );
        const chain: number[] = [];
        for (let at = pid; at !== paas.up.pid && at > 1; ) {
          at = rows.find((row) => row.pid === at)?.parentPid ?? 0;
          chain.push(at);
        }
        return ofOurs.length > 0 && chain.length === 2 && chain.at(-1) === paas.up.pid ? chain : undefined;
      };
      assert.is((await waitFor('the last platform to leave', between, { limitMs: 60_000, everyMs: 50 })).length, 2);

      await paas.ok(['down']);
      const code = paas.up.exitCode ?? (await once(paas.up, 'exit'))[0];
      assert.is(code, 0);
    },
    { timeoutMs: 120_000 },
  );

  it(
    'can be killed at any moment: what lies under the name works, and the next one tidies up',
    async (scope) => {
      const paas = await upFrom(scope, '1.0.0');
      await paas.ok(['push', 'sample-apps/hello-node']);
      const visitors = visitAll(scope, paas);
      const file = await makeExecutable(`${paas.path}-1.1.0`, { version: '1.1.0' });
      const env = await environmentOf(paas.home);

      for (const afterMs of [100, 400, 700]) {
        const upgrade = spawn(paas.path, ['upgrade', '--from', file, '--force'], { env, stdio: 'ignore' });
        const timer = setTimeout(() => upgrade.kill('SIGKILL'), afterMs);
        await once(upgrade, 'exit');
        clearTimeout(timer);
        assert.match(await paas.ok(['--version']), /^localpaas 1\.[01]\.0\n$/);
      }

      await paas.ok(['upgrade', '--from', file]);
      assert.is(await versionOf(paas), '1.1.0');
      assert.equal((await readdir(dirname(paas.path))).sort(), ['localpaas', 'localpaas-1.1.0', 'localpaas.previous']);
      assertAllServed(await visitors.stop());
      assert.is(await readIfThere(`${paas.home}/run/upgrade.json`), undefined);
    },
    { timeoutMs: 120_000 },
  );
});
