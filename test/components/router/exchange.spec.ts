import * as assert from 'uvu/assert';
import { describe, type Scope } from '../../support/spec.ts';
import { answerWith, ask, openRouter, register, serveApp, serveBytes, talk, Wire } from './support.ts';

const host = 'Host: hello.localhost';
const hello = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello';

/** A router with one app that answers each request with these bytes, whatever they are. */
async function openWith(scope: Scope, bytes: string | Buffer) {
  const router = await openRouter(scope);
  await register(router.bus, await answerWith(scope, bytes), ['hello.localhost']);
  return router;
}

/** What an app may send that is no answer. */
const nonsense: Record<string, string> = {
  'bytes that are not HTTP': 'hello there\r\n\r\n',
  'a control character in the reason phrase': 'HTTP/1.1 200 O\x01K\r\nContent-Length: 0\r\n\r\n',
  'a zero byte in a header': 'HTTP/1.1 200 OK\r\nX-A: b\0c\r\nContent-Length: 0\r\n\r\n',
  'a control character in a header': 'HTTP/1.1 200 OK\r\nX-A: b\x01c\r\nContent-Length: 0\r\n\r\n',
  'a header name with a blank': 'HTTP/1.1 200 OK\r\nX A: b\r\nContent-Length: 0\r\n\r\n',
  'both lengths': 'HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  'two lengths': 'HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabc',
  'a status below 100': 'HTTP/1.1 042 Early\r\nContent-Length: 0\r\n\r\n',
  'a status of four digits': 'HTTP/1.1 2000 OK\r\nContent-Length: 0\r\n\r\n',
  'a switch of protocols nobody asked for':
    'HTTP/1.1 101 Switching\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
  'a head without end': 'HTTP/1.1 200 OK\r\nX-A: b\r\n',
  'a head of more than 16 KB': `HTTP/1.1 200 OK\r\nX-A: ${'a'.repeat(20_000)}\r\n\r\n`,
  'nothing at all': '',
};

/** Answers that look odd and are good. */
const odd: Record<string, [bytes: string, expected: RegExp]> = {
  'without a reason phrase': ['HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nok', /^HTTP\/1.1 200 \r\n[\s\S]*ok$/],
  'with a status of its own': ['HTTP/1.1 799 So\r\nContent-Length: 2\r\n\r\nok', /^HTTP\/1.1 799 So\r\n[\s\S]*ok$/],
  'of HTTP/1.0, ended by hanging up': [
    'HTTP/1.0 200 OK\r\n\r\nold',
    /^HTTP\/1.1 200 OK\r\n[\s\S]*3\r\nold\r\n0\r\n\r\n$/,
  ],
  'with letters beyond ASCII': [
    'HTTP/1.1 200 \xe9\r\nX-A: \xe9\r\nContent-Length: 0\r\n\r\n',
    /200 \xe9\r\n[\s\S]*X-A: \xe9/,
  ],
  'of status 204 with a length': [
    'HTTP/1.1 204 No\r\nContent-Length: 2\r\n\r\n',
    /^HTTP\/1.1 204 No\r\n(?![\s\S]*length)/i,
  ],
  'of status 304': ['HTTP/1.1 304 Same\r\nETag: "a"\r\n\r\n', /^HTTP\/1.1 304 Same\r\n[\s\S]*ETag: "a"/],
  'with headers spelled and repeated': [
    'HTTP/1.1 200 OK\r\nSet-Cookie: a=1\r\nx-MIXED: c\r\nSet-Cookie: b=2\r\nContent-Length: 0\r\n\r\n',
    /Set-Cookie: a=1\r\nx-MIXED: c\r\nSet-Cookie: b=2/,
  ],
};

