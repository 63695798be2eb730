import { createReadStream } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import * as assert from 'uvu/assert';
import { ActionableError } from '#ground/errors.ts';
import { call, closeIdleConnections } from '#ground/http-client.ts';
import { type HttpServerOptions, Routes, readBody, startHttpServer } from '#ground/http-server.ts';
import { within } from '#ground/wait.ts';
import { scratchDirectory } from '../support/scratch.ts';
import { describe, type Scope } from '../support/spec.ts';
import { thrownBy } from '../support/thrown.ts';

async function serve(scope: Scope, routes: Routes, options: Partial<HttpServerOptions> = {}) {
  const server = scope.use(
    await startHttpServer({
      host: '127.0.0.1',
      port: 0,
      who: 'The test',
      routes,
      notFound: ({ method, path }) => ({ status: 404, body: `no ${method} ${path}` }),
      failed: (error) => ({ status: 500, body: `failed: ${(error as Error).message}` }),
      ...options,
    }),
  );
  scope.defer(() => closeIdleConnections());
  return `http://127.0.0.1:${server.port}`;
}

async function get(url: string, options: Parameters<typeof call>[1] = {}) {
  const answer = await call(url, options);
  return { status: answer.status, headers: answer.headers, body: await answer.text() };
}

/** What the server answers to these very bytes. */
async function answerTo(url: string, bytes: string): Promise<string> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  socket.end(bytes);
  return await text(socket);
}

describe('the routes of a server', (it) => {
  const routes = new Routes()
    .on('GET', '/v3/apps/:guid/env', ({ params }) => ({ status: 200, body: params['guid'] ?? '' }))
    .on('GET', '/files/*', ({ path }) => ({ status: 200, body: path }))
    .on('PATCH', '/v3/apps/:guid', () => ({ status: 202 }));

  it('find a handler by method and pattern, and the values of its names, decoded', () => {
    assert.equal(routes.find('GET', '/v3/apps/a%20%2F%C3%A9/env')?.params, { guid: 'a /é' });
    assert.ok(routes.find('GET', '/files/a/b/c'));
    assert.ok(routes.find('PATCH', '/v3/apps/x'));
  });

  it('take a lone percent sign as it stands', () => {
    assert.equal(routes.find('GET', '/v3/apps/100%/env')?.params, { guid: '100%' });
  });

  it('serve HEAD by GET', () => {
    assert.ok(routes.find('HEAD', '/v3/apps/x/env'));
  });

  it('have nothing for another method or path', () => {
    assert.is(routes.find('POST', '/v3/apps/x'), undefined);
    assert.is(routes.find('GET', '/v3/apps/x/env/more'), undefined);
    assert.is(routes.find('GET', '/'), undefined);
  });
});

