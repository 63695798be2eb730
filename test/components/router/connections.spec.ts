import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import * as assert from 'uvu/assert';
import { waitFor } from '#ground/wait.ts';
import { describe } from '../../support/spec.ts';
import {
  answerWith,
  ask,
  closedPort,
  openRouter,
  portOf,
  register,
  serveApp,
  serveBytes,
  talk,
  Wire,
} from './support.ts';

const host = 'Host: hello.localhost';
const limits = { limitMs: 15_000 };
const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

/** 50 clients whose request is on its way. */
async function clientsSaying(port: number, head: string): Promise<Socket[]> {
  const clients = Array.from({ length: 50 }, () => connect(port, '127.0.0.1'));
  for (const client of clients) client.on('error', () => {}).write(head);
  await Promise.all(clients.map((client) => once(client, 'connect')));
  return clients;
}

describe('connections between clients, router and instances', (it) => {
  it('to an instance serve one request after the other, and end a second before the instance would', async (scope) => {
    const { bus, port } = await openRouter(scope);
    const open = new Set<Socket>();
    let connections = 0;
    const appPort = await serveBytes(scope, (socket) => {
      connections += 1;
      open.add(socket);
      socket.once('close', () => open.delete(socket));
      socket.on('data', () => socket.write(ok.replace('\r\n\r\n', '\r\nKeep-Alive: timeout=3\r\n\r\n')));
    });
    await register(bus, appPort, ['hello.localhost']);

    for (let count = 0; count < 5; count += 1) assert.is((await ask(port, 'hello.localhost')).body, 'ok');
    const answeredAt = performance.now();
    await waitFor('the connection to be given up', () => open.size === 0 || undefined, limits);

    assert.is(connections, 1);
    assert.ok(performance.now() - answeredAt > 1_900);
  });

  for (const [what, more] of [
    ['has sent more than its answer', `${ok}HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged`],
    ['says it will hang up', ok.replace('\r\n\r\n', '\r\nConnection: Close\r\n\r\n')],
    ['speaks HTTP/1.0', ok.replace('/1.1', '/1.0')],
  ] as const) {
    it(`are not used again when the instance ${what}`, async (scope) => {
      const { bus, port } = await openRouter(scope);
      let connections = 0;
      const appPort = await serveBytes(scope, (socket) => {
        connections += 1;
        socket.on('data', () => socket.write(more));
      });
      await register(bus, appPort, ['hello.localhost']);

      const bodies = [await ask(port, 'hello.localhost'), await ask(port, 'hello.localhost')];

      assert.equal(
        bodies.map(({ body }) => body),
        ['ok', 'ok'],
      );
      assert.is(connections, 2);
    });
  }

  it('are given up when an instance speaks unasked, and nobody gets what it said', async (scope) => {
    const { bus, port } = await openRouter(scope);
    const open: Socket[] = [];
    const appPort = await serveBytes(scope, (socket) => {
      open.push(socket);
      socket.on('data', () => socket.write(ok));
    });
    await register(bus, appPort, ['hello.localhost']);
    await ask(port, 'hello.localhost');

    open[0]?.write('HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged');
    await waitFor('the connection to be given up', () => open[0]?.destroyed || undefined, limits);

    assert.is((await ask(port, 'hello.localhost')).body, 'ok');
  });

  it(
    'are all gone after 1,000 requests for websockets whose clients left',
    async (scope) => {
      const { bus, port } = await openRouter(scope);
      const open = new Set<Socket>();
      let asked = 0;
      const agree = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';
      const appPort = await serveBytes(scope, (socket) => {
        open.add(socket);
        asked += 1;
        socket.resume().once('close', () => open.delete(socket));
        if (asked % 2 === 1) socket.once('data', () => socket.write(agree));
      });
      await register(bus, appPort, ['hello.localhost']);
      const head = `GET / HTTP/1.1\r\n${host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`;

      for (let round = 0; round < 20; round += 1) {
        const clients = await clientsSaying(port, head);
        if (round % 2 === 0) await waitFor('the app to be asked', () => open.size >= 50 || undefined, limits);
        for (const client of clients) client[round % 3 === 0 ? 'resetAndDestroy' : 'destroy']();
        await waitFor('the connections to end', () => open.size === 0 || undefined, limits);
      }

      assert.ok(asked >= 500);
    },
    { timeoutMs: 120_000 },
  );

  it('to an instance that refused are tried until one is taken, without a registration', async (scope) => {
    const { bus, port } = await openRouter(scope, { probeMs: 20 });
    const deadPort = await closedPort();
    await register(bus, deadPort, ['hello.localhost']);
    await register(bus, await answerWith(scope, ok), ['hello.localhost']);
    assert.is((await ask(port, 'hello.localhost')).body, 'ok');

    let connections = 0;
    const back = createServer((socket) => {
      connections += 1;
      socket.on('error', () => {}); // whoever only tries a connection may reset it
      socket.once('data', () => socket.end(ok.replace('ok', 'me')));
    });
    await portOf(scope, back, deadPort);
    await waitFor('somebody to try', () => connections > 0 || undefined, limits);

    const isBack = async () => ((await ask(port, 'hello.localhost')).body === 'me' ? true : undefined);
    await waitFor('its turn', isBack, { limitMs: 15_000 });
  });

  it('that an instance ends without a word are tried once more, for what may be asked twice', async (scope) => {
    const { bus, port } = await openRouter(scope);
    let asked = 0;
    const appPort = await serveBytes(scope, (socket) => {
      socket.on('data', () => {
        asked += 1;
        if (asked === 1) socket.destroy();
        else socket.end(ok);
      });
    });
    await register(bus, appPort, ['hello.localhost']);

    assert.is((await ask(port, 'hello.localhost')).body, 'ok');
    assert.is(asked, 2);
    asked = 0;
    assert.is((await ask(port, 'hello.localhost', { method: 'POST' })).status, 502);
    assert.is(asked, 1, 'it may have been carried out');
  });

  it('go to the instance that answers fewest requests, where that is asked for', async (scope) => {
    const { bus, port } = await openRouter(scope, { balance: 'least-connections' });
    const slow = await serveApp(scope, () => {}); // never answers
    await register(bus, slow, ['hello.localhost']);
    await register(bus, await answerWith(scope, ok), ['hello.localhost']);
    (await Wire.to(scope, port)).head('GET /first HTTP/1.1', host);
    (await Wire.to(scope, port)).head('GET /second HTTP/1.1', host);
    await ask(port, 'nobody.localhost'); // both have come

    for (let count = 0; count < 6; count += 1) assert.is((await ask(port, 'hello.localhost')).body, 'ok');
  });

  it('pass 1,500 headers of an answer, and hints of all kinds', async (scope) => {
    const { bus, port } = await openRouter(scope);
    const many = Array.from({ length: 1_500 }, (_, at) => `a${at}:1`).join('\r\n');
    const hints = 'HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\nX-Hint: 1\r\nConnection: x\r\n\r\n';
    await register(bus, await answerWith(scope, `${hints}${ok.replace('\r\n', `\r\n${many}\r\n`)}`), [
      'hello.localhost',
    ]);

    const answer = await talk(scope, port, `GET / HTTP/1.1\r\n${host}\r\nConnection: close\r\n\r\n`);

    assert.match(answer, /^HTTP\/1.1 103 Early Hints\r\nLink: <\/a.css>; rel=preload\r\nX-Hint: 1\r\n\r\n/);
    assert.match(answer, /\r\na0: 1\r\n/);
    assert.match(answer, /\r\na1499: 1\r\n[\s\S]*ok$/);
  });

  it('keep what clients say in the name of the router from apps, however it is spelled', async (scope) => {
    const { bus, port } = await openRouter(scope);
    let head = '';
    const appPort = await serveBytes(scope, (socket) => {
      socket.once('data', (piece: Buffer) => {
        head = piece.toString();
        socket.end(ok);
      });
    });
    await register(bus, appPort, ['hello.localhost']);
    const forged = [
      'X_Forwarded_For: 6.6.6.6',
      'X-CF_InstanceIndex: 6',
      'X_Vcap-Request-Id: 6',
      'X_Other: kept',
      'x-MIXED: a',
    ];

    (await Wire.to(scope, port)).head('GET / HTTP/1.1', host, ...forged, 'X-Mixed: b');
    await waitFor('the request', () => head || undefined, limits);

    assert.not.match(head, /6\.6|: 6\r/);
    assert.match(head, /\r\nX_Other: kept\r\nx-MIXED: a\r\nX-Mixed: b\r\n/);
  });
});