/** Numbers from 0 to 1 that are the same in each run (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

describe('an exchange with an instance', (it) => {
  for (const [what, bytes] of Object.entries(nonsense)) {
    it(`answers 502 when the app sends ${what}, and goes on`, async (scope) => {
      const { bus, port } = await openWith(scope, Buffer.from(bytes, 'latin1'));
      await register(bus, await serveApp(scope, (_, response) => response.end('fine')), ['other.localhost']);

      const answer = await ask(port, 'hello.localhost');

      assert.is(answer.status, 502);
      assert.is(answer.headers['x-cf-routererror'], 'endpoint_failure');
      assert.match(answer.body, /^502 Bad Gateway: hello\.localhost gave no answer to this request: .+\.\n$/);
      assert.is((await ask(port, 'other.localhost')).body, 'fine');
    });
  }

  it('ends each request whatever is wrong with its answer', async (scope) => {
    const { bus, port } = await openRouter(scope);
    const random = randomFrom(20_121_113);
    const templates = [...Object.values(nonsense), ...Object.values(odd).map(([bytes]) => bytes)];
    const upgrade = 'Connection: Upgrade\r\nUpgrade: websocket\r\n';
    const appPort = await serveBytes(scope, (socket) => {
      const bytes = Buffer.from(templates[Math.floor(random() * templates.length)] ?? '', 'latin1');
      for (let count = 0; count < 3 && bytes.length > 0; count += 1) {
        bytes[Math.floor(random() * bytes.length)] = Math.floor(random() * 256);
      }
      socket.once('data', () => socket.end(bytes));
    });
    await register(bus, appPort, ['hello.localhost']);

    for (let count = 0; count < 400; count += 1) {
      const more = count % 4 === 0 ? upgrade : 'Connection: close\r\n';
      await talk(scope, port, `GET / HTTP/1.1\r\n${host}\r\n${more}\r\n`);
    }

    await register(bus, await serveApp(scope, (_, response) => response.end('fine')), ['other.localhost']);
    assert.is((await ask(port, 'other.localhost')).body, 'fine');
  });

  for (const [what, [bytes, expected]] of Object.entries(odd)) {
    it(`passes an answer on ${what}`, async (scope) => {
      const { port } = await openWith(scope, Buffer.from(bytes, 'latin1'));

      const answer = await talk(scope, port, `GET / HTTP/1.1\r\n${host}\r\nConnection: close\r\n\r\n`);

      assert.match(answer, expected);
    });
  }

  it('gives the client the head of an answer before the first byte of its body', async (scope) => {
    const { bus, port } = await openRouter(scope);
    let send: ((event: string) => void) | undefined;
    const appPort = await serveApp(scope, (_, response) => {
      response.writeHead(200, { 'Content-Type': 'text/event-stream' });
      response.flushHeaders();
      send = (event) => void response.write(event);
    });
    await register(bus, appPort, ['hello.localhost']);
    const wire = (await Wire.to(scope, port)).head('GET / HTTP/1.1', host);

    const head = await wire.until(/\r\n\r\n/);
    send?.('data: 1\n\n');
    const first = await wire.until(/data: 1/);

    assert.match(head, /text\/event-stream/);
    assert.not.match(first, /data: 2/);
    send?.('data: 2\n\n');
    await wire.until(/data: 2/);
  });

  it('asks the app whether a body that waits may come', async (scope) => {
    const { bus, port } = await openRouter(scope);
    const heads: string[] = [];
    const appPort = await serveBytes(scope, (socket) => {
      socket.on('data', (piece: Buffer) => {
        const text = piece.toString();
        heads.push(text);
        if (/expect: 100-continue/i.test(text) && /\/yes/.test(text)) socket.write('HTTP/1.1 100 Continue\r\n\r\n');
        else if (/\/no/.test(text)) socket.end('HTTP/1.1 417 No\r\nContent-Length: 2\r\n\r\nno');
        else socket.end('HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nyes');
      });
    });
    await register(bus, appPort, ['hello.localhost']);
    const ask100 = async (path: string) => {
      const wire = await Wire.to(scope, port);
      return wire.head(`POST ${path} HTTP/1.1`, host, 'Expect: 100-continue', 'Content-Length: 3');
    };

    const yes = await ask100('/yes');
    assert.match(await yes.until(/\r\n\r\n/), /^HTTP\/1.1 100 Continue\r\n\r\n$/);
    yes.write('abc');
    assert.match(await yes.until(/yes$/), /HTTP\/1.1 200/);
    const no = await ask100('/no');
    const refusal = await no.closed();

    assert.match(refusal, /^HTTP\/1.1 417 No/);
    assert.not.match(refusal, /100 Continue/);
    assert.is(heads.length, 3);
  });

  it('passes hints and trailers on', async (scope) => {
    const { bus, port } = await openRouter(scope);
    let trailers: unknown;
    const appPort = await serveApp(scope, (message, response) => {
      message.resume().on('end', () => {
        trailers = message.trailers;
        response.writeEarlyHints({ link: '</a.css>; rel=preload; as=style' });
        response.writeHead(200, { Trailer: 'X-Sum' });
        response.write('body');
        response.addTrailers({ 'X-Sum': '42' });
        response.end();
      });
    });
    await register(bus, appPort, ['hello.localhost']);
    const wire = await Wire.to(scope, port);

    wire.head('POST / HTTP/1.1', host, 'Transfer-Encoding: chunked', 'Trailer: X-Up', 'Connection: close');
    wire.write('3\r\nabc\r\n0\r\nX-Up: 7\r\n\r\n');
    const answer = await wire.closed();

    assert.equal(trailers, { 'x-up': '7' });
    assert.match(answer, /^HTTP\/1.1 103 Early Hints\r\nLink: <\/a.css>; rel=preload; as=style\r\n\r\nHTTP\/1.1 200/);
    assert.match(answer, /Trailer: X-Sum\r\n[\s\S]*4\r\nbody\r\n0\r\nX-Sum: 42\r\n\r\n$/);
  });

  const news = [
    'HTTP/1.1 102 Processing\r\n\r\n',
    'HTTP/1.1 103 Early Hints\r\nX-Only: no link\r\n\r\n',
    'HTTP/1.1 103 Early Hints\r\nlink: </a.css>\r\nLink: </b.js>\r\n\r\n',
    'HTTP/1.1 199 Whatever\r\nX-News: \xe9\r\n\r\n',
  ];

  it('passes early news of any number, byte for byte', async (scope) => {
    const { bus, port } = await openRouter(scope);
    const bytes = Buffer.from(`${news.join('')}${hello}`, 'latin1');
    await register(bus, await answerWith(scope, bytes), ['hello.localhost']);

    const answer = await talk(scope, port, `GET / HTTP/1.1\r\n${host}\r\nConnection: close\r\n\r\n`);

    assert.is(answer.slice(0, answer.indexOf('HTTP/1.1 200')), news.join(''));
    assert.match(answer, /hello$/);
  });

  it('keeps from the client what of the news concerns another connection or a body', async (scope) => {
    const { bus, port } = await openRouter(scope);
    const told =
      'HTTP/1.1 103\r\nConnection: X-Hop\r\nX-Hop: 1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\nX-A: 1\r\n\r\n';
    await register(bus, await answerWith(scope, `${told}${hello}`), ['hello.localhost']);

    const answer = await talk(scope, port, `GET / HTTP/1.1\r\n${host}\r\nConnection: close\r\n\r\n`);

    assert.match(answer, /^HTTP\/1.1 103 Early Hints\r\nX-A: 1\r\n\r\nHTTP\/1.1 200/);
  });

  it('has no news for an old client, which knows nothing of such', async (scope) => {
    const { bus, port } = await openRouter(scope);
    await register(bus, await answerWith(scope, `${news.join('')}${hello}`), ['hello.localhost']);

    const answer = await talk(scope, port, `GET / HTTP/1.0\r\n${host}\r\n\r\n`);

    assert.match(answer, /^HTTP\/1.1 200/);
  });

  it('never puts the news of one answer before the end of another', async (scope) => {
    const { bus, port } = await openRouter(scope);
    const slow = await serveApp(scope, (_, response) => void setTimeout(() => response.end('slow'), 100));
    await register(bus, slow, ['slow.localhost']);
    await register(bus, await answerWith(scope, `${news.join('')}${hello}`), ['hello.localhost']);
    const wire = await Wire.to(scope, port);

    wire.head('GET / HTTP/1.1', 'Host: slow.localhost').head('GET / HTTP/1.1', host, 'Connection: close');
    const answers = await wire.closed();

    assert.match(answers, /^HTTP\/1.1 200 OK\r\n[\s\S]*slow[\s\S]*HTTP\/1.1 200[\s\S]*hello$/);
  });

  it('lets an old client have an answer without chunks', async (scope) => {
    const { bus, port } = await openRouter(scope);
    await register(
      bus,
      await serveApp(scope, (_, response) => {
        response.write('a');
        response.end('b');
      }),
      ['hello.localhost'],
    );

    const answer = await talk(scope, port, `GET / HTTP/1.0\r\n${host}\r\n\r\n`);

    assert.match(answer, /^HTTP\/1.1 200 OK\r\n[\s\S]*\r\n\r\nab$/);
    assert.not.match(answer, /chunked/i);
  });

  it('answers a HEAD request without a body, and the next one on the same connection', async (scope) => {
    const { bus, port } = await openRouter(scope);
    const appPort = await serveApp(scope, (_, response) => response.setHeader('Content-Length', 5).end('hello'));
    await register(bus, appPort, ['hello.localhost']);
    const wire = await Wire.to(scope, port);

    wire.head('HEAD / HTTP/1.1', host).head('GET / HTTP/1.1', host, 'Connection: close');
    const answers = (await wire.closed()).split(/(?=HTTP\/1.1 200)/);

    assert.is(answers.length, 2);
    assert.match(answers[0] ?? '', /Content-Length: 5\r\n[\s\S]*\r\n\r\n$/);
    assert.match(answers[1] ?? '', /hello$/);
  });

  for (const [what, head] of [
    ['a chunked answer', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n'],
    ['an answer with a length', 'HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhello'],
    ['a chunk that is none', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nzz\r\n'],
  ] as const) {
    it(`lets the client see that the app died within ${what}`, async (scope) => {
      const { port } = await openWith(scope, head);

      const cutOff = await ask(port, 'hello.localhost').catch((error: Error) => error);
      const wire = (await Wire.to(scope, port)).head('GET / HTTP/1.1', host);

      assert.instance(cutOff, Error);
      assert.match(await wire.closed(), /hello/);
      assert.not.match(wire.received, /\r\n0\r\n\r\n/);
    });
  }
});
