import * as assert from 'uvu/assert';
import { describe } from '../../support/spec.ts';
import { ask, openRouter, register, serveApp, serveBytes, Wire } from './support.ts';

const host = 'Host: hello.localhost';

describe('headers', (it) => {
  it('keeps what concerns one connection from the other side, both ways', async (scope) => {
    const { bus, port } = await openRouter(scope);
    let head = '';
    const appPort = await serveBytes(scope, (socket) => {
      socket.once('data', (piece: Buffer) => {
        head = piece.toString();
        const hop = 'Connection: X-Hop, close\r\nX-Hop: 1\r\nKeep-Alive: timeout=9\r\nProxy-Connection: close\r\n';
        socket.end(`HTTP/1.1 200 OK\r\n${hop}Upgrade: h2c\r\nX-Stays: 1\r\nContent-Length: 2\r\n\r\nok`);
      });
    });
    await register(bus, appPort, ['hello.localhost']);
    const hop = ['Connection: X-Hop, keep-alive', 'X-Hop: 1', 'Keep-Alive: 5', 'Proxy-Connection: keep-alive'];
    const more = ['TE: trailers', 'Proxy-Authorization: Basic eA==', 'Upgrade: x', 'Trailer: X-A', 'X-Stays: 1'];
    const wire = await Wire.to(scope, port);

    const answer = await wire.head('GET / HTTP/1.1', host, ...hop, ...more).until(/ok$/);

    const gone = /^(x-hop|keep-alive|proxy-connection|te|proxy-authorization|upgrade|trailer):/im;
    assert.not.match(head, gone);
    assert.not.match(answer.replace(/^Keep-Alive: timeout=75\r\n/m, ''), gone);
    assert.match(head, /^x-stays: 1/im);
    assert.match(answer, /^X-Stays: 1/m);
    assert.match(answer, /^Connection: keep-alive/m);
  });

  it('tells the app who asks, and does not believe who says so itself', async (scope) => {
    const { bus, port } = await openRouter(scope);
    const appPort = await serveApp(scope, (message, response) => response.end(JSON.stringify(message.headers)));
    await register(bus, appPort, ['hello.localhost'], {
      app: 'guid-hello',
      private_instance_id: 'ab12',
      private_instance_index: '3',
    });
    const forged = {
      'x-forwarded-for': '1.2.3.4',
      'x-forwarded-proto': 'https',
      'x-forwarded-host': 'evil',
      'x-forwarded-port': '1',
      'x-cf-applicationid': 'evil',
      'x-cf-instanceindex': '99',
      connection: 'x-forwarded-for, x-forwarded-proto, x-cf-applicationid, close',
    };

    const { body } = await ask(port, `hello.localhost:${port}`, { headers: forged });

    const seen: Record<string, string> = JSON.parse(body);
    assert.is(seen['host'], `hello.localhost:${port}`);
    assert.is(seen['x-forwarded-for'], '1.2.3.4, 127.0.0.1');
    assert.is(seen['x-forwarded-proto'], 'http');
    assert.is(seen['x-forwarded-host'], `hello.localhost:${port}`);
    assert.is(seen['x-forwarded-port'], String(port));
    assert.is(seen['x-cf-applicationid'], 'guid-hello');
    assert.is(seen['x-cf-instanceid'], 'ab12');
    assert.is(seen['x-cf-instanceindex'], '3');
  });

  it("gives each request an id, or keeps the client's", async (scope) => {
    const { bus, port } = await openRouter(scope);
    const appPort = await serveApp(scope, (message, response) => {
      response.setHeader('X-Vcap-Request-Id', 'made up by the app');
      response.end(message.headers['x-vcap-request-id']);
    });
    await register(bus, appPort, ['hello.localhost']);
    const idFor = async (headers: Record<string, string>) => {
      const answer = await ask(port, 'hello.localhost', { headers });
      assert.is(answer.headers['x-vcap-request-id'], answer.body);
      return answer.body;
    };

    assert.match(await idFor({}), /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    assert.is(await idFor({ 'x-vcap-request-id': 'trace.7:a_b-c' }), 'trace.7:a_b-c');
    assert.match(await idFor({ 'x-vcap-request-id': '"; drop' }), /^[0-9a-f-]{36}$/);
  });
});
