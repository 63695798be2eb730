import * as assert from 'uvu/assert';
import { describe, type Scope } from '../../support/spec.ts';
import { openRouter, register, serveApp, serveBytes, talk, Wire } from './support.ts';

const host = 'Host: hello.localhost';

/** An app that keeps the heads of the requests it gets, and a way to send it bytes. */
async function openApp(scope: Scope) {
  const { bus, port } = await openRouter(scope);
  const seen: string[] = [];
  const appPort = await serveApp(scope, (request, response) => {
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('end', () => {
      seen.push(`${request.method} ${request.url} ${Buffer.concat(pieces)}`);
      response.end('ok');
    });
  });
  await register(bus, appPort, ['hello.localhost']);
  return { port, seen, send: (...lines: string[]) => talk(scope, port, lines.join('\r\n')) };
}

/** What must not reach an app, and the status it is answered with. */
const refused: Record<string, [status: number, ...lines: string[]]> = {
  'two Host headers': [400, 'GET / HTTP/1.1', host, 'Host: other.localhost', '', ''],
  'two equal Host headers': [400, 'GET / HTTP/1.1', host, host, '', ''],
  'no Host': [400, 'GET / HTTP/1.1', '', ''],
  'no Host in HTTP/1.0': [400, 'GET / HTTP/1.0', '', ''],
  'an empty Host': [400, 'GET / HTTP/1.1', 'Host:', '', ''],
  'a Host that is none': [400, 'GET / HTTP/1.1', 'Host: hello.localhost/x', '', ''],
  'a Host with a user': [400, 'GET / HTTP/1.1', 'Host: me@hello.localhost', '', ''],
  'a target at another host': [400, 'GET http://evil.localhost/ HTTP/1.1', host, '', ''],
  'a target at another port': [400, 'GET http://hello.localhost:81/ HTTP/1.1', host, '', ''],
  'a target with a user': [400, 'GET http://me@hello.localhost/ HTTP/1.1', host, '', ''],
  'a target of another scheme': [400, 'GET ftp://hello.localhost/ HTTP/1.1', host, '', ''],
  'gzip, chunked': [501, 'POST / HTTP/1.1', host, 'Transfer-Encoding: gzip, chunked', '', '0', '', ''],
  'chunked in HTTP/1.0': [400, 'POST / HTTP/1.0', host, 'Transfer-Encoding: chunked', '', '0', '', ''],
  'both lengths': [400, 'POST / HTTP/1.1', host, 'Content-Length: 5', 'Transfer-Encoding: chunked', '', '0', '', ''],
  'two lengths': [400, 'POST / HTTP/1.1', host, 'Content-Length: 3', 'Content-Length: 5', '', 'abcde'],
  'a list of lengths': [400, 'POST / HTTP/1.1', host, 'Content-Length: 3, 5', '', 'abcde'],
  'a signed length': [400, 'POST / HTTP/1.1', host, 'Content-Length: +3', '', 'abc'],
  'a blank before the colon': [400, 'POST / HTTP/1.1', host, 'Content-Length : 3', '', 'abc'],
  'chunked twice': [400, 'POST / HTTP/1.1', host, 'Transfer-Encoding: chunked, chunked', '', '0', '', ''],
  'a folded header': [400, 'GET / HTTP/1.1', host, 'X-A: b', ' c', '', ''],
  'a chunk size that is none': [400, 'POST / HTTP/1.1', host, 'Transfer-Encoding: chunked', '', 'zz', 'a', '0', '', ''],
  'a bare line feed': [400, `GET / HTTP/1.1\n${host}\n\n`],
  'a zero byte': [400, 'GET / HTTP/1.1', host, 'X-A: \0', '', ''],
  'a bare carriage return': [400, 'GET / HTTP/1.1', host, 'X-A: b\rX-B: c', '', ''],
  'a control character in the target': [400, 'GET /\x01 HTTP/1.1', host, '', ''],
  'an upgrade to HTTP/2': [
    400,
    'GET / HTTP/1.1',
    host,
    'Connection: Upgrade, HTTP2-Settings',
    'Upgrade: h2c',
    'HTTP2-Settings: AAMAAABkAAQAAP__',
    '',
    '',
  ],
  'a websocket by POST': [400, 'POST / HTTP/1.1', host, 'Connection: Upgrade', 'Upgrade: websocket', '', ''],
  'a websocket with a body': [
    400,
    'GET / HTTP/1.1',
    host,
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Content-Length: 5',
    '',
    'hello',
  ],
  'a tunnel': [405, 'CONNECT hello.localhost:80 HTTP/1.1', host, '', ''],
  'an expectation nobody knows': [417, 'GET / HTTP/1.1', host, 'Expect: a-miracle', 'Connection: close', '', ''],
  'a head of more than 16 KB': [431, 'GET / HTTP/1.1', host, `X-A: ${'a'.repeat(20_000)}`, '', ''],
};

