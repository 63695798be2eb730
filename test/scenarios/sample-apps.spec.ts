import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { WebSocket } from 'ws';
import { startLocalpaas } from '../support/localpaas.ts';
import { describe } from '../support/spec.ts';

async function namesBuildpack(name: string): Promise<boolean> {
  return (await readFile(join('sample-apps', name, 'manifest.yml'), 'utf8')).includes('buildpacks:');
}

describe('the sample apps', (it) => {
  it(
    'run, each as it stands',
    async (scope) => {
      const paas = await startLocalpaas(scope);
      const names = (await readdir('sample-apps')).filter((name) => !name.endsWith('.md'));
      assert.ok(names.length >= 8);

      for (const name of names) {
        if (!(await stat(join('sample-apps', name))).isDirectory()) continue;
        if (await namesBuildpack(name)) continue; // these run in test/buildpacks/
        const pushed = await paas.run(['push', join('sample-apps', name)]);
        assert.is(pushed.code, 0, `${name}:\n${pushed.out}\n${pushed.err}`);
        const { status, body } = await paas.get(name);
        assert.is(status, 200, `${name}: ${body}`);
        await paas.ok(['delete', name, '-f']);
      }
    },
    { timeoutMs: 120_000 },
  );

  it(
    'talk over a WebSocket',
    async (scope) => {
      const paas = await startLocalpaas(scope);
      await paas.ok(['push', 'sample-apps/websocket-chat']);

      const socket = new WebSocket(`ws://127.0.0.1:${paas.port}/chat`, {
        headers: { host: `websocket-chat.localhost:${paas.port}` },
      });
      scope.defer(() => socket.terminate());
      const opened = await new Promise<string>((resolve, reject) => {
        socket.once('open', () => resolve('open'));
        socket.once('error', reject);
      });

      assert.is(opened, 'open');
    },
    { timeoutMs: 120_000 },
  );
});
