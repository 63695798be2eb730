import { createServer } from 'node:http';
import { connect } from 'node:net';
import { Readable } from 'node:stream';
import * as assert from 'uvu/assert';
import { ActionableError } from '#ground/errors.ts';
import { call } from '#ground/http-client.ts';
import { type MultipartParts, readMultipart } from '#ground/multipart.ts';
import { listen } from '#ground/ports.ts';
import { describe, type Scope } from '../support/spec.ts';

const boundary = 'frontier';
const headers = { 'content-type': `multipart/form-data; boundary=${boundary}` };

function part(name: string, content: string, filename?: string): string {
  const file = filename === undefined ? '' : `; filename="${filename}"\r\nContent-Type: application/octet-stream`;
  return `--${boundary}\r\nContent-Disposition: form-data; name="${name}"${file}\r\n\r\n${content}\r\n`;
}
const end = `--${boundary}--\r\n`;

/** A server that reads each request with `parts` and answers with what came of it. */
async function serve(scope: Scope, parts: MultipartParts): Promise<{ url: string; port: number; outcomes: unknown[] }> {
  const outcomes: unknown[] = [];
  const server = createServer((request, response) => {
    void readMultipart(request, parts).then(
      (texts) => {
        outcomes.push(Object.fromEntries(texts));
        response.end(JSON.stringify(Object.fromEntries(texts)));
      },
      (error: unknown) => {
        outcomes.push(error);
        response.statusCode = 422;
        response.end(error instanceof Error ? error.message : 'no error');
        request.resume();
      },
    );
  });
  const port = await listen(server, { host: '127.0.0.1', port: 0, who: 'The test' });
  scope.defer(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${port}/`, port, outcomes };
}

function collector(): { content: () => string; read: (stream: Readable) => Promise<void> } {
  let text = '';
  return {
    content: () => text,
    read: async (stream) => {
      for await (const chunk of stream) text += String(chunk);
    },
  };
}

async function refusal(answer: { status: number; text(): Promise<string> }): Promise<string> {
  assert.is(answer.status, 422);
  return answer.text();
}

describe('multipart request', (it) => {
  it('hands files to their readers and returns texts', async (scope) => {
    const bits = collector();
    const { url } = await serve(scope, { texts: { resources: 100 }, files: { bits: bits.read } });

    const body = part('resources', '[1]') + part('other', 'skipped') + part('bits', 'zipzip', 'a.zip') + end;
    const answer = await call(url, { method: 'POST', headers, body });

    assert.equal(await answer.json(), { resources: '[1]' });
    assert.is(bits.content(), 'zipzip');
  });

  it('takes a text that came as a file, and skips files nobody wants', async (scope) => {
    const { url } = await serve(scope, { texts: { resources: 100 } });

    const body = part('resources', '[2]', 'resources.json') + part('junk', 'x'.repeat(200_000), 'junk.bin') + end;
    const answer = await call(url, { method: 'POST', headers, body });

    assert.equal(await answer.json(), { resources: '[2]' });
  });

  it('answers a client that waits for 100-continue', async (scope) => {
    const bits = collector();
    const { port } = await serve(scope, { files: { 'upload[droplet]': bits.read } });
    const body = part('upload[droplet]', 'droplet', 'droplet.tgz') + end;
    const socket = connect(port, '127.0.0.1');
    scope.defer(() => socket.destroy());
    const heard: string[] = [];

    socket.write(`POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: ${body.length}\r\n`);
    socket.write(`Content-Type: ${headers['content-type']}\r\nConnection: close\r\n\r\n`);
    for await (const chunk of socket) {
      heard.push(String(chunk));
      if (heard.length === 1) socket.write(body);
    }

    assert.match(heard[0] ?? '', /^HTTP\/1\.1 100 Continue/);
    assert.match(heard.slice(1).join(''), /HTTP\/1\.1 200 OK/);
    assert.is(bits.content(), 'droplet');
  });

  it('refuses what is not multipart', async (scope) => {
    const { url } = await serve(scope, {});

    const plain = await call(url, { method: 'POST', headers: { 'content-type': 'text/plain' }, body: 'x' });
    const unbounded = await call(url, {
      method: 'POST',
      headers: { 'content-type': 'multipart/form-data' },
      body: 'x',
    });

    assert.match(await refusal(plain), /not multipart/);
    assert.match(await refusal(unbounded), /not multipart/);
  });

  it('refuses a text that is too long, whichever way it came', async (scope) => {
    const { url } = await serve(scope, { texts: { resources: 10 } });

    const asField = await call(url, { method: 'POST', headers, body: part('resources', 'x'.repeat(11)) + end });
    const asFile = await call(url, { method: 'POST', headers, body: part('resources', 'x'.repeat(11), 'r') + end });

    assert.match(await refusal(asField), /larger than 10 bytes/);
    assert.match(await refusal(asFile), /larger than 10 bytes/);
  });

  it('refuses a part that comes twice', async (scope) => {
    const { url } = await serve(scope, { files: { bits: collector().read } });

    const body = part('bits', 'one', 'a') + part('bits', 'two', 'b') + end;
    const answer = await call(url, { method: 'POST', headers, body });

    assert.match(await refusal(answer), /'bits' came twice/);
  });

  it('refuses a body that ends too early, after its reader has ended', async (scope) => {
    let ended = false;
    const read = async (stream: Readable) => {
      try {
        for await (const _ of stream);
      } finally {
        ended = true;
      }
    };
    const { url } = await serve(scope, { files: { bits: read } });

    const answer = await call(url, { method: 'POST', headers, body: part('bits', 'half', 'a') });

    assert.match(await refusal(answer), /cannot be read/);
    assert.ok(ended);
  });

  it('ends when the client goes away in the middle', async (scope) => {
    let readerEnded: () => void = () => {};
    const gone = new Promise<void>((resolve) => {
      readerEnded = resolve;
    });
    const started = { resolve: () => {} };
    const begun = new Promise<void>((resolve) => {
      started.resolve = resolve;
    });
    const { port, outcomes } = await serve(scope, {
      files: {
        bits: async (stream) => {
          started.resolve();
          try {
            for await (const _ of stream);
          } finally {
            readerEnded();
          }
        },
      },
    });
    const socket = connect(port, '127.0.0.1');

    socket.write(
      `POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\nContent-Type: ${headers['content-type']}\r\n\r\n`,
    );
    socket.write(part('bits', 'half', 'a'));
    await begun;
    socket.destroy();
    await gone;
    await new Promise((resolve) => setImmediate(resolve));

    assert.instance(outcomes[0], ActionableError);
  });

  it('passes on what a reader throws and still answers', async (scope) => {
    const { url } = await serve(scope, {
      files: {
        bits: async () => {
          throw new Error('the reader is full');
        },
      },
    });
    const body = Readable.from([part('bits', 'x'.repeat(300_000), 'a'), end]);

    const answer = await call(url, { method: 'POST', headers, body });

    assert.is(await refusal(answer), 'the reader is full');
  });

  it('survives any header a part may have', async (scope) => {
    const { url } = await serve(scope, { files: { bits: collector().read } });

    const bodies = [
      `--${boundary}\r\n\r\nno header\r\n${end}`,
      `--${boundary}\r\nContent-Disposition\r\n\r\nx\r\n${end}`,
      `--${boundary}\r\nContent-Disposition: form-data; name=bits; filename*=UTF-8''%E0%A4%A\r\n\r\nx\r\n${end}`,
      `--${boundary}\r\nContent-Disposition: form-data; name="__proto__"; filename="a"\r\n\r\nx\r\n${end}`,
      '',
      `${'x'.repeat(100_000)}`,
    ];
    for (const body of bodies) {
      const answer = await call(url, { method: 'POST', headers, body });
      assert.ok([200, 422].includes(answer.status), `${answer.status} for ${body.slice(0, 60)}`);
      answer.discard();
    }
  });
});
