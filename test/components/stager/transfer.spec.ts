import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as assert from 'uvu/assert';
import { listen } from '#ground/ports.ts';
import { rawZip } from '../../ground/raw-zip.ts';
import { describe, type Scope } from '../../support/spec.ts';
import { propertiesOf } from '../../workload/lifecycle/apps.ts';
import { askToStage, startStager } from './peers.ts';

const small = rawZip([{ name: 'app.js', content: ';' }]);
const large = rawZip([
  { name: 'app.js', content: ';' },
  { name: 'noise', content: randomBytes(2_000_000) },
]);
const tail = /--\r\n$/;

interface Exchange {
  readonly head: string;
  /** What came after the head. */
  body: string;
  readonly socket: Socket;
}

/** A server that speaks HTTP by hand, so that nothing is answered which the test does not say. */
async function serveByHand(scope: Scope, zip: Buffer, onUpload: (exchange: Exchange) => void) {
  const exchanges: Exchange[] = [];
  const server = createServer((socket) => {
    let current: Exchange | undefined;
    let text = '';
    scope.defer(() => void socket.destroy());
    socket.on('error', () => {}); // the stager may leave
    socket.on('data', (chunk) => {
      if (current !== undefined) {
        current.body += chunk.toString('latin1');
        return onUpload(current);
      }
      text += chunk.toString('latin1');
      const end = text.indexOf('\r\n\r\n');
      if (end < 0) return;
      const exchange = { head: text.slice(0, end + 4), body: text.slice(end + 4), socket };
      exchanges.push(exchange);
      text = '';
      if (exchange.head.startsWith('GET ')) {
        socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${zip.length}\r\n\r\n`);
        socket.write(zip);
      } else {
        current = exchange;
        onUpload(exchange);
      }
    });
  });
  const port = await listen(server, { host: '127.0.0.1', port: 0, who: 'The server' });
  scope.defer(() => void server.close());
  const address = `http://127.0.0.1:${port}`;
  const request = {
    app_id: 'my-sinatra-app',
    download_uri: `${address}/download_unstaged_app/my-sinatra-app`,
    upload_uri: `${address}/upload_droplet/my-sinatra-app/upload_id`,
    properties: propertiesOf({ framework_info: { name: 'auto' } }),
  };
  return { request, exchanges };
}

const stored = ({ socket, body }: Exchange) => {
  if (tail.test(body)) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
};

/** Lines of a head or of a form's part, by the names of the headers; the addresses and the boundary are named X. */
function readable(text: string): string[] {
  const lines = text.replace(/-{2,}\w[\w-]{10,}|(?<=boundary=)[\w-]+/g, 'X').split('\r\n');
  return lines.map((line) => line.replace(/^[\w-]+(?=:)/, (name) => name.toLowerCase()));
}

/** What the original's curl sent: the heads of its requests, and the head of the form's part. */
function recorded(): { get: string[]; post: string[]; part: string[] } {
  const file = join(dirname(fileURLToPath(import.meta.url)), 'recorded/stager-http-wire.txt');
  const sent = readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line.includes(' C>S '))
    .map((line) =>
      line
        .replace(/\\r\\n/g, '\r\n')
        .replace(/\\"/g, '"')
        .replace(/^\d+ C>S "/, ''),
    );
  const [get = '', post = ''] = sent.map((text) => text.split('\r\n\r\n')[0] ?? '');
  return { get: readable(get), post: readable(post), part: readable((sent[1] ?? '').split('\r\n\r\n')[1] ?? '') };
}

describe("the stager's HTTP", (it) => {
  it('has the lines of the recording', async (scope) => {
    const { bus } = await startStager(scope);
    const { request, exchanges } = await serveByHand(scope, small, stored);

    const reply = await askToStage(bus, request);

    const [get, post] = exchanges.map(({ head }) => readable(head.trimEnd()));
    const { get: oldGet, post: oldPost, part } = recorded();
    const ofCurl = /^(host|user-agent|content-length):/;
    const missing = (old: string[], ours: string[] = []) =>
      old.filter((line) => !ofCurl.test(line) && !ours.includes(line));
    assert.is(reply.error, undefined);
    assert.equal(missing(oldGet, get), []);
    assert.equal(missing(oldPost, post), []);
    assert.equal(readable((exchanges[1]?.body ?? '').split('\r\n\r\n')[0] ?? ''), part);
    assert.match(post?.join('\n') ?? '', `content-length: ${exchanges[1]?.body.length}`);
    assert.not.match(post?.join('\n') ?? '', 'expect');
  });

  it('asks before it sends what is large, and sends it when the server says so', async (scope) => {
    const { bus } = await startStager(scope);
    const first: string[] = [];
    const { request, exchanges } = await serveByHand(scope, large, (exchange) => {
      if (first.length === 0) {
        first.push(exchange.body);
        exchange.socket.write('HTTP/1.1 100 Continue\r\n\r\n');
      }
      stored(exchange);
    });

    const reply = await askToStage(bus, request);

    assert.is(reply.error, undefined);
    assert.match(exchanges[1]?.head ?? '', /\r\nexpect: 100-continue\r\n/i);
    assert.equal(first, ['']);
    assert.ok((exchanges[1]?.body.length ?? 0) > 2_000_000);
  });

  it('sends it all the same to a server that does not know the question', async (scope) => {
    const { bus } = await startStager(scope);
    const { request, exchanges } = await serveByHand(scope, large, stored);

    const reply = await askToStage(bus, request);

    assert.is(reply.error, undefined);
    assert.ok((exchanges[1]?.body.length ?? 0) > 2_000_000);
  });

  it('sends nothing to a server that refuses', async (scope) => {
    const { bus } = await startStager(scope);
    const { request, exchanges } = await serveByHand(scope, large, ({ socket }) => {
      socket.write('HTTP/1.1 413 Payload Too Large\r\nContent-Length: 4\r\n\r\nfull');
    });

    const reply = await askToStage(bus, request);

    assert.match(reply.error ?? '', /Failed uploading droplet: 127\.0\.0\.1:\d+ answered 413 Payload Too Large\./);
    assert.is(exchanges[1]?.body, '');
  });
});
