import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { Readable } from 'node:stream';
import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import { systemCodeOf } from '#ground/errors.ts';
import { call, closeIdleConnections } from '#ground/http-client.ts';
import { listen } from '#ground/ports.ts';
import { describe, type Scope } from '../support/spec.ts';
import { thrownBy } from '../support/thrown.ts';

/** A server that answers with `listener`. */
async function serve(scope: Scope, listener: RequestListener) {
  const server = createServer(listener);
  const port = await listen(server, { host: '127.0.0.1', port: 0, who: 'The test' });
  scope.defer(() => {
    server.closeAllConnections();
    server.close();
    closeIdleConnections();
  });
  return { server, port, url: `http://127.0.0.1:${port}` };
}

/** Answers with what it was sent, as JSON. */
const echo: RequestListener = async (request, response) => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const { method, url, headers } = request;
  response.end(JSON.stringify({ method, url, headers, body: Buffer.concat(chunks).toString('latin1') }));
};

async function echoed(url: string, options: Parameters<typeof call>[1] = {}) {
  const answer = await call(url, options);
  return (await answer.json()) as { method: string; url: string; headers: Record<string, string>; body: string };
}

describe('a call', (it) => {
  it('sends method, path, query and headers', async (scope) => {
    const { url } = await serve(scope, echo);

    const seen = await echoed(`${url}/a%20b?c=1&d=%C3%A9`, { method: 'DELETE', headers: { 'x-one': 'eins' } });

    assert.is(seen.method, 'DELETE');
    assert.is(seen.url, '/a%20b?c=1&d=%C3%A9');
    assert.is(seen.headers['x-one'], 'eins');
    assert.is((await echoed(url)).method, 'GET');
  });

  it('turns an account in the address into HTTP Basic', async (scope) => {
    const { port } = await serve(scope, echo);

    const seen = await echoed(`http://us%40er:p%3Aw@127.0.0.1:${port}/`);

    assert.is(seen.headers['authorization'], `Basic ${Buffer.from('us@er:p:w').toString('base64')}`);
    assert.is(seen.url, '/');
  });

  it('sends a body of text, of bytes and of a stream', async (scope) => {
    const { url } = await serve(scope, echo);
    const stream = Readable.from([Buffer.from('one '), Buffer.from('two')]);

    assert.is((await echoed(url, { method: 'POST', body: 'grüße' })).body, Buffer.from('grüße').toString('latin1'));
    assert.is((await echoed(url, { method: 'POST', body: Uint8Array.of(0, 255) })).body, '\0ÿ');
    assert.is((await echoed(url, { method: 'POST', body: stream })).body, 'one two');
  });

  it('takes any status for an answer and follows no redirect', async (scope) => {
    const { url } = await serve(scope, (request, response) => {
      response.writeHead(Number(request.url?.slice(1)), { location: '/200', 'x-two': 'zwei' }).end('body');
    });

    for (const status of [200, 302, 404, 503]) {
      const answer = await call(`${url}/${status}`);
      assert.is(answer.status, status);
      assert.is(answer.headers['x-two'], 'zwei');
      assert.is(await answer.text(), 'body');
    }
  });

  it('hands over the body as bytes, and uses a connection again once the body was read or discarded', async (scope) => {
    const ports = new Set<number | undefined>();
    const { url } = await serve(scope, (request, response) => {
      ports.add(request.socket.remotePort);
      response.end(Buffer.from([0xc3, 0x28, 0x00]));
    });

    assert.equal([...(await (await call(url)).bytes())], [0xc3, 0x28, 0x00]);
    const unread = await call(url);
    unread.discard();
    await once(unread.stream, 'close');
    await setImmediate(); // the connection is given back then
    await (await call(url)).bytes();

    assert.is(ports.size, 1);
  });

  it('fails with the error of the system when nobody answers', async (scope) => {
    const { server, url } = await serve(scope, echo);
    await new Promise((resolve) => server.close(resolve));

    assert.is(systemCodeOf(await thrownBy(() => call(url))), 'ECONNREFUSED');
    const body = Readable.from(['upload']);
    assert.is(systemCodeOf(await thrownBy(() => call(url, { method: 'POST', body }))), 'ECONNREFUSED');
  });

  it('fails for an address that is no http', async () => {
    assert.match((await thrownBy(() => call('ftp://127.0.0.1/'))).message, 'Only http and https addresses work');
    assert.instance(await thrownBy(() => call('nonsense')), TypeError);
  });

  it('ends when the peer is silent for too long, before the answer and inside of it', async (scope) => {
    const { url, port } = await serve(scope, (request, response) => {
      if (request.url === '/half') response.write('half');
    });

    const before = await thrownBy(() => call(`${url}/none`, { idleMs: 30 }));
    assert.is(before.message, `127.0.0.1:${port} was silent for 30 ms`);
    const answer = await call(`${url}/half`, { idleMs: 1_000 });
    assert.instance(await thrownBy(() => answer.text()), Error);
  });

  it('goes on as long as the peer says something now and then', async (scope) => {
    const { url } = await serve(scope, async (_, response) => {
      for (let part = 0; part < 6; part += 1) {
        response.write('part ');
        await sleep(300);
      }
      response.end('end');
    });

    const answer = await call(url, { idleMs: 1_500 });

    assert.is(await answer.text(), `${'part '.repeat(6)}end`);
  });

  it('ends when its signal aborts', async (scope) => {
    const { url } = await serve(scope, () => {});
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 10);

    const error = await thrownBy(() => call(url, { signal: stop.signal }));

    assert.is(error.name, 'AbortError');
  });

  it('does not take half a body for a whole one', async (scope) => {
    const { url } = await serve(scope, (_, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('only this');
      setTimeout(() => response.destroy(), 5);
    });

    const answer = await call(url);

    assert.is(systemCodeOf(await thrownBy(() => answer.text())), 'ECONNRESET');
  });

  it('returns a refusal that comes before the body was sent, and stops sending', async (scope) => {
    const { url } = await serve(scope, (_, response) => {
      response.writeHead(413, { connection: 'close' }).end('too large');
    });
    const endless = Readable.from(
      (async function* () {
        for (;;) yield Buffer.alloc(65_536);
      })(),
    );

    const answer = await call(url, { method: 'POST', body: endless });

    assert.is(answer.status, 413);
    assert.is(await answer.text(), 'too large');
    if (!endless.destroyed) await new Promise((resolve) => endless.once('close', resolve));
  });

  it('fails with the error of the stream it was to send', async (scope) => {
    const { url } = await serve(scope, echo);
    const broken = Readable.from(
      (async function* () {
        yield 'begin';
        throw new Error('the file is gone');
      })(),
    );

    const error = await thrownBy(() => call(url, { method: 'POST', body: broken }));

    assert.is(error.message, 'the file is gone');
  });

  it('asks before it sends a body, when it is to, and keeps the connection for the next call', async (scope) => {
    const { server, url } = await serve(scope, echo);
    let connections = 0;
    server.on('connection', () => {
      connections += 1;
    });

    const first = await echoed(url, { method: 'POST', body: 'wanted', askFirstMs: 60_000 });
    await setImmediate();
    const second = await echoed(url, { method: 'POST', body: Readable.from(['wanted, too']), askFirstMs: 60_000 });

    assert.equal([first.body, first.headers['expect']], ['wanted', '100-continue']);
    assert.is(second.body, 'wanted, too');
    assert.is(connections, 1);
  });

  it('sends no body that is not wanted, and does not wait for ever for a word', async (scope) => {
    const { server, url } = await serve(scope, echo);
    const bodies: string[] = [];
    server.on('checkContinue', (request, response) => {
      request.on('data', (chunk) => bodies.push(String(chunk)));
      if (request.url === '/refused') response.writeHead(413).end('too large');
      else request.once('end', () => response.end('taken in silence')); // never says that it may come
    });
    const options = { method: 'POST', body: 'content', askFirstMs: 50 };

    const refused = await call(`${url}/refused`, { ...options, askFirstMs: 60_000 });
    assert.equal([refused.status, await refused.text(), bodies], [413, 'too large', []]);

    const silent = await call(`${url}/silent`, options);
    assert.equal([silent.status, await silent.text(), bodies], [200, 'taken in silence', ['content']]);
  });
});
