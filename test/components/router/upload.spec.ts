import { once } from 'node:events';
import * as assert from 'uvu/assert';
import { sleep, waitFor } from '#ground/wait.ts';
import { describe } from '../../support/spec.ts';
import { ask, closedPort, openRouter, register, serveApp, serveBytes, Wire } from './support.ts';

const host = 'Host: hello.localhost';
const limits = { limitMs: 15_000 };
const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
const next = (wire: Wire) => wire.head('GET / HTTP/1.1', host).until(/ok$/);
const end = (wire: Wire) => wire.closed();

describe('an upload, or a download by a slow client,', (it) => {
  for (const [what, more, expected, last] of [
    ['goes on', 'Connection: keep-alive', /too muchHTTP\/1.1 200 OK[\s\S]*ok$/, next],
    ['wants to hang up', 'Connection: close', /^HTTP\/1.1 413 Too Much\r\n[\s\S]*too much$/, end],
  ] as const) {
    it(`lets a client that ${what} have an answer that comes before its upload is over, 20 of 20 times`, async (scope) => {
      const { bus, port } = await openRouter(scope);
      const appPort = await serveBytes(scope, (socket) => {
        socket.on('data', (piece: Buffer) => {
          if (piece.includes('POST')) socket.write('HTTP/1.1 413 Too Much\r\nContent-Length: 8\r\n\r\ntoo much');
          if (piece.includes('GET')) socket.write(ok);
        });
      });
      await register(bus, appPort, ['hello.localhost']);

      for (let count = 0; count < 20; count += 1) {
        const wire = await Wire.to(scope, port);
        wire.head('POST / HTTP/1.1', host, 'Content-Length: 2000000', more);
        await wire.write('x'.repeat(300_000)).until(/too much$/);
        for (let piece = 0; piece < 17; piece += 1) wire.write('x'.repeat(100_000));

        assert.match(await last(wire), expected);
        wire.socket.destroy();
      }
    });
  }

  it('ends when a client sends no more of its body, with 408', async (scope) => {
    const { bus, port } = await openRouter(scope, { bodyIdleMs: 200 });
    let open = 0;
    const appPort = await serveBytes(scope, (socket) => {
      open += 1;
      socket.resume().once('close', () => {
        open -= 1;
      });
    });
    await register(bus, appPort, ['hello.localhost']);
    const wire = await Wire.to(scope, port);

    wire.head('POST / HTTP/1.1', host, 'Content-Length: 10').write('abc');

    assert.match(await wire.closed(), /^HTTP\/1.1 408 Request Timeout\r\n[\s\S]*did not come in time/);
    await waitFor('the app to be told', () => open === 0 || undefined, limits);
  });

  it('goes on while a client is slow over its body, and while the instance is', async (scope) => {
    const { bus, port } = await openRouter(scope, { bodyIdleMs: 1_500 });
    const appPort = await serveApp(scope, (request, response) => {
      request.pause();
      setTimeout(() => request.on('end', () => response.end('all of it')).resume(), 4_000);
    });
    await register(bus, appPort, ['hello.localhost']);
    const wire = await Wire.to(scope, port);
    wire.head('POST / HTTP/1.1', host, 'Content-Length: 8000005');

    for (let count = 0; count < 5; count += 1) {
      wire.write('x');
      await sleep(400);
    }
    wire.write('x'.repeat(8_000_000));

    assert.match(await wire.until(/all of it$/), /^HTTP\/1.1 200/);
  });

  it('ends when a client takes nothing of its answer any more', async (scope) => {
    const { bus, port } = await openRouter(scope, { stallMs: 300 });
    let isTold = false;
    const appPort = await serveApp(scope, (_, response) => {
      response.once('close', () => {
        isTold = true;
      });
      const more = () => {
        while (!response.destroyed && response.write(Buffer.alloc(256 * 1024)));
      };
      response.on('drain', more);
      more();
    });
    await register(bus, appPort, ['hello.localhost']);
    const wire = await Wire.to(scope, port);

    wire.socket.pause();
    wire.head('GET / HTTP/1.1', host);

    await waitFor('the app to be told', () => isTold || undefined, limits);
  });

  it('is not waited for after an answer to a client that was never told to send its body', async (scope) => {
    const { bus, port } = await openRouter(scope, { newsMs: 1 });
    await register(bus, await closedPort(), ['hello.localhost']);
    const wire = await Wire.to(scope, port);

    wire.head('POST / HTTP/1.1', host, 'Expect: 100-continue', 'Content-Length: 40');

    assert.match(await wire.closed(), /^HTTP\/1.1 502[\s\S]*\r\nConnection: close\r\n/);
  });

  it(
    'carries 100 MB up without keeping them',
    async (scope) => {
      const { bus, port } = await openRouter(scope);
      const total = 100 * 1024 * 1024;
      let received = 0;
      const appPort = await serveApp(scope, (request, response) => {
        request.on('data', (piece: Buffer) => {
          received += piece.length;
        });
        request.on('end', () => response.end('done'));
      });
      await register(bus, appPort, ['hello.localhost']);
      await ask(port, 'hello.localhost');
      const wire = await Wire.to(scope, port);
      const piece = Buffer.alloc(256 * 1024);
      const before = process.memoryUsage.rss();
      let peak = 0;

      wire.head('POST / HTTP/1.1', host, `Content-Length: ${total}`);
      for (let sent = 0; sent < total; sent += piece.length) {
        if (!wire.socket.write(piece)) await once(wire.socket, 'drain');
        peak = Math.max(peak, process.memoryUsage.rss());
      }
      await wire.until(/done$/, 20_000);

      assert.is(received, total);
      assert.ok(peak - before < 64 * 1024 * 1024, `${Math.round((peak - before) / 1024 / 1024)} MB more`);
    },
    { timeoutMs: 120_000 },
  );
});
