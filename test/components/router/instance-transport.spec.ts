import { once } from 'node:events';
import { request } from 'node:http';
import { connect, type Socket } from 'node:net';
import * as assert from 'uvu/assert';
import { waitFor } from '#ground/wait.ts';
import { describe } from '../../support/spec.ts';
import { ask, closedPort, openRouter, register, serveApp, serveBytes, Wire } from './support.ts';

const host = 'Host: hello.localhost';
const limits = { limitMs: 15_000 };

describe('InstanceTransport', (it) => {
  it('passes 4 MB up and down unchanged', async (scope) => {
    const { bus, port } = await openRouter(scope);
    await register(bus, await serveApp(scope, (message, response) => void message.pipe(response)), ['hello.localhost']);
    const body = Buffer.alloc(4 * 1024 * 1024, 'The quick brown fox. ');

    const answer = await ask(port, 'hello.localhost', { method: 'POST', body });

    assert.is(answer.body === body.toString(), true);
  });

  it('gives the app the head of an upload before its body', async (scope) => {
    const { bus, port } = await openRouter(scope);
    let begun = false;
    const appPort = await serveApp(scope, (message, response) => {
      begun = true;
      message.on('end', () => response.end('ok')).resume();
    });
    await register(bus, appPort, ['hello.localhost']);
    const wire = (await Wire.to(scope, port)).head('POST / HTTP/1.1', host, 'Content-Length: 3');

    await waitFor('the head', () => begun || undefined, limits);
    wire.write('abc');

    assert.match(await wire.until(/ok/), /^HTTP\/1.1 200/);
  });

  it('tells the app when the client leaves: before, within and after the head of the answer', async (scope) => {
    const { bus, port } = await openRouter(scope);
    const open = new Set<Socket>();
    const appPort = await serveBytes(scope, (socket) => {
      open.add(socket);
      socket.once('close', () => open.delete(socket));
      socket.on('data', (piece: Buffer) => {
        if (piece.includes('/stream')) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nbegun');
      });
    });
    await register(bus, appPort, ['hello.localhost']);

    for (const [head, sign] of [
      ['GET /silent HTTP/1.1', undefined],
      ['GET /stream HTTP/1.1', /begun/],
      ['POST /upload HTTP/1.1\r\nContent-Length: 1000', undefined],
    ] as const) {
      const wire = (await Wire.to(scope, port)).head(head, host);
      await waitFor(`the app to get ${head}`, () => open.size === 1 || undefined, limits);
      if (sign !== undefined) await wire.until(sign);
      wire.socket.destroy();
      await waitFor('the app to be told', () => open.size === 0 || undefined, limits);
    }
  });

  it('leaves no connection to the app behind when 500 clients leave', async (scope) => {
    const { bus, port } = await openRouter(scope);
    const open = new Set<Socket>();
    let asked = 0;
    const appPort = await serveBytes(scope, (socket) => {
      open.add(socket);
      socket.once('close', () => open.delete(socket));
      socket.on('data', (piece: Buffer) => {
        asked += 1;
        if (piece.includes('/quick')) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
      });
    });
    await register(bus, appPort, ['hello.localhost']);

    for (let round = 0; round < 10; round += 1) {
      const clients = Array.from({ length: 50 }, () => connect(port, '127.0.0.1'));
      await Promise.all(clients.map((client) => once(client, 'connect')));
      for (const client of clients) client.write(`GET /silent HTTP/1.1\r\n${host}\r\n\r\n`);
      // Half of them leave at once, before the router has even asked the app.
      if (round % 2 === 0) await waitFor('the app to be asked', () => open.size >= 50 || undefined, limits);
      for (const client of clients) client.destroy();
      await waitFor('the connections to end', () => open.size <= 1 || undefined, limits);
    }
    const answer = await ask(port, 'hello.localhost', { path: '/quick' });

    assert.is(answer.body, 'ok');
    assert.ok(asked > 250);
  });

  it(
    'repeats a request that a closing connection swallowed: 600 requests, no failure',
    async (scope) => {
      const { bus, port } = await openRouter(scope);
      let connections = 0;
      const appPort = await serveBytes(scope, (socket) => {
        connections += 1;
        socket.on('data', () => {
          socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
          setTimeout(() => socket.destroy(), Math.random() * 3);
        });
      });
      await register(bus, appPort, ['hello.localhost']);
      const statuses = new Map<number, number>();

      const client = async () => {
        for (let count = 0; count < 75; count += 1) {
          const { status } = await ask(port, 'hello.localhost');
          statuses.set(status, (statuses.get(status) ?? 0) + 1);
        }
      };
      await Promise.all(Array.from({ length: 8 }, client));

      assert.equal([...statuses], [[200, 600]]);
      assert.ok(connections < 600, 'connections were kept at all');
    },
    { timeoutMs: 120_000 },
  );

  it('sends a request that must not arrive twice on a connection of its own', async (scope) => {
    const { bus, port } = await openRouter(scope);
    const bodies: string[] = [];
    let connections = 0;
    const appPort = await serveBytes(scope, (socket) => {
      connections += 1;
      let asked = 0;
      socket.on('data', (piece: Buffer) => {
        asked += 1;
        if (asked > 1) return socket.destroy(); // a kept connection is a dead one here
        bodies.push(piece.toString().split('\r\n\r\n')[1] ?? '');
        return socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
      });
    });
    await register(bus, appPort, ['hello.localhost']);

    for (const body of ['', 'one', 'two']) {
      const method = body === '' ? 'GET' : 'POST';
      const answer = await ask(port, 'hello.localhost', {
        method,
        body,
        headers: { 'content-length': `${body.length}` },
      });
      assert.is(answer.body, 'ok');
    }

    assert.is(connections, 3);
    assert.equal(bodies, ['', 'one', 'two']);
  });

  it('answers 502 to a request that must not arrive twice when the app hangs up on it', async (scope) => {
    const { bus, port } = await openRouter(scope);
    let asked = 0;
    const appPort = await serveBytes(scope, (socket) => {
      asked += 1;
      socket.once('data', () => socket.destroy());
    });
    await register(bus, appPort, ['hello.localhost']);

    const answer = await ask(port, 'hello.localhost', { method: 'POST', body: 'once' });

    assert.is(answer.status, 502);
    assert.is(asked, 1);
  });

  it('has another instance take a request, body and all, when one refuses it', async (scope) => {
    const { bus, port } = await openRouter(scope);
    for (let count = 0; count < 3; count += 1) await register(bus, await closedPort(), ['hello.localhost']);
    await register(bus, await serveApp(scope, (message, response) => void message.pipe(response)), ['hello.localhost']);
    const body = 'x'.repeat(300_000);

    const answer = await ask(port, 'hello.localhost', { method: 'POST', body });

    assert.is(answer.status, 200);
    assert.is(answer.body.length, body.length);
  });

  it('passes on an answer that comes before the upload is over', async (scope) => {
    const { bus, port } = await openRouter(scope);
    const appPort = await serveApp(scope, (_, response) => response.writeHead(413).end('too much'));
    await register(bus, appPort, ['hello.localhost']);
    const outgoing = request({
      port,
      host: '127.0.0.1',
      method: 'POST',
      agent: false,
      headers: { host: 'hello.localhost' },
    });
    scope.defer(() => outgoing.destroy());
    outgoing.on('error', () => {}); // after its answer the router may stop reading

    outgoing.write(Buffer.alloc(64 * 1024));
    const [answer] = await once(outgoing, 'response');

    assert.is(answer.statusCode, 413);
  });

  it('takes from the app only what the client takes', async (scope) => {
    const { bus, port } = await openRouter(scope);
    let sent = 0;
    const piece = Buffer.alloc(256 * 1024);
    const appPort = await serveApp(scope, (_, response) => {
      const more = () => {
        do sent += piece.length;
        while (response.write(piece) && sent < 400 * 1024 * 1024);
      };
      response.on('drain', more);
      more();
    });
    await register(bus, appPort, ['hello.localhost']);
    const client = connect(port, '127.0.0.1');
    scope.defer(() => client.destroy());
    await once(client, 'connect');

    client.pause();
    client.write(`GET / HTTP/1.1\r\n${host}\r\n\r\n`);
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

  it(
    'carries 100 MB without keeping them',
    async (scope) => {
      const { bus, port } = await openRouter(scope);
      const total = 100 * 1024 * 1024;
      const piece = Buffer.alloc(64 * 1024);
      const appPort = await serveApp(scope, (_, response) => {
        let sent = 0;
        const more = () => {
          while (sent < total) {
            sent += piece.length;
            if (!response.write(piece)) return;
          }
          response.end();
        };
        response.on('drain', more);
        more();
      });
      await register(bus, appPort, ['hello.localhost']);
      await ask(port, 'nothing.localhost');
      const before = process.memoryUsage.rss();
      let received = 0;
      let peak = 0;

      const client = connect(port, '127.0.0.1');
      client.on('data', (data: Buffer) => {
        received += data.length;
        peak = Math.max(peak, process.memoryUsage.rss());
      });
      client.write(`GET / HTTP/1.1\r\n${host}\r\nConnection: close\r\n\r\n`);
      await once(client, 'close');

      assert.ok(received > total);
      assert.ok(peak - before < 64 * 1024 * 1024, `${Math.round((peak - before) / 1024 / 1024)} MB more`);
    },
    { timeoutMs: 120_000 },
  );
});
