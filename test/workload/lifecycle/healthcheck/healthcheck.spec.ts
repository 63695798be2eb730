import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage } from 'node:http';
import { connect, createServer as createListener } from 'node:net';
import { networkInterfaces } from 'node:os';
import { join, resolve } from 'node:path';
import * as assert from 'uvu/assert';
import { readHealthcheckOptions, runHealthcheck } from '#workload/lifecycle/healthcheck/index.ts';
import { runCommand } from '../../../support/localpaas.ts';
import { describe, type Scope } from '../../../support/spec.ts';

const recordings = resolve(import.meta.dirname, '..', '..', '..', 'fixtures', 'lifecycle', 'healthcheck');

/** Where the checks go on this machine: 127.0.0.1 when it has nothing else. */
const host =
  Object.values(networkInterfaces())
    .flatMap((all) => all ?? [])
    .find(({ family, internal }) => family === 'IPv4' && !internal)?.address ?? '127.0.0.1';

/** The app of the recordings. */
async function anApp(scope: Scope) {
  const seen: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    seen.push(request);
    if (request.url === '/bad') response.writeHead(500).end();
    else if (request.url === '/redir') response.writeHead(302, { location: '/ok' }).end();
    else if (request.url === '/slow') setTimeout(() => response.end(), 1_600).unref();
    else response.end('ok');
  });
  await new Promise<void>((done) => server.listen(0, host, done));
  const stop = () => {
    server.closeAllConnections();
    server.close();
  };
  scope.defer(stop);
  const { port } = server.address() as { port: number };
  return { port, seen, stop, server };
}

/** A port where nobody listens. */
async function freePort(): Promise<number> {
  const listener = createListener();
  await new Promise<void>((done) => listener.listen(0, host, done));
  const { port } = listener.address() as { port: number };
  await new Promise((done) => listener.close(done));
  return port;
}

const check = (args: readonly string[]) => runCommand(['healthcheck', ...args], { PATH: process.env['PATH'] ?? '' });

/** Lines of the recording: how it was called, its exit code, what it said. */
async function recorded() {
  const lines = (await readFile(join(recordings, 'summary.txt'), 'utf8')).split('\n');
  return lines.flatMap((line) => {
    const [, args = '', code, err = ''] = /^healthcheck (.*) -> rc=(\d+) {2}(.*)$/.exec(line) ?? [];
    return code === undefined ? [] : [{ args: args.split(' '), code: Number(code), err: err.replaceAll('<ip>', host) }];
  });
}

describe('the healthcheck', (it) => {
  it(
    'does as the original in each recorded case',
    async (scope) => {
      const app = await anApp(scope);
      const none = await freePort();
      const ports = (text: string) => text.replaceAll('18080', `${app.port}`).replaceAll('18081', `${none}`);
      // Milliseconds are those of the machine, and a slow one finds time for fewer attempts.
      const timeless = (text: string) => text.replace(/ in \d+ms$/m, ' in 0ms').replace(/\([3-6] att/, '(6 att');
      const cases = (await recorded()).filter(({ args }) => !args.includes('-liveness-interval=200ms'));
      assert.is(cases.length, 11);
      const runs = cases.map(async ({ args, code, err }) => {
        const said = await check(args.map(ports));
        const expected = err === '' ? '' : `${ports(err)}\n`;
        assert.equal({ args, ...said, err: timeless(said.err) }, { args, code, out: '', err: expected });
      });
      await Promise.all(runs);

      const [live] = (await recorded()).filter(({ args }) => args.includes('-liveness-interval=200ms'));
      const ended = check((live?.args ?? []).map(ports));
      // When somebody has connected the first answer was good: now the app may go.
      app.server.once('connection', app.stop);
      assert.equal(await ended, { code: live?.code, out: '', err: `${ports(live?.err ?? '')}\n` });
    },
    { timeoutMs: 120_000 },
  );

  it('asks with the headers of the original', async (scope) => {
    const app = await anApp(scope);
    for (const uri of ['/ok', '/bad', '/redir']) await check([`-port=${app.port}`, `-uri=${uri}`]);
    const seen = app.seen.map(({ method, url, headers }) => {
      const { connection: _, ...rest } = headers;
      return `${method} ${url} ${JSON.stringify(rest)}\n`;
    });
    const expected = await readFile(join(recordings, 'server-saw.txt'), 'utf8');
    assert.is(seen.join('').replaceAll(`${host}:${app.port}`, '192.0.2.2:18080'), expected);
  });

  const loopback = { lo: [{ address: '127.0.0.1', family: 'IPv4', internal: true }] } as unknown as ReturnType<
    typeof networkInterfaces
  >;
  const { signal } = new AbortController();

  it('asks at 127.0.0.1 where there is nothing else, unless it is to be strict', async (scope) => {
    const listener = createListener((socket) => socket.end());
    await new Promise<void>((done) => listener.listen(0, '127.0.0.1', done));
    scope.defer(() => void listener.close());
    const { port } = listener.address() as { port: number };
    assert.is(await runHealthcheck(readHealthcheckOptions([`-port=${port}`]), loopback, signal), undefined);
    for (const flag of ['-strict-diego', '--strictDiego']) {
      const unwell = await runHealthcheck(readHealthcheckOptions([`-port=${port}`, flag]), loopback, signal);
      assert.equal(unwell, { code: 3, message: 'failure to find suitable interface' });
    }
  });

  it('tells a connection that nobody takes', async (scope) => {
    // A listener of whom nobody asks for connections: the kernel stops answering when its queue is full.
    const { spawn } = await import('node:child_process');
    const code =
      "import socket,time;s=socket.socket();s.bind(('127.0.0.1',0));s.listen(0);print(s.getsockname()[1],flush=True);time.sleep(60)";
    const full = spawn('python3', ['-c', code], { stdio: ['ignore', 'pipe', 'ignore'] });
    scope.defer(() => void full.kill('SIGKILL'));
    const port = await new Promise<number>((done) => full.stdout.once('data', (text) => done(Number(text))));
    const sockets = [0, 1, 2, 3].map(() => connect(port, '127.0.0.1').on('error', () => {}));
    scope.defer(() => sockets.forEach((socket) => void socket.destroy()));
    const options = readHealthcheckOptions([`-port=${port}`, '-timeout=1s']);
    assert.equal(await runHealthcheck(options, loopback, signal), {
      code: 64,
      message: `failed to make TCP connection to 127.0.0.1:${port}: timed out after 1.00 seconds`,
    });
  });

  it('refuses flags it does not know, and ports that are none', async () => {
    const { code, err } = await check(['-nope']);
    assert.is(code, 2);
    assert.match(err, /^flag provided but not defined: -nope\nUsage of healthcheck:\n/);
    assert.is((await check(['-timeout=x'])).code, 2);
    assert.is((await check(['-h'])).code, 0);
    assert.is((await check(['-port=x'])).code, 4);
    assert.match(
      (await check(['-network=carrier-pigeon'])).err,
      /dial carrier-pigeon: unknown network carrier-pigeon\n$/,
    );
    assert.is((await check(['-port=99999', '-uri=/'])).code, 5);
  });

  it('follows redirects only so far', async (scope) => {
    const server = createServer((_, response) => response.writeHead(302, { location: '/again' }).end());
    await new Promise<void>((done) => server.listen(0, host, done));
    scope.defer(() => void server.close());
    const { port } = server.address() as { port: number };
    const { code, err } = await check([`-port=${port}`, '-uri=/again']);
    assert.is(code, 5);
    assert.match(err, /stopped after 10 redirects/);
  });
});
