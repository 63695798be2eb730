import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import * as assert from 'uvu/assert';
import { describe } from '../../../support/spec.ts';
import { answerWith, ask, openRouter, publishState, register, serveApp, serveBytes, talk, Wire } from '../support.ts';
import { app, get, host, htmlOf, open, openWith, page, partsOf, type Told, tag, watched } from './support.ts';

describe('a page of an app that somebody works on', (it) => {
  it('gets a script, and headers that fit it', async (scope) => {
    const stale =
      'ETag: "x"\r\nLast-Modified: yesterday\r\nContent-MD5: x\r\nDigest: x\r\nExpires: never\r\nCache-Control: max-age=9\r\n';
    const { port } = await openWith(scope, htmlOf(page, `${stale}X-Own: 1\r\n`));

    const { status, headers, body } = partsOf(await talk(scope, port, get()));

    assert.is(status, 'HTTP/1.1 200 OK');
    assert.match(body, tag);
    assert.is(body.replace(tag, ''), page);
    assert.ok(body.endsWith('</script></body></html>'));
    assert.ok(headers.includes(`Content-Length: ${body.length}`));
    assert.ok(headers.includes('Cache-Control: no-store'));
    assert.ok(headers.includes('X-Own: 1'));
    assert.not.ok(headers.some((each) => /^(etag|last-modified|content-md5|digest|expires):|max-age/i.test(each)));
  });

  it('gets it whatever its framing, its status and the client', async (scope) => {
    const chunks = (...pieces: string[]) =>
      [...pieces, ''].map((each) => `${each.length.toString(16)}\r\n${each}\r\n`).join('');
    const html = 'Content-Type: text/html; charset=utf-8\r\n';
    const answers = [
      `HTTP/1.1 200 OK\r\n${html}Transfer-Encoding: chunked\r\n\r\n${chunks('<html><body>he', 'llo</bo', 'dy></html>')}`,
      `HTTP/1.1 500 Oops\r\n${html}\r\n${page}`,
      `HTTP/1.0 404 Nowhere\r\n${html}\r\n${page}`,
      htmlOf(page).replace('200 OK', '300 Choose'),
    ];
    for (const answer of answers) {
      const { port } = await openWith(scope, answer);
      for (const version of ['1.1', '1.0']) {
        const { status, headers, body } = partsOf(await talk(scope, port, get('', version)));

        assert.is(body.replace(tag, ''), page, answer);
        assert.match(body, tag);
        assert.is(status.split(' ')[1], answer.split(' ')[1]);
        const length = headers.find((each) => each.startsWith('Content-Length'));
        assert.ok(length === undefined || length === `Content-Length: ${body.length}`);
      }
    }
  });

  it('gets it wherever the end of its body is cut, with and without a length', async (scope) => {
    const body = `${page}\n`;
    let cut = 0;
    const appPort = await serveBytes(scope, (socket) => {
      socket.once('data', async (request: Buffer) => {
        const length = String(request).includes('/length') ? `Content-Length: ${body.length}\r\n` : '';
        socket.write(
          `HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n${length}Connection: close\r\n\r\n${body.slice(0, cut)}`,
        );
        await new Promise((resolve) => setTimeout(resolve, 5));
        socket.end(body.slice(cut));
      });
    });
    const { port } = await open(scope, appPort);

    for (cut = page.indexOf('</body>') - 1; cut <= page.indexOf('</body>') + 8; cut += 1) {
      for (const path of ['/', '/length']) {
        const answer = await ask(port, host, { path });
        assert.is(answer.body.replace(tag, ''), body, `cut at ${cut}`);
        assert.match(answer.body, /<\/script><\/body>/);
      }
    }
  });

  it('gets it when it is empty, and when it is huge', async (scope) => {
    const huge = `<body>${'<p>0123456789</p>'.repeat(1_000_000)}</body>`;
    for (const body of ['', huge]) {
      const { port } = await openWith(scope, htmlOf(body));
      const answer = await ask(port, host);

      const digest = (text: string) => createHash('sha256').update(text).digest('hex');
      assert.is(digest(answer.body.replace(tag, '')), digest(body));
      assert.match(answer.body.slice(-200), tag);
      assert.is(Number(answer.headers['content-length']), answer.body.length);
    }
  });

  it('comes as it is written: what is there is not held back', async (scope) => {
    let write: (text: string) => void = () => {};
    const appPort = await serveApp(scope, (_, response) => {
      response.writeHead(200, { 'content-type': 'text/html' });
      write = (text) => void (text === '' ? response.end() : response.write(text));
      write('<body><h1>one</h1>');
    });
    const { port } = await open(scope, appPort);
    const wire = await Wire.to(scope, port);

    wire.write(get());
    await wire.until(/<h1>one<\/h1>/);
    write('<p>two</p><');
    await wire.until(/<p>two<\/p>/);
    write('/body>');
    await wire.until(/data-version="v-1" async><\/script>/);
    write('</html>');
    await wire.until(/<\/html>/);
    write('');
    await wire.closed();
  });

  it('is asked for so that it comes whole, readable and never as what is cached', async (scope) => {
    const seen: string[] = [];
    const appPort = await serveApp(scope, (request, response) => {
      const { 'accept-encoding': coding, 'if-none-match': match, range, 'x-own': own } = request.headers;
      seen.push(`${request.url} ${coding} ${match} ${range} ${own}`);
      response.end();
    });
    const { port } = await open(scope, appPort);
    const headers = {
      'accept-encoding': 'gzip',
      'if-none-match': '"x"',
      range: 'bytes=0-9',
      'x-own': 'Accept-Encoding: x',
    };

    await ask(port, host, { path: '/window', headers: { ...headers, accept: 'text/html,*/*' } });
    await ask(port, host, { path: '/frame', headers: { ...headers, 'sec-fetch-dest': 'iframe' } });
    await ask(port, host, { path: '/unknown', headers });
    await ask(port, host, { path: '/image', headers: { ...headers, 'sec-fetch-dest': 'image' } });
    await ask(port, host, { path: '/post', method: 'POST', headers });
    await ask(port, host, { path: '/head', method: 'HEAD', headers });

    assert.equal(seen, [
      '/window undefined undefined undefined Accept-Encoding: x',
      '/frame undefined undefined undefined Accept-Encoding: x',
      '/unknown undefined "x" bytes=0-9 Accept-Encoding: x',
      '/image gzip "x" bytes=0-9 Accept-Encoding: x',
      '/post gzip "x" bytes=0-9 Accept-Encoding: x',
      '/head gzip "x" bytes=0-9 Accept-Encoding: x',
    ]);
  });

  it('is allowed to run it by its own policies', async (scope) => {
    const policies =
      "Content-Security-Policy: default-src 'none'\r\ncontent-security-policy-report-only: script-src 'nonce-abc'\r\n";
    const { port } = await openWith(scope, htmlOf(page, policies));

    const { headers, body } = partsOf(await talk(scope, port, get()));

    const nonce = / nonce="([\w-]{16})"/.exec(body)?.[1];
    assert.ok(nonce);
    assert.ok(headers.includes("Content-Security-Policy: default-src 'none'; script-src 'self'; connect-src 'self'"));
    assert.ok(headers.includes(`content-security-policy-report-only: script-src 'nonce-abc' 'nonce-${nonce}'`));
    assert.not.match(await talk(scope, port, get()), nonce);
  });

  it('has its script below the path of its route', async (scope) => {
    const router = await openRouter(scope);
    const uris = ['hello.localhost/Shop', 'hello.localhost/shop/admin'];
    await register(router.bus, await answerWith(scope, htmlOf(page)), uris, { app });
    await publishState(router.bus, 'RUNNING', { ...watched, uris });
    const scriptOf = async (path: string) => /src="([^?]*)\?/.exec((await ask(router.port, host, { path })).body)?.[1];

    assert.is(await scriptOf('/shop?a=/b'), '/shop/.localpaas/live-reload.js');
    assert.is(await scriptOf('/SHOP/x'), '/SHOP/.localpaas/live-reload.js');
    assert.is(await scriptOf('/shop/admin/x/y'), '/shop/admin/.localpaas/live-reload.js');
    for (const path of ['/shop/.localpaas/live-reload.js', '/shop/admin/.localpaas/live-reload.js']) {
      assert.match((await ask(router.port, host, { path })).headers['content-type'] ?? '', 'text/javascript');
    }
    assert.match((await ask(router.port, host, { path: '/shop/x/.localpaas/live-reload.js' })).body, 'hello');
  });
});

