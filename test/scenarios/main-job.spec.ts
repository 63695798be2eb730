import * as assert from 'uvu/assert';
import { waitFor } from '#ground/wait.ts';
import { startLocalpaas } from '../support/localpaas.ts';
import { describe } from '../support/spec.ts';

describe('the main job', (it) => {
  it(
    'brings an app from a directory to an answer, and back',
    async (scope) => {
      const paas = await startLocalpaas(scope);

      const pushed = await paas.ok(['push', 'sample-apps/hello-node', '--memory', '64M']);
      assert.match(pushed, `http://hello-node.localhost:${paas.port}`);
      const first = await paas.get('hello-node');
      assert.is(first.status, 200);

      const apps = JSON.parse(await paas.ok(['apps', '--json'])) as { name: string; state: string }[];
      assert.equal(
        apps.map((app) => [app.name, app.state]),
        [['hello-node', 'STARTED']],
      );

      await paas.ok(['scale', 'hello-node', '-i', '3']);
      const seen = new Set<string>();
      for (let round = 0; round < 9; round += 1) seen.add((await paas.get('hello-node')).body);
      assert.is(seen.size, 3, [...seen].join('\n'));

      await paas.ok(['stop', 'hello-node']);
      assert.match((await paas.get('hello-node')).body, 'localpaas start hello-node');
      await paas.ok(['start', 'hello-node']);
      assert.is((await paas.get('hello-node')).status, 200);

      const logs = await paas.ok(['logs', 'hello-node', '--recent']);
      assert.match(logs, 'STG');
      assert.match(logs, 'RTR');
      assert.match(logs, 'APP/PROC/WEB');

      const events = await paas.ok(['events', 'hello-node']);
      assert.match(events, 'audit.app.create');

      await paas.ok(['delete', 'hello-node', '-f']);
      assert.is((await paas.get('hello-node')).status, 404);
      assert.equal(JSON.parse(await paas.ok(['apps', '--json'])), []);
    },
    { timeoutMs: 120_000 },
  );

  it(
    'has apps run again after down and up',
    async (scope) => {
      const paas = await startLocalpaas(scope);
      await paas.ok(['push', 'sample-apps/hello-node']);

      await paas.ok(['down']);
      assert.is((await paas.run(['apps'])).code, 3);
      const again = await startLocalpaas(scope, { home: paas.home });

      const status = await waitFor(
        'the app',
        async () => {
          const { status } = await again.get('hello-node');
          return status === 200 ? status : undefined;
        },
        { limitMs: 15_000, everyMs: 50 },
      );
      assert.is(status, 200);
    },
    { timeoutMs: 120_000 },
  );

  it(
    'maps and unmaps routes, with paths',
    async (scope) => {
      const paas = await startLocalpaas(scope);
      await paas.ok(['push', 'sample-apps/hello-node']);

      await paas.ok(['map-route', 'hello-node', 'second']);
      await paas.ok(['map-route', 'hello-node', 'third/api']);

      const answers = async (host: string, path: string) => (await paas.get(host, path)).status;
      await waitFor('the routes', async () => ((await answers('second', '/')) === 200 ? true : undefined), {
        limitMs: 15_000,
      });
      const direct = await answers('hello-node', '/api/x');
      await waitFor('the path', async () => (await answers('third', '/api/x')) === direct || undefined, {
        limitMs: 15_000,
      });
      assert.is(await answers('third', '/other'), 404);
      assert.match(await paas.ok(['routes']), 'second.localhost');

      await paas.ok(['unmap-route', 'hello-node', 'second']);
      await waitFor('its end', async () => ((await answers('second', '/')) === 404 ? true : undefined), {
        limitMs: 15_000,
      });
    },
    { timeoutMs: 120_000 },
  );
});
