import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import * as assert from 'uvu/assert';
import WebSocket, { WebSocketServer } from 'ws';
import { type LogBatch, logBatches } from '#contract/logs.ts';
import { waitFor } from '#ground/wait.ts';
import { describe, type Scope } from '../../support/spec.ts';
import {
  answerWith,
  ask,
  closedPort,
  openRouter,
  portOf,
  publishState,
  register,
  serveBytes,
  Wire,
} from './support.ts';

const limits = { limitMs: 15_000 };
const asking = ['Host: hello.localhost', 'Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13'];
const key = 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==';

/** An app that speaks websocket. @returns its port */
async function serveSockets(
  scope: Scope,
  accept: (socket: WebSocket, request: IncomingMessage) => void,
): Promise<number> {
  const http = createServer();
  const sockets = new WebSocketServer({ server: http, handleProtocols: (offered) => [...offered][0] ?? false });
  sockets.on('connection', (socket, request) => {
    socket.on('error', () => {}); // the client may leave as it likes
    accept(socket, request);
  });
  return portOf(scope, http);
}

async function openClient(scope: Scope, port: number, protocols: string[] = []): Promise<WebSocket> {
  const client = new WebSocket(`ws://127.0.0.1:${port}/chat?room=1`, protocols, {
    headers: { host: 'hello.localhost' },
  });
  scope.defer(() => client.terminate());
  client.on('error', () => {}); // a test that minds looks at `close`
  await once(client, 'open');
  return client;
}

async function nextMessage(client: WebSocket): Promise<Buffer> {
  const [data] = await once(client, 'message');
  return data as Buffer; // as nothing else was asked for
}

