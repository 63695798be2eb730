import * as assert from 'uvu/assert';
import { homeOf, readPlatformRecord } from '#assembly/home.ts';
import { signalProcess } from '#ground/child.ts';
import { call } from '#ground/http-client.ts';
import { isAlive } from '#ground/processes.ts';
import { waitFor } from '#ground/wait.ts';
import { firstInstance } from '../support/instances.ts';
import { emptyHome, startLocalpaas } from '../support/localpaas.ts';
import { describe } from '../support/spec.ts';

const apps = ['one', 'two', 'three'];

describe('a platform that is killed', (it) => {
  it(
    'leaves its apps serving, and the next one adopts them with the same pids',
    async (scope) => {
      const home = await emptyHome(scope);
      const first = await startLocalpaas(scope, { home });
      for (const app of apps) await first.ok(['push', 'sample-apps/hello-node', '--name', app]);
      const before = await Promise.all(apps.map((app) => firstInstance(first, app)));
      const record = await readPlatformRecord(homeOf(home, {}));
      assert.ok(record);

      signalProcess(first.pid, 'SIGKILL');
      await waitFor('its end', async () => ((await isAlive(record)) ? undefined : true), { limitMs: 15_000 });

      for (const { instance_ports } of before) {
        const answer = await call(`http://127.0.0.1:${instance_ports[0]?.external}/`);
        answer.discard();
        assert.is(answer.status, 200);
      }
      const second = await startLocalpaas(scope, { home });
      for (const app of apps) assert.is((await second.get(app)).status, 200);
      const after = await Promise.all(apps.map((app) => firstInstance(second, app)));
      assert.equal(
        after.map((stat) => stat.pid),
        before.map((stat) => stat.pid),
      );
      assert.ok(before.every((stat) => stat.pid > 0));
    },
    { timeoutMs: 120_000 },
  );

  it(
    'keeps serving apps while nats-server dies, and takes orders again afterwards',
    async (scope) => {
      const paas = await startLocalpaas(scope);
      await paas.ok(['push', 'sample-apps/hello-node']);
      const { pid } = await firstInstance(paas, 'hello-node');

      signalProcess(paas.natsServerPid, 'SIGKILL');

      assert.is((await paas.get('hello-node')).status, 200);
      await waitFor(
        'an order to be taken',
        async () =>
          (await paas.run(['set-env', 'hello-node', 'A', 'b', '--no-restart'])).code === 0 ? true : undefined,
        { limitMs: 15_000 },
      );
      assert.match(await paas.ok(['env', 'hello-node']), /A\W+b/);
      assert.is((await firstInstance(paas, 'hello-node')).pid, pid);
    },
    { timeoutMs: 120_000 },
  );

  it(
    'is left by its apps with down --keep-apps, and found again',
    async (scope) => {
      const home = await emptyHome(scope);
      const first = await startLocalpaas(scope, { home });
      await first.ok(['push', 'sample-apps/hello-node']);
      const { pid } = await firstInstance(first, 'hello-node');

      await first.ok(['down', '--keep-apps']);
      const second = await startLocalpaas(scope, { home });

      assert.is((await second.get('hello-node')).status, 200);
      assert.is((await firstInstance(second, 'hello-node')).pid, pid);
    },
    { timeoutMs: 120_000 },
  );
});
