import { once } from 'node:events';
import { Agent, createServer, request, type ServerResponse } from 'node:http';
import * as assert from 'uvu/assert';
import * as v from 'valibot';
import WebSocket, { WebSocketServer } from 'ws';
import { type Entrance, RouterOptions, type RunningRouter, startRouter } from '#components/router/index.ts';
import { routerRegister } from '#contract/routes.ts';
import type { Bus } from '#ground/bus.ts';
import { silentLog } from '#ground/log.ts';
import { sleep, waitFor } from '#ground/wait.ts';
import { connectBus, startBus, type TestBus } from '../../support/bus.ts';
import { describe, type Scope } from '../../support/spec.ts';
import { ask, portOf, serveApp, understood, Wire } from './support.ts';

const limits = { limitMs: 15_000, everyMs: 2 };
const app = { app: 'guid-hello' };

async function startOn(scope: Scope, { address }: TestBus, entrance?: Entrance): Promise<RunningRouter> {
  const bus = await connectBus(scope, address);
  const context = { bus, log: silentLog, dataDir: '/nowhere', signal: new AbortController().signal };
  const options = v.parse(RouterOptions, { port: 0, calmMs: 100, retireMs: 2_000, quietMs: 300 });
  return scope.use(await startRouter(context, options, entrance));
}

async function registerAt(bus: Bus, port: number, host: string, more: { app?: string } = app): Promise<void> {
  bus.publish(routerRegister, { host: '127.0.0.1', port, uris: [host], ...more });
  await understood(bus);
}

/** A request on a connection that is kept. */
function keep(agent: Agent, port: number, path = '/'): Promise<{ status: number; connection: string | undefined }> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ port, host: '127.0.0.1', path, agent, headers: { host: 'hello.localhost' } });
    outgoing.once('error', reject);
    outgoing.once('response', (answer) => {
      answer.resume();
      answer.once('end', () => resolve({ status: answer.statusCode ?? 0, connection: answer.headers.connection }));
    });
    outgoing.end();
  });
}

describe('a router that leaves', (it) => {
  it('lets each client make its request, and asks it not to come back on that connection', async (scope) => {
    const bus = await startBus(scope);
    const router = await startOn(scope, bus);
    const { port } = router;
    let finish: (() => void) | undefined;
    const appPort = await serveApp(scope, ({ url }, response) => {
      if (url === '/slow') finish = () => response.end('late');
      else response.end('ok');
    });
    await registerAt(bus.bus, appPort, 'hello.localhost');
    const agent = scope.adopt(new Agent({ keepAlive: true }), (each) => each.destroy());
    const idle = scope.adopt(new Agent({ keepAlive: true }), (each) => each.destroy());
    assert.is((await keep(agent, port)).connection, 'keep-alive');
    assert.is((await keep(idle, port)).connection, 'keep-alive');

    const slow = ask(port, 'hello.localhost', { path: '/slow' });
    await waitFor('the slow request', () => finish, limits);
    const leaving = router.leave();
    const during = [await keep(agent, port), await keep(agent, port)];
    finish?.();

    assert.equal(during, [
      { status: 200, connection: 'close' },
      { status: 200, connection: 'close' },
    ]);
    assert.is((await slow).body, 'late');
    await leaving;
    const refused = await ask(port, 'hello.localhost').catch((error: NodeJS.ErrnoException) => error.code);
    assert.is(refused, 'ECONNREFUSED');
  });

  it('cuts what does not end in time, but does not wait for event streams', async (scope) => {
    const bus = await startBus(scope);
    const router = await startOn(scope, bus);
    const appPort = await serveApp(scope, (_, response) => response.writeHead(200).write('begun'));
    await registerAt(bus.bus, appPort, 'hello.localhost');
    const stream = (await Wire.to(scope, router.port)).head(
      'GET / HTTP/1.1',
      'Host: hello.localhost',
      'Accept: text/event-stream',
    );
    await stream.until(/begun/);
    let isCalm = false;

    const startedAt = performance.now();
    const left = router.leave().then(() => {
      isCalm = true;
    });
    await stream.closed();
    await left;

    assert.ok(isCalm);
    assert.ok(performance.now() - startedAt < 8_000, 'not as long as for a router that was told nothing else');
  });
});