describe('an HTTP server', (it) => {
  it('gives a handler path, names, query and headers', async (scope) => {
    const routes = new Routes().on('GET', '/apps/:name', ({ method, path, params, query, headers }) => ({
      status: 200,
      body: { method, path, params, q: query.getAll('q'), accept: headers.accept },
    }));
    const url = await serve(scope, routes);

    const answer = await get(`${url}/apps/hello?q=a+b&q=%C3%A9?`, { headers: { accept: 'text/plain' } });

    assert.equal(JSON.parse(answer.body), {
      method: 'GET',
      path: '/apps/hello',
      params: { name: 'hello' },
      q: ['a b', 'é?'],
      accept: 'text/plain',
    });
  });

  it('answers with an object as JSON, text and bytes as they are, and nothing', async (scope) => {
    const url = await serve(
      scope,
      new Routes()
        .on('GET', '/json', () => ({ status: 200, body: { grüße: [1] } }))
        .on('GET', '/own', () => ({ status: 200, headers: { 'content-type': 'application/hal+json' }, body: {} }))
        .on('GET', '/text', () => ({ status: 201, headers: { 'content-type': 'text/plain' }, body: 'grüße' }))
        .on('GET', '/bytes', async () => ({ status: 200, body: Uint8Array.of(65, 66) }))
        .on('GET', '/none', () => ({ status: 204 })),
    );

    const json = await get(`${url}/json`);
    assert.is(json.headers['content-type'], 'application/json; charset=utf-8');
    assert.is(json.body, '{"grüße":[1]}');
    assert.is((await get(`${url}/own`)).headers['content-type'], 'application/hal+json');
    const plain = await get(`${url}/text`);
    assert.equal([plain.status, plain.body, plain.headers['content-length']], [201, 'grüße', '7']);
    const bytes = await get(`${url}/bytes`);
    assert.equal([bytes.body, bytes.headers['content-type']], ['AB', undefined]);
    const none = await get(`${url}/none`);
    assert.equal([none.status, none.body, none.headers['content-length']], [204, '', undefined]);
  });

  it('answers HEAD with the head of GET alone', async (scope) => {
    const routes = new Routes()
      .on('GET', '/text', () => ({ status: 200, body: 'content' }))
      .on('GET', '/stream', () => ({ status: 200, body: Readable.from(['content']) }));
    const url = await serve(scope, routes);

    const answer = await get(`${url}/text`, { method: 'HEAD' });
    assert.equal([answer.status, answer.body, answer.headers['content-length']], [200, '', '7']);
    assert.equal((await get(`${url}/stream`, { method: 'HEAD' })).body, '');
  });

  it('pipes a stream, and cuts the connection when that breaks', async (scope) => {
    const file = join(await scratchDirectory(scope), 'large');
    await writeFile(file, Buffer.alloc(3_000_000, 'x'));
    const broken = async function* () {
      yield 'begin';
      throw new Error('the disk is gone');
    };
    const routes = new Routes()
      .on('GET', '/file', () => ({ status: 200, body: createReadStream(file) }))
      .on('GET', '/broken', () => ({ status: 200, body: Readable.from(broken()) }));
    const url = await serve(scope, routes);

    assert.is((await get(`${url}/file`)).body.length, 3_000_000);
    assert.instance(await thrownBy(() => get(`${url}/broken`)), Error);
    assert.is((await get(`${url}/file`)).status, 200);
  });

  it('stops reading a stream when nobody wants it any more', async (scope) => {
    let release: () => void = () => {};
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    const endless = async function* () {
      try {
        for (;;) yield Buffer.alloc(65_536);
      } finally {
        release();
      }
    };
    const routes = new Routes().on('GET', '/', () => ({ status: 200, body: Readable.from(endless()) }));
    const url = await serve(scope, routes);

    const answer = await call(url);
    answer.stream.destroy();

    await within(15_000, 'the end of the stream', released);
  });

  it('answers what no route has, and what a handler threw, as it was told', async (scope) => {
    const routes = new Routes()
      .on('GET', '/throws', () => {
        throw new Error('planted');
      })
      .on('GET', '/rejects', () => Promise.reject(new Error('planted too')));
    const url = await serve(scope, routes);

    const missing = await get(`${url}/missing?x=1`);
    assert.equal([missing.status, missing.body], [404, 'no GET /missing']);
    const thrown = await get(`${url}/throws`);
    assert.equal([thrown.status, thrown.body], [500, 'failed: planted']);
    assert.is((await get(`${url}/rejects`)).body, 'failed: planted too');
  });

  it('asks before each handler, also where there is none, and lets that refuse', async (scope) => {
    const asked: string[] = [];
    const url = await serve(
      scope,
      new Routes().on('GET', '/in', () => ({ status: 200 })),
      {
        before: async ({ path, headers }) => {
          asked.push(path);
          if (headers.authorization !== 'bearer x') throw new Error('no token');
        },
      },
    );

    assert.is((await get(`${url}/in`)).body, 'failed: no token');
    assert.is((await get(`${url}/in`, { headers: { authorization: 'bearer x' } })).status, 200);
    assert.is((await get(`${url}/missing`)).status, 500);
    assert.equal(asked, ['/in', '/in', '/missing']);
  });

  it('can use a connection again after a body that nobody read', async (scope) => {
    const url = await serve(
      scope,
      new Routes().on('POST', '/', () => ({ status: 403, body: 'no' })),
    );
    const body = 'x'.repeat(200_000);
    const request = `POST / HTTP/1.1\r\nhost: a\r\ncontent-length: ${body.length}\r\n\r\n${body}`;

    const answers = await answerTo(url, `${request}${request.replace('host: a', 'host: a\r\nconnection: close')}`);

    assert.is(answers.match(/HTTP\/1\.1 403/g)?.length, 2);
  });

  it('refuses what is no HTTP and goes on', async (scope) => {
    const url = await serve(
      scope,
      new Routes().on('GET', '/', () => ({ status: 200, body: 'fine' })),
    );

    assert.match(await answerTo(url, 'SSH-2.0-client\r\n\r\n'), /^HTTP\/1\.1 400 /);
    assert.is((await get(url)).body, 'fine');
  });

  it('names the holder of its port', async (scope) => {
    const url = await serve(scope, new Routes());

    const error = await thrownBy(() => serve(scope, new Routes(), { port: Number(new URL(url).port) }));

    assert.instance(error, ActionableError);
    assert.match(error.message, 'The test cannot listen on port');
  });

  it('cuts what is still open when it is disposed', async () => {
    const routes = new Routes().on('GET', '/', () => new Promise<never>(() => {}));
    const notFound = () => ({ status: 404 });
    const options = { host: '127.0.0.1', port: 0, who: 'The test', routes, notFound, failed: notFound };
    const server = await startHttpServer(options);
    const waiting = thrownBy(() => call(`http://127.0.0.1:${server.port}/`));
    const idle = await call(`http://127.0.0.1:${server.port}/missing`);
    await idle.bytes();

    await server[Symbol.asyncDispose]();

    assert.instance(await waiting, Error);
    assert.instance(await thrownBy(() => call(`http://127.0.0.1:${server.port}/missing`)), Error);
  });
});

describe('the body of a request', (it) => {
  const routes = new Routes().on('POST', '/', async (request) => ({ status: 200, body: await readBody(request, 10) }));

  it('is read as a whole', async (scope) => {
    const url = await serve(scope, routes);

    assert.is((await get(url, { method: 'POST', body: '' })).body, '');
    assert.is((await get(url, { method: 'POST', body: '0123456789' })).body, '0123456789');
    assert.is((await get(url, { method: 'POST', body: Readable.from(['01234', '56789']) })).body, '0123456789');
  });

  it('is refused with an answer when it is larger than its limit', async (scope) => {
    const url = await serve(scope, routes, { failed: (error) => ({ status: 413, body: String(error) }) });

    for (const body of ['0123456789a', 'x'.repeat(5_000_000)]) {
      const answer = await get(url, { method: 'POST', body });
      assert.is(answer.status, 413);
      assert.is(answer.body, 'RangeError: The body is larger than 10 bytes.');
    }
  });

  it('is an error when it breaks off', async (scope) => {
    const errors: unknown[] = [];
    const failed = (error: unknown) => {
      errors.push(error);
      return { status: 400 };
    };
    const url = await serve(scope, routes, { failed });

    await answerTo(url, 'POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 10\r\n\r\nhalf');

    assert.is(errors.length, 1);
  });
});
