import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { hmRequests } from '#contract/health.ts';
import { AsyncDisposableStack } from '#ground/async-disposable-stack.ts';
import { call } from '#ground/http-client.ts';
import { waitFor } from '#ground/wait.ts';
import { connectBus } from '../support/bus.ts';
import { emptyHome, type Localpaas, startLocalpaas } from '../support/localpaas.ts';
import { scratchDirectory } from '../support/scratch.ts';
import { describe, type Scope } from '../support/spec.ts';

/** Answers with its pid and what it was sent, `/slow` after a while, and takes any websocket without a word. */
const server = `const { createServer } = require('node:http');
createServer(async (request, response) => {
  let body = '';
  for await (const chunk of request) body += chunk;
  setTimeout(() => response.end(process.pid + ' ' + request.method + ' ' + body), request.url === '/slow' ? 80 : 0);
}).on('upgrade', (request, socket) => {
  socket.on('error', () => {}).on('end', () => socket.end());
  socket.write('HTTP/1.1 101 Switching Protocols\\r\\nUpgrade: websocket\\r\\nConnection: Upgrade\\r\\n\\r\\n');
}).listen(process.env.PORT);
`;

async function folderOf(scope: Scope, name: string, files: Readonly<Record<string, string>> = {}): Promise<string> {
  const folder = join(await scratchDirectory(scope), name);
  await mkdir(folder);
  for (const [file, text] of Object.entries({ 'server.js': server, ...files }))
    await writeFile(join(folder, file), text);
  return folder;
}

interface Shown {
  readonly name: string;
  readonly state: string;
  readonly health: string;
  readonly processes: readonly { readonly type: string; readonly instances: { readonly running: number } }[];
}
const shown = async (paas: Localpaas, name: string): Promise<Shown> =>
  JSON.parse(await paas.ok(['app', name, '--json'])) as Shown;

function becomes(paas: Localpaas, name: string, health: string): Promise<Shown> {
  const look = async () => {
    const app = await shown(paas, name);
    return app.health === health ? app : undefined;
  };
  return waitFor(`${name} to be ${health}`, look, { limitMs: 20_000, everyMs: 100 });
}

