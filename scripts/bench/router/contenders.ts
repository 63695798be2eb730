import { mkdir, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { startNatsServer } from '#components/nats-server/index.ts';
import { routerRegister } from '#contract/routes.ts';
import type { AsyncDisposableStack } from '#ground/async-disposable-stack.ts';
import { Bus } from '#ground/bus.ts';
import { startChild } from '#ground/child.ts';
import { silentLog } from '#ground/log.ts';
import { firstAnswer, freePort } from '../first-answer.ts';
import { findProgram } from '../peers.ts';
import { environmentIn, type Surroundings } from '../surroundings.ts';

/** Something that answers with the hello page, itself or by asking the hello server. */
export interface Contender {
  readonly name: string;
  readonly pid: number;
  readonly port: number;
}

export const host = 'bench.localhost';

const helloSource = `
const body = 'x'.repeat(1024);
const headers = { 'Content-Type': 'text/plain', 'Content-Length': body.length };
const server = require('node:http').createServer((_, response) => response.writeHead(200, headers).end(body));
server.keepAliveTimeout = 60_000;
server.listen(Number(process.argv[1]), '127.0.0.1');
`;

/** `node:http` and nothing else, of the Node that the router runs on. @param processor 1 for the app behind proxies */
export async function startHello(
  surroundings: Surroundings,
  scope: AsyncDisposableStack,
  processor = 0,
): Promise<Contender> {
  const port = await freePort();
  const command = [surroundings.node, '-e', helloSource, String(port)];
  return start('node:http', command, { port, surroundings, scope, processor });
}

/** The router as it is built, alone on a bus, with a registered app, so that it tells the app's log of each request. */
export async function startRouter(
  surroundings: Surroundings,
  scope: AsyncDisposableStack,
  app: Contender,
): Promise<Contender> {
  const dataDir = join(surroundings.scratch, 'router-bus');
  await mkdir(dataDir, { recursive: true });
  const nats = scope.use(
    await startNatsServer(
      { log: silentLog, dataDir, signal: surroundings.signal },
      {
        program: surroundings.natsServer.path,
        host: '127.0.0.1',
        port: 0,
        credentials: { user: 'bench', password: 'bench' },
        startLimitMs: 10_000,
        maxFailedRestarts: 5,
      },
    ),
  );
  const port = await freePort();
  const config = join(surroundings.scratch, 'router.yml');
  const accessFile = join(surroundings.scratch, 'router-access.log');
  const mbus = nats.address.url.replace('nats://', 'nats://bench:bench@');
  await writeFile(config, `port: ${port}\ninet: 127.0.0.1\nmbus: ${mbus}\naccess_log:\n  file: ${accessFile}\n`);
  const bus = scope.use(await Bus.connect(nats.address, 'bench', silentLog));
  const message = { host: '127.0.0.1', port: app.port, uris: [host], app: 'bench', private_instance_index: '0' };
  const again = setInterval(() => bus.publish(routerRegister, message), 200);
  scope.defer(() => clearInterval(again));
  const command = [...surroundings.command, 'router', '-c', config];
  return start('router', command, { port, surroundings, scope });
}

/** nginx, haproxy and caddy, those that are installed, each with its access log on. */
export async function startPeers(
  surroundings: Surroundings,
  scope: AsyncDisposableStack,
  app: Contender,
): Promise<{ contenders: Contender[]; missing: string[] }> {
  const contenders: Contender[] = [];
  const missing: string[] = [];
  for (const [name, { config, args }] of Object.entries(peers)) {
    const program = await findProgram(name, '/usr/sbin');
    if (program === undefined) {
      missing.push(name);
      continue;
    }
    const directory = join(surroundings.scratch, `peer-${name}`);
    await mkdir(directory, { recursive: true });
    const port = await freePort();
    const file = join(directory, 'config');
    await writeFile(file, config({ port, app: app.port, directory }));
    contenders.push(await start(name, [program, ...args(file, directory)], { port, surroundings, scope }));
  }
  return { contenders, missing };
}

interface Place {
  readonly port: number;
  readonly app: number;
  readonly directory: string;
}

const peers: Record<string, { config: (place: Place) => string; args: (file: string, directory: string) => string[] }> =
  {
    nginx: {
      config: ({ port, app, directory }) => `
daemon off; master_process off; pid ${directory}/pid; error_log ${directory}/error.log;
events { worker_connections 4096; }
http {
  access_log ${directory}/access.log combined buffer=64k flush=1s;
  client_body_temp_path ${directory}/body; proxy_temp_path ${directory}/proxy; fastcgi_temp_path ${directory}/f;
  uwsgi_temp_path ${directory}/u; scgi_temp_path ${directory}/s;
  keepalive_requests 100000000;
  upstream app { server 127.0.0.1:${app}; keepalive 512; keepalive_requests 100000000; }
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://app; proxy_http_version 1.1; proxy_set_header Connection "";
      proxy_set_header Host $host; proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
    }
  }
}
`,
      args: (file, directory) => ['-p', directory, '-c', file],
    },
    haproxy: {
      config: ({ port, app, directory }) => `
global
  nbthread 1
  maxconn 4096
  log ${directory}/no-listener.sock local0
defaults
  mode http
  log global
  option httplog
  option forwardfor
  http-reuse always
  timeout connect 5s
  timeout client 60s
  timeout server 60s
listen app
  bind 127.0.0.1:${port}
  server app 127.0.0.1:${app}
`,
      args: (file) => ['-f', file, '-db'],
    },
    caddy: {
      config: ({ port, app, directory }) => `
{
  admin off
  auto_https off
  storage file_system ${directory}
}
http://:${port} {
  bind 127.0.0.1
  log {
    output file ${directory}/access.log
  }
  reverse_proxy 127.0.0.1:${app}
}
`,
      args: (file) => ['run', '--adapter', 'caddyfile', '--config', file],
    },
  };

interface StartOptions {
  readonly port: number;
  readonly surroundings: Surroundings;
  readonly scope: AsyncDisposableStack;
  readonly processor?: number;
}

async function start(
  name: string,
  command: readonly string[],
  { port, surroundings, scope, processor = 0 }: StartOptions,
): Promise<Contender> {
  const [program = '', ...args] = pinned(command, processor);
  const env = environmentIn(surroundings.scratch, surroundings);
  const child = scope.use(await startChild({ program, args, env, graceMs: 3_000 }));
  await firstAnswer({ port, host }, surroundings.signal);
  return { name, pid: child.pid, port };
}

/**
 * Where there are two processors or more, those who are compared have the first alone: with others on it a figure says
 * more about the scheduler, and about how long somebody takes to wake up, than about them.
 */
export function pinned(command: readonly string[], processor: number): readonly string[] {
  return availableParallelism() < 2 ? command : ['taskset', '-c', String(processor), ...command];
}