describe('what is no page of an app that somebody works on', (it) => {
  it('stays as it is, byte for byte', async (scope) => {
    const zipped = gzipSync(page);
    const unchanged: [what: string, answer: string | Buffer, more?: string][] = [
      [
        'compressed',
        Buffer.concat([
          Buffer.from(
            `HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Encoding: gzip\r\nContent-Length: ${zipped.length}\r\n\r\n`,
          ),
          zipped,
        ]),
      ],
      ['of another type', htmlOf(page).replace('text/html', 'application/json')],
      ['in letters of two bytes', htmlOf(page).replace('text/html', 'text/html; charset=UTF-16LE')],
      ['a part', htmlOf(page).replace('200 OK', '206 Partial Content')],
      ['a file to be kept', htmlOf(page, 'Content-Disposition: attachment; filename=a.html\r\n')],
      ['on its way elsewhere', htmlOf(page, 'Location: /there\r\n').replace('200 OK', '302 Found')],
      ['not changed', 'HTTP/1.1 304 Not Modified\r\nETag: "x"\r\nContent-Type: text/html\r\n\r\n'],
      ['nothing', 'HTTP/1.1 204 No Content\r\nContent-Type: text/html\r\n\r\n'],
      ['asked for by a script', htmlOf(page, 'ETag: "x"\r\n'), 'Sec-Fetch-Dest: empty\r\n'],
      ['asked for by an old library', htmlOf(page), 'X-Requested-With: XMLHttpRequest\r\n'],
      ['asked for by htmx', htmlOf(page), 'HX-Request: true\r\n'],
    ];
    for (const [what, answer, more] of unchanged) {
      const { bus, port } = await openWith(scope, answer);
      const told = partsOf(await talk(scope, port, get(more)));
      await publishState(bus, 'RUNNING');
      const plain = partsOf(await talk(scope, port, get(more)));

      const lasting = ({ headers }: Told) => headers.filter((each) => !/^(date|x-vcap-request-id):/i.test(each));
      assert.equal([told.status, lasting(told), told.body], [plain.status, lasting(plain), plain.body], what);
    }
  });

  it('is told by HEAD and POST as before', async (scope) => {
    const { port } = await openWith(scope, htmlOf(page, 'ETag: "x"\r\n'));

    const head = partsOf(await talk(scope, port, get().replace('GET', 'HEAD')));
    const post = partsOf(await talk(scope, port, get('Content-Length: 0\r\n').replace('GET', 'POST')));

    for (const { headers } of [head, post]) {
      assert.ok(headers.includes(`Content-Length: ${page.length}`));
      assert.ok(headers.includes('ETag: "x"'));
    }
    assert.equal([head.body, post.body], ['', page]);
  });

  it('goes for all of an app that nobody works on, reserved paths included', async (scope) => {
    const seen: string[] = [];
    const appPort = await serveApp(scope, (request, response) => {
      seen.push(`${request.url} ${request.headers['accept-encoding']}`);
      response.writeHead(200, { 'content-type': 'text/html', etag: '"x"' }).end(page);
    });
    const router = await open(scope, appPort, { live_reload: false });
    await register(router.bus, appPort, ['other.localhost'], { app: 'other' });
    await publishState(router.bus, 'RUNNING', { ...watched, app: 'third', uris: ['third.localhost'] });
    const headers = { 'accept-encoding': 'gzip', accept: 'text/html' };

    for (const name of [host, 'other.localhost']) {
      for (const path of ['/', '/.localpaas/live-reload', '/.localpaas/live-reload.js']) {
        const answer = await ask(router.port, name, { path, headers });
        assert.equal([answer.body, answer.headers['etag']], [page, '"x"']);
      }
    }
    assert.is(seen.length, 6);
    assert.ok(seen.every((each) => each.endsWith(' gzip')));
  });
});