/** A websocket to an app, as bytes; the function closes it. */
async function openWebsocket(scope: Scope, { port }: Localpaas, name: string): Promise<() => void> {
  const socket = connect(port, '127.0.0.1');
  scope.defer(() => socket.destroy());
  let said = '';
  socket.on('data', (chunk) => {
    said += String(chunk);
  });
  socket.write(
    `GET / HTTP/1.1\r\nHost: ${name}.localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
      'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
  );
  await waitFor('the websocket', () => (said.startsWith('HTTP/1.1 101') ? true : undefined), { limitMs: 15_000 });
  return () => socket.destroy();
}

describe('an app that nobody asks for', (it) => {
  it(
    'is stopped and starts with the next request, also after a restart of the platform; some never are',
    async (scope) => {
      const home = await emptyHome(scope);
      const args = ['--idle-stop', '2s'];
      const first = new AsyncDisposableStack();
      scope.use(first);
      let paas = await startLocalpaas(first, { home, args });
      const procfile = 'web: node server.js\nworker: while true; do sleep 1; done\n';
      const shop = await folderOf(scope, 'shop', { Procfile: procfile });
      await paas.ok(['push', shop, '-b', 'procfile', '-m', '64M']);
      await paas.ok(['scale', 'shop', '-p', 'worker', '-i', '1', '-m', '32M']);
      const chat = await folderOf(scope, 'chat');
      for (const [name, ...more] of [['chat'], ['hidden', '--no-route'], ['kept'], ['halted']] as const) {
        await paas.ok(['push', chat, '--name', name, '-m', '64M', ...more]);
      }
      await paas.ok(['idle-stop', 'kept', 'never']);
      const closeWebsocket = await openWebsocket(scope, paas, 'chat');
      await paas.ok(['stop', 'halted']);

      const idle = await becomes(paas, 'shop', 'idle');
      assert.is(idle.state, 'STARTED');
      assert.equal(
        idle.processes.map(({ type, instances }) => `${type} ${instances.running}`),
        ['web 0', 'worker 1'],
      );
      assert.match(await paas.ok(['apps']), /^shop +idle, starts with the next request +web 0\/1, worker 1\/1 /m);
      assert.match(await paas.ok(['app', 'shop']), /^state +idle, starts with the next request$/m);
      assert.match(await paas.ok(['app', 'kept']), /^stops +never for lack of requests$/m);
      const states = async () =>
        Object.fromEntries((JSON.parse(await paas.ok(['apps', '--json'])) as Shown[]).map((a) => [a.name, a.health]));
      await new Promise((resolve) => setTimeout(resolve, 3_000)); // longer than any of the others may be idle
      assert.equal(await states(), {
        chat: 'running',
        halted: 'stopped',
        hidden: 'running',
        kept: 'running',
        shop: 'idle',
      });
      assert.is((await paas.get('halted')).status, 404);
      assert.is((await shown(paas, 'halted')).health, 'stopped');
      closeWebsocket();
      await becomes(paas, 'chat', 'idle');

      await first.disposeAsync();
      paas = await startLocalpaas(scope, { home, args });
      assert.equal([(await states())['shop'], (await states())['chat']], ['idle', 'idle']);
      const body = 'x'.repeat(300_000);
      const headers = { host: `shop.localhost:${paas.port}` };
      const answers = await Promise.all(
        Array.from({ length: 10 }, async () => {
          const answer = await call(paas.url, { method: 'POST', headers, body });
          return `${answer.status} ${(await answer.text()).replace(/^\d+/, 'pid')}`;
        }),
      );
      assert.equal([...new Set(answers)], [`200 pid POST ${body}`]);
      const log = await paas.ok(['logs', 'shop', '--recent']);
      assert.is(log.match(/Starting shop again/g)?.length, 1);

      await openWebsocket(scope, paas, 'chat');
      assert.is((await shown(paas, 'chat')).health, 'running');
    },
    { timeoutMs: 120_000 },
  );

  it(
    'runs again after start, restart, scale and push, and when it loses its routes',
    async (scope) => {
      const paas = await startLocalpaas(scope);
      const folder = await folderOf(scope, 'hello');
      await paas.ok(['push', folder, '-m', '64M']);
      await paas.ok(['idle-stop', 'hello', '2s']);
      const commands = [
        ['start', 'hello'],
        ['restart', 'hello'],
        ['scale', 'hello', '-i', '2'],
        ['push', folder, '-m', '64M'],
        ['idle-stop', 'hello', 'never'],
        ['unmap-route', 'hello', 'hello.localhost'],
      ];

      for (const command of commands) {
        await becomes(paas, 'hello', 'idle');
        await paas.ok(command); // most of them wait until it runs
        if (!['idle-stop', 'unmap-route'].includes(command[0] ?? '')) continue;
        await becomes(paas, 'hello', 'running');
        await paas.ok(['idle-stop', 'hello', '2s']);
      }

      const wrong = await paas.run(['idle-stop', 'hello', 'soon']);
      assert.equal([wrong.code, wrong.err.includes("'soon' is no time.")], [2, true]);
    },
    { timeoutMs: 120_000 },
  );

  it(
    'gets the page of a crash for those who wait when it does not survive its start',
    async (scope) => {
      const paas = await startLocalpaas(scope);
      const flag = join(await scratchDirectory(scope), 'broken');
      const fragile = `if (require('node:fs').existsSync(${JSON.stringify(flag)})) { console.error('no flux'); process.exit(7); }\n`;
      const folder = await folderOf(scope, 'fragile', { 'server.js': fragile + server });
      await paas.ok(['push', folder, '-m', '64M']);
      await paas.ok(['idle-stop', 'fragile', '1s']);
      await becomes(paas, 'fragile', 'idle');
      await writeFile(flag, '');

      const answers = await Promise.all(Array.from({ length: 3 }, () => paas.get('fragile')));

      for (const { status, body } of answers) {
        assert.is(status, 502);
        assert.match(body, /^502 Bad Gateway: fragile crashed: exited with status 7 .*no flux\.$/m);
      }
    },
    { timeoutMs: 120_000 },
  );

  it(
    'answers every request that comes while it is being stopped',
    async (scope) => {
      const paas = await startLocalpaas(scope, { args: ['--open-bus'] });
      await paas.ok(['push', await folderOf(scope, 'busy'), '-m', '64M']);
      const { guid } = JSON.parse(await paas.ok(['app', 'busy', '--json'])) as { guid: string };
      const { bus: url } = JSON.parse(await readFile(join(paas.home, 'run', 'platform.json'), 'utf8')) as {
        bus: string;
      };
      const bus = await connectBus(scope, { url });
      const pids = new Set<string>();

      for (let round = 0; round < 30; round += 1) {
        const visit = async (afterMs: number, path: string) => {
          await new Promise((resolve) => setTimeout(resolve, afterMs));
          const { status, body } = await paas.get('busy', path);
          assert.is(status, 200, `round ${round}, ${path} after ${afterMs} ms: ${status} ${body}`);
          pids.add(body.split(' ')[0] ?? '');
        };
        // One is under way in every third round, then many come at the moment of the stop, then one a bit later each time.
        const early = round % 3 === 0 ? [visit(0, '/slow')] : [];
        bus.publish(hmRequests, { op: 'SPINDOWN', droplet: guid });
        const many = Array.from({ length: 12 }, (_, at) => visit(at * 2 + round, at % 4 === 0 ? '/slow' : '/'));
        await Promise.all([...early, ...(round % 3 === 2 ? [visit(round * 8, '/slow')] : many)]);
        const again = async () => {
          await visit(0, '/'); // it may have been stopped after all of them
          return (await shown(paas, 'busy')).health === 'running' ? true : undefined;
        };
        await waitFor('it to run again', again, { limitMs: 20_000, everyMs: 50 });
      }

      assert.ok(pids.size > 3, `it was stopped ${pids.size - 1} times only`);
    },
    { timeoutMs: 120_000 },
  );
});