describe('websockets through the router', (it) => {
  it('carry messages both ways, small and large', async (scope) => {
    const { bus, port } = await openRouter(scope);
    const appPort = await serveSockets(scope, (socket) => {
      socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
    });
    await register(bus, appPort, ['hello.localhost']);
    const client = await openClient(scope, port, ['chat.v2']);
    const large = Buffer.alloc(5 * 1024 * 1024, 'abcdefg');

    client.send('hello');
    const echo = await nextMessage(client);
    client.send(large);
    const largeEcho = await nextMessage(client);

    assert.is(client.protocol, 'chat.v2');
    assert.is(echo.toString(), 'hello');
    assert.ok(largeEcho.equals(large));
  });

  it('tell the app who asks, as for any request', async (scope) => {
    const { bus, port } = await openRouter(scope);
    const appPort = await serveSockets(scope, (socket, { url, headers }) => {
      socket.send(JSON.stringify({ url, headers }));
    });
    await register(bus, appPort, ['hello.localhost'], { app: 'guid-hello', private_instance_index: '0' });
    const client = new WebSocket(`ws://127.0.0.1:${port}/chat?room=1`, {
      headers: { host: 'hello.localhost', 'x-forwarded-proto': 'wss', 'x-forwarded-for': '1.2.3.4' },
    });
    scope.defer(() => client.terminate());

    const { url, headers } = JSON.parse((await nextMessage(client)).toString());

    assert.is(url, '/chat?room=1');
    assert.is(headers.host, 'hello.localhost');
    assert.is(headers['x-forwarded-proto'], 'http');
    assert.is(headers['x-forwarded-for'], '1.2.3.4, 127.0.0.1');
    assert.is(headers['x-cf-applicationid'], 'guid-hello');
    assert.match(headers['x-vcap-request-id'], /^[0-9a-f-]{36}$/);
  });

  it('lose nothing that was sent together with the heads', async (scope) => {
    const { bus, port } = await openRouter(scope);
    let received = '';
    const appPort = await serveBytes(scope, (socket) => {
      socket.on('data', (piece: Buffer) => {
        received += piece.toString();
      });
      socket.once('data', () => {
        const head = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n';
        socket.write(`${head}Set-Cookie: a=1\r\nSet-Cookie: JSESSIONID=2\r\n\r\nfirst frame`);
      });
    });
    await register(bus, appPort, ['hello.localhost'], { private_instance_id: 'ab12' });
    const wire = await Wire.to(scope, port);

    wire.write(['GET / HTTP/1.1', ...asking, key, '', 'early bird'].join('\r\n'));
    const answer = await wire.until(/first frame$/);
    await waitFor('the early bird', () => received.endsWith('\r\n\r\nearly bird') || undefined, limits);

    assert.match(answer, /^HTTP\/1.1 101 Switching Protocols\r\n/);
    assert.match(answer, /^connection: Upgrade\r$/im);
    assert.match(answer, /^upgrade: websocket\r$/im);
    assert.match(answer, /^x-vcap-request-id: [0-9a-f-]{36}\r$/im);
    assert.equal(answer.match(/^set-cookie: .*(?=\r$)/gim), [
      'set-cookie: a=1',
      'set-cookie: JSESSIONID=2',
      'set-cookie: __VCAP_ID__=ab12; Path=/; HttpOnly',
    ]);
  });

  it('are closed with the code that the other side gave', async (scope) => {
    const { bus, port } = await openRouter(scope);
    const closes: string[] = [];
    const appPort = await serveSockets(scope, (socket) => {
      socket.on('close', (code, reason) => closes.push(`${code} ${reason}`));
      socket.on('message', () => socket.close(4001, 'enough'));
    });
    await register(bus, appPort, ['hello.localhost']);

    const leaving = await openClient(scope, port);
    leaving.close(4000, 'bye');
    await once(leaving, 'close');
    const sentAway = await openClient(scope, port);
    sentAway.send('anything');
    const [code, reason] = await once(sentAway, 'close');

    assert.is(`${code} ${reason}`, '4001 enough');
    await waitFor('both closes', () => closes.length === 2 || undefined, limits);
    assert.equal(closes, ['4000 bye', '4001 enough']);
  });

  it('end on the app side when the client is gone, and on the client side when the app is', async (scope) => {
    const { bus, port } = await openRouter(scope);
    const open = new Set<Socket>();
    const appPort = await serveBytes(scope, (socket) => {
      open.add(socket);
      socket.once('close', () => open.delete(socket));
      socket.once('data', () => {
        socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
      });
    });
    await register(bus, appPort, ['hello.localhost']);
    const dial = async () => (await Wire.to(scope, port)).head('GET / HTTP/1.1', ...asking, key);

    for (const leave of ['resetAndDestroy', 'destroy', 'end'] as const) {
      const wire = await dial();
      await wire.until(/101/);
      wire.socket[leave]();
      await waitFor(`the app to be told of ${leave}`, () => open.size === 0 || undefined, limits);
    }
    for (const leave of ['resetAndDestroy', 'destroy', 'end'] as const) {
      const wire = await dial();
      await wire.until(/101/);
      for (const socket of open) socket[leave]();
      await wire.closed();
    }
  });

  it('are refused with the answer of the app', async (scope) => {
    const { bus, port } = await openRouter(scope);
    const http = createServer();
    http.on('upgrade', (_, socket) => {
      const head = 'HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic\r\nTransfer-Encoding: chunked\r\n';
      socket.end(`${head}Connection: keep-alive\r\n\r\n5\r\nnever\r\n0\r\n\r\n`);
    });
    await register(bus, await portOf(scope, http), ['hello.localhost']);
    const wire = (await Wire.to(scope, port)).head('GET / HTTP/1.1', ...asking, key);

    const answer = await wire.closed();

    assert.match(answer, /^HTTP\/1.1 401 Unauthorized\r\n/);
    assert.match(answer, /^www-authenticate: Basic\r$/im);
    assert.match(answer, /^connection: close\r$/im);
    assert.match(answer, /5\r\nnever\r\n0\r\n\r\n$/);
  });

  for (const [what, bytes] of [
    ['hangs up', ''],
    ['speaks no HTTP', 'hello\r\n\r\n'],
  ] as const) {
    it(`are answered with 502 when the app ${what}`, async (scope) => {
      const { bus, port } = await openRouter(scope);
      await register(bus, await answerWith(scope, bytes), ['hello.localhost']);
      const wire = (await Wire.to(scope, port)).head('GET / HTTP/1.1', ...asking, key);

      assert.match(await wire.closed(), /^HTTP\/1.1 502 Bad Gateway\r\n[\s\S]*The app gave no answer/);
    });
  }

  it('are answered with 502 when no instance can be reached, and 404 when there is no app', async (scope) => {
    const { bus, port } = await openRouter(scope);
    await register(bus, await closedPort(), ['hello.localhost']);

    const down = (await Wire.to(scope, port)).head('GET / HTTP/1.1', ...asking, key);
    const unknown = (await Wire.to(scope, port)).head('GET / HTTP/1.1', 'Host: nobody', ...asking.slice(1), key);

    assert.match(await down.closed(), /^HTTP\/1.1 502 Bad Gateway\r\n/);
    assert.match(await unknown.closed(), /^HTTP\/1.1 404 Not Found\r\n[\s\S]*Requested route \('nobody'\)/);
  });

  it('go to each instance in turn, past one that is down', async (scope) => {
    const { bus, port } = await openRouter(scope);
    await register(bus, await closedPort(), ['hello.localhost']);
    for (const name of ['a', 'b']) {
      await register(bus, await serveSockets(scope, (socket) => socket.send(name)), ['hello.localhost']);
    }

    const names: string[] = [];
    for (let count = 0; count < 4; count += 1) {
      const client = new WebSocket(`ws://127.0.0.1:${port}/`, { headers: { host: 'hello.localhost' } });
      scope.defer(() => client.terminate());
      names.push((await nextMessage(client)).toString());
    }

    assert.is(names.join(''), 'abab');
  });

  it('wait for an app that is starting', async (scope) => {
    const { bus, port } = await openRouter(scope);
    await publishState(bus, 'STARTING');
    const appPort = await serveSockets(scope, (socket) => socket.send('here'));
    const wire = (await Wire.to(scope, port)).head('GET / HTTP/1.1', ...asking, key);
    await ask(port, 'nothing.localhost'); // so that the other request has surely come

    assert.is(wire.received, '');
    await register(bus, appPort, ['hello.localhost']);

    assert.match(await wire.until(/here/), /^HTTP\/1.1 101/);
  });

  it('are in the log of the app', async (scope) => {
    const { bus, port } = await openRouter(scope, { logEveryMs: 5 });
    const batches: LogBatch[] = [];
    bus.subscribe(logBatches, (batch) => void batches.push(batch));
    const appPort = await serveSockets(scope, () => {});
    await register(bus, appPort, ['hello.localhost'], { app: 'guid-hello' });

    await openClient(scope, port);
    const batch = await waitFor('the line', () => batches[0], limits);

    assert.match(batch.lines[0]?.text ?? '', /"GET \/chat\?room=1 HTTP\/1.1" 101 /);
  });

  it('take from the app only what the client takes', async (scope) => {
    const { bus, port } = await openRouter(scope);
    let sent = 0;
    const piece = Buffer.alloc(256 * 1024);
    const appPort = await serveBytes(scope, (socket) => {
      const more = () => {
        do sent += piece.length;
        while (socket.write(piece) && sent < 400 * 1024 * 1024);
      };
      socket.once('data', () => {
        socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
        more();
      });
      socket.on('drain', more);
    });
    await register(bus, appPort, ['hello.localhost']);
    const wire = await Wire.to(scope, port);

    wire.socket.pause();
    wire.head('GET / HTTP/1.1', ...asking, key);
    let before = -1;
    await waitFor(
      'the app to stop sending',
      () => {
        const isStill = sent > 0 && sent === before;
        before = sent;
        return isStill || undefined;
      },
      { ...limits, everyMs: 200 },
    );

    assert.ok(sent < 32 * 1024 * 1024, `${sent} bytes`);
  });
});
