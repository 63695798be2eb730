import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer as createHttpServer } from 'node:http';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { staging } from '#contract/staging.ts';
import { Bus } from '#ground/bus.ts';
import { call } from '#ground/http-client.ts';
import { silentLog } from '#ground/log.ts';
import { listen } from '#ground/ports.ts';
import { sleep, waitFor } from '#ground/wait.ts';
import { freePort } from '../support/free-port.ts';
import { command, emptyHome, environmentOf, runCommand } from '../support/localpaas.ts';
import { startOpenBus, startPart } from '../support/parts.ts';
import { scratchDirectory } from '../support/scratch.ts';
import { describe, type Scope } from '../support/spec.ts';

const server = `require('node:http')
  .createServer((_, response) => response.end('hello from a part'))
  .listen(process.env.PORT);
console.log('it listens');
`;

/** Starts each line in a shell of its own, as foreman does, and ends those shells alone, as some foremen do. */
function runProcfile(scope: Scope, procfile: string, cwd: string, env: Record<string, string>) {
  let text = '';
  const ended = new Map<string, Promise<number | null>>();
  const shells: ChildProcess[] = [];
  for (const [, name = '', line = ''] of procfile.matchAll(/^([a-z-]+): (.*)$/gm)) {
    const shell = spawn('/bin/sh', ['-c', line], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    shells.push(shell);
    for (const stream of [shell.stdout, shell.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        text += chunk.toString();
      });
    }
    ended.set(name, new Promise((done) => shell.once('close', done)));
  }
  const interrupt = async () => {
    for (const shell of shells) shell.kill('SIGINT');
    const codes = await Promise.all([...ended].map(async ([name, end]) => [name, await end] as const));
    return Object.fromEntries(codes);
  };
  scope.defer(async () => void (await interrupt()));
  return { said: () => text, interrupt, names: [...ended.keys()] };
}

describe('the parts of a Procfile', (it) => {
  it(
    'serve the whole command line, and come back with the apps they had',
    async (scope) => {
      const home = await emptyHome(scope);
      const scratch = await scratchDirectory(scope);
      const [files, app] = [join(scratch, 'parts'), join(scratch, 'app')];
      await mkdir(app);
      await writeFile(join(app, 'app.js'), server);
      const [busPort, port] = [await freePort(), await freePort()];
      const program = command()
        .map((word) => `'${word}'`)
        .join(' ');
      const env = { ...(await environmentOf(home)), LOCALPAAS_COMMAND: program, NO_COLOR: '1' };
      const ok = async (...args: string[]) => {
        const { code, out, err } = await runCommand(args, env);
        assert.is(code, 0, `${args.join(' ')}: ${out}${err}`);
        return out;
      };
      const ask = async () => {
        const answer = await call(`http://127.0.0.1:${port}/`, { headers: { host: 'hello.localhost' } });
        const body = await answer.text();
        return answer.status === 200 ? body : undefined;
      };
      await ok('procfile', '--write', files, '--bus-port', String(busPort), '--port', String(port));
      const procfile = await readFile(join(files, 'Procfile'), 'utf8');
      const start = async () => {
        const parts = runProcfile(scope, procfile, files, env);
        const isReady = () => parts.said().includes('command line logged in') || undefined;
        await waitFor('the login', isReady, { limitMs: 60_000 }).catch((error: unknown) => {
          throw new Error(`${error}\n${parts.said()}`);
        });
        return parts;
      };
      const first = await start();

      await ok('push', app, '--name', 'hello');
      assert.is(await ask(), 'hello from a part');
      assert.match(await ok('apps'), new RegExp(`hello +running +1/1 .*http://hello\\.localhost:${port}`));
      assert.match(await ok('logs', 'hello', '--recent'), /\[APP\/PROC\/WEB\/0\] OUT it listens/);
      await ok('scale', 'hello', '--instances', '2');
      const codes = await first.interrupt();

      assert.equal(codes, Object.fromEntries(first.names.map((name) => [name, 0])), first.said());
      assert.not(existsSync(join(home, 'run', 'parts.json')));
      assert.equal(await readdir(join(files, 'var', 'dea', 'apps')), []);

      const second = await start();
      assert.is(await waitFor('the app', () => ask().catch(() => undefined), { limitMs: 15_000 }), 'hello from a part');
      await ok('delete', 'hello', '--force');
      assert.match(await ok('apps'), 'No apps yet.');
      await second.interrupt();
    },
    { timeoutMs: 180_000 },
  );

  it(
    'finish what they do when the terminal and foreman both ask them to stop',
    async (scope) => {
      const home = await emptyHome(scope);
      const { uri } = await startOpenBus(scope, home);
      const stager = await startPart(scope, home, ['stager', '--join', uri]);
      await stager.says(/Server running/);
      const bus = scope.use(await Bus.connect({ url: uri }, 'test', silentLog));
      let answer: () => void = () => {};
      const slow = createHttpServer((_, response) => {
        answer = () => response.writeHead(404).end();
      });
      const port = await listen(slow, { host: '127.0.0.1', port: 0, who: 'The test' });
      scope.defer(() => void slow.close());
      const isAsked = new Promise((asked) => slow.once('request', asked));
      const uriOf = (path: string) => `http://127.0.0.1:${port}/${path}`;
      const properties = {
        services: [],
        framework_info: { name: 'node' },
        runtime_info: { name: 'node' },
        resources: { memory: 64, disk: 64, fds: 256 },
      };
      const request = { download_uri: uriOf('app'), upload_uri: uriOf('droplet'), properties };
      const asking = bus.ask(staging, request, { limitMs: 15_000 });
      await isAsked;

      const code = stager.stop('SIGINT');
      await sleep(700); // from half a second on, two signals are two
      process.kill(stager.pid, 'SIGTERM');
      await sleep(100);
      answer();

      assert.match((await asking).error ?? '', /^Staging task failed:\n Failed downloading app/);
      assert.is(await code, 0);
    },
    { timeoutMs: 120_000 },
  );
});