describe('checkRequest', (it) => {
  for (const [what, [status, ...lines]] of Object.entries(refused)) {
    it(`answers ${what} with ${status} and hangs up`, async (scope) => {
      const { port, seen } = await openApp(scope);
      const wire = await Wire.to(scope, port);

      wire.write(lines.join('\r\n'));

      assert.match(await wire.closed(), new RegExp(`^HTTP/1.1 ${status} `));
      assert.equal(
        seen.filter((each) => !/^POST/.test(each)),
        [],
      );
    });
  }

  it('says in words what is wrong', async (scope) => {
    const { send } = await openApp(scope);

    const answer = await send('GET / HTTP/1.1', host, 'Host: other', '', '');

    assert.match(answer, 'Connection: close');
    assert.match(answer, '400 Bad Request: There are two Host headers.');
  });

  it('lets a target at the same host pass, as its path', async (scope) => {
    const { send, seen } = await openApp(scope);

    await send('GET http://HELLO.localhost/a?b HTTP/1.1', host, 'Connection: close', '', '');
    await send('GET http://hello.localhost?c HTTP/1.1', host, 'Connection: close', '', '');
    await send('OPTIONS * HTTP/1.1', host, 'Connection: close', '', '');

    assert.equal(seen, ['GET /a?b ', 'GET /?c ', 'OPTIONS * ']);
  });

  it('lets a body of each framing pass, whatever the method', async (scope) => {
    const { send, seen } = await openApp(scope);
    const methods = ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'GET'];

    for (const method of methods) {
      const chunked = ['Transfer-Encoding: Chunked', 'Connection: close', '', '3', 'abc', '0', '', ''];
      await send(`${method} /1 HTTP/1.1`, host, ...chunked);
      await send(`${method} /2 HTTP/1.1`, host, 'Content-Length: 3', 'Connection: close', '', 'abc');
      await send(`${method} /3 HTTP/1.1`, host, 'Connection: close', '', '');
    }

    assert.equal(
      seen,
      methods.flatMap((method) => [`${method} /1 abc`, `${method} /2 abc`, `${method} /3 `]),
    );
  });

  it(
    'never lets a request hide in the body of another',
    async (scope) => {
      const { bus, port } = await openRouter(scope);
      const hidden: string[] = [];
      // It reads as a careless server does: what has no length has no body, and what follows is the next request.
      const appPort = await serveApp(scope, (request, response) => {
        if (request.url === '/secret') hidden.push(request.method ?? '');
        request.resume();
        response.end('ok');
      });
      await register(bus, appPort, ['hello.localhost']);
      const secret = `GET /secret HTTP/1.1\r\n${host}\r\n\r\n`;
      const body = `${secret.length.toString(16)}\r\n${secret}\r\n0\r\n\r\n`;
      const many = Array.from({ length: 1_500 }, (_, count) => `a${count}:`);
      const variants = [
        ['Transfer-Encoding: chunked'],
        ['Transfer-Encoding: chunked', 'Connection: transfer-encoding'],
        ['Transfer-Encoding: chunked', 'Connection: close, transfer-encoding, content-length'],
        [...many, 'Transfer-Encoding: chunked'],
      ];

      for (let round = 0; round < 5; round += 1) {
        for (const headers of variants) {
          for (const method of ['DELETE', 'OPTIONS', 'GET', 'POST']) {
            const wire = await Wire.to(scope, port);
            wire.write([`${method} / HTTP/1.1`, host, ...headers, '', body].join('\r\n'));
            assert.match(await wire.until(/ok/), /^HTTP\/1.1 200/);
            wire.socket.destroy();
            assert.match(await talk(scope, port, `GET /next HTTP/1.1\r\n${host}\r\nConnection: close\r\n\r\n`), /ok/);
          }
        }
      }

      assert.equal(hidden, []);
    },
    { timeoutMs: 120_000 },
  );

  it('keeps the length of a body when Connection names it', async (scope) => {
    const { bus, port } = await openRouter(scope);
    let head = '';
    const appPort = await serveBytes(scope, (socket) => {
      socket.on('data', (piece: Buffer) => {
        head += piece.toString();
        if (head.endsWith('abcde')) socket.end('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
      });
    });
    await register(bus, appPort, ['hello.localhost']);

    const lines = ['PUT / HTTP/1.1', host, 'Content-Length: 5', 'Connection: close, content-length, host', '', 'abcde'];
    const answer = await talk(scope, port, lines.join('\r\n'));

    assert.match(answer, /^HTTP\/1.1 200/);
    assert.match(head, /content-length: 5\r\n/i);
    assert.match(head, /host: hello.localhost\r\n/i);
  });

  it('cuts off a client that takes too long over the head of its request', async (scope) => {
    const { port } = await openRouter(scope, { headersMs: 300 });
    const wire = await Wire.to(scope, port);
    const startedAt = performance.now();

    wire.write('GET / HTTP/1.1\r\nHost: hel');

    assert.match(await wire.closed(), /^HTTP\/1.1 408/);
    assert.ok(performance.now() - startedAt < 10_000, 'not the limit of a router that was told none');
  });
});