describe('a router that hands over', (it) => {
  it('goes on for apps, and has its successor answer what the platform itself would', async (scope) => {
    const bus = await startBus(scope);
    const first = await startOn(scope, bus);
    const { port } = first;
    await registerAt(bus.bus, await serveApp(scope, (_, response) => response.end('app')), 'hello.localhost');
    const oldApi = await serveApp(scope, (_, response) => response.end('old'));
    await registerAt(bus.bus, oldApi, 'api.localhost', {});
    assert.is((await ask(port, 'api.localhost')).body, 'old');

    const front = await first.release();
    await first[Symbol.asyncDispose]();
    const waiting = ask(port, 'api.localhost', { method: 'POST', body: 'hello' });
    const unknown = ask(port, 'new.localhost');
    const served = await ask(port, 'hello.localhost');
    const second = await startOn(scope, bus, front);
    for (const host of ['api.localhost', 'new.localhost', 'hello.localhost']) {
      const newApi = await serveApp(scope, (message, response) => {
        message.setEncoding('utf8').on('data', (text: string) => response.write(text));
        message.on('end', () => response.end(` at ${host}`));
      });
      await registerAt(bus.bus, newApi, host, host.startsWith('api') ? {} : app);
    }
    assert.is.not(second.port, port);
    assert.is((await ask(second.port, 'api.localhost')).body, ' at api.localhost');
    await second.open();

    assert.is(second.port, port);
    assert.is(served.body, 'app');
    assert.equal([(await waiting).body, (await unknown).body], ['hello at api.localhost', ' at new.localhost']);
    assert.match((await ask(port, 'hello.localhost')).body, ' at hello.localhost');
  });

  it('lets the platform complete its own answers first', async (scope) => {
    const bus = await startBus(scope);
    const router = await startOn(scope, bus);
    const begun: ServerResponse[] = [];
    const apiPort = await serveApp(scope, (_, response) => void begun.push(response));
    await registerAt(bus.bus, apiPort, 'api.localhost', {});
    const answer = ask(router.port, 'api.localhost');
    const [response] = await waitFor('the request', () => (begun.length > 0 ? begun : undefined), limits);
    let isReleased = false;

    const released = router.release().then((front) => {
      isReleased = true;
      return front;
    });
    await sleep(50);
    assert.not.ok(isReleased);
    response?.end('done');

    assert.is((await answer).body, 'done');
    await (await released)[Symbol.asyncDispose]();
  });

  it('says what it knows when no successor comes', async (scope) => {
    const bus = await startBus(scope);
    const context = {
      bus: await connectBus(scope, bus.address),
      log: silentLog,
      dataDir: '/nowhere',
      signal: new AbortController().signal,
    };
    const router = await startRouter(context, v.parse(RouterOptions, { port: 0, handoverMs: 100 }));
    const front = await router.release();
    await router[Symbol.asyncDispose]();
    scope.use(front);

    assert.is((await ask(router.port, 'hello.localhost')).status, 404);
  });
});

describe('websockets of a router that leaves', (it) => {
  it('are closed as websockets are, on both sides, behind what was being said', async (scope) => {
    const bus = await startBus(scope);
    const router = await startOn(scope, bus);
    const http = createServer();
    const codes: number[] = [];
    const large = Buffer.alloc(8 * 1024 * 1024, 'x');
    new WebSocketServer({ server: http }).on('connection', (socket) => {
      socket.on('close', (code) => codes.push(code));
      socket.on('message', () => socket.send(large));
    });
    await registerAt(bus.bus, await portOf(scope, http), 'hello.localhost');
    const open = async () => {
      const client = new WebSocket(`ws://127.0.0.1:${router.port}/`, { headers: { host: 'hello.localhost' } });
      scope.defer(() => client.terminate());
      await once(client, 'open');
      return client;
    };
    const [quiet, busy] = [await open(), await open()];
    const received: number[] = [];
    busy.on('message', (data: Buffer) => received.push(data.length));
    const closed = [quiet, busy].map((client) => once(client, 'close'));

    busy.send('the large one, please');
    await waitFor(
      'its beginning',
      () => (busy as unknown as { _socket: { bytesRead: number } })._socket.bytesRead > 100_000 || undefined,
      limits,
    );
    await router.leave();

    for (const [code, reason] of await Promise.all(closed)) assert.equal([code, String(reason)], [1012, 'restart']);
    assert.equal(received, [large.length]);
    await waitFor('the app to learn it', () => codes.length === 2 || undefined, limits);
    assert.equal(codes, [1012, 1012]);
  });

  it('are cut when the client does not answer', async (scope) => {
    const bus = await startBus(scope);
    const router = await startOn(scope, bus);
    const http = createServer();
    new WebSocketServer({ server: http }).on('connection', (socket) => socket.on('error', () => {}));
    await registerAt(bus.bus, await portOf(scope, http), 'hello.localhost');
    const wire = (await Wire.to(scope, router.port)).head(
      'GET / HTTP/1.1',
      'Host: hello.localhost',
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Version: 13',
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    );
    await wire.until(/101 Switching/);

    await router.leave();

    assert.ok((await wire.closed()).endsWith('\x88\x09\x03\xf4restart'));
  });
});
