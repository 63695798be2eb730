import { symlink } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { describe, type Scope } from '../support/spec.ts';
import { makeApp, Staging, sampleApps, start } from './staging.ts';

interface Answer {
  readonly status: number | undefined;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** A request that is sent as it is written: nothing tidies the path up before. */
function ask(url: string, path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Answer> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const sent = request({ hostname, port, path, headers, method, agent: false }, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (piece) => {
        body += piece;
      });
      response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, body }));
    });
    sent.once('error', reject).end();
  });
}

async function serve(scope: Scope, files: Record<string, string>): Promise<string> {
  const staging = await Staging.of(scope, 'static');
  return start(scope, await staging.staged(await makeApp(scope, files)));
}

const basic = (pair: string) => ({ authorization: `Basic ${Buffer.from(pair).toString('base64')}` });

describe(
  'the buildpack static',
  (it) => {
    it('serves the sample site: pages, a listing, and one page for every other address', async (scope) => {
      const staging = await Staging.of(scope, 'static');
      const staged = await staging.staged(join(sampleApps, 'static-site'), { offline: true });
      const url = await start(scope, staged);

      assert.is(staged.config.output_metadata?.runtime.name, 'node');
      assert.match((await ask(url, '/')).body, 'A site of files');
      assert.match((await ask(url, '/a/b/c')).body, 'A site of files');
      assert.is((await ask(url, '/place.js')).headers['content-type'], 'text/javascript; charset=utf-8');
      const listing = await ask(url, '/files/');
      assert.match(listing.body, '<a href="one.txt">one.txt</a>');
      assert.match(listing.body, '<a href="../">');
      assert.is((await ask(url, '/files?x=1')).headers['location'], '/files/?x=1');
    });

    it('asks members for a password', async (scope) => {
      const staging = await Staging.of(scope, 'static');
      const url = await start(scope, await staging.staged(join(sampleApps, 'static-members')));

      const refused = await ask(url, '/');
      assert.is(refused.status, 401);
      assert.match(String(refused.headers['www-authenticate']), /^Basic realm=/);
      for (const pair of ['alice:open-sesame', 'bob:swordfish'])
        assert.is((await ask(url, '/', basic(pair))).status, 200);
      for (const pair of ['alice:swordfish', 'eve:', 'alice:', ':', 'toString:x', '']) {
        assert.is((await ask(url, '/', basic(pair))).status, 401, pair);
      }
      for (const name of [
        'Staticfile',
        'Staticfile.auth',
        'manifest.yml',
        'STATICFILE.auth',
        '//Staticfile.auth',
        '%53taticfile',
      ]) {
        assert.is((await ask(url, `/${name}`, basic('bob:swordfish'))).status, 404, name);
      }
    });

    it('keeps what is outside the site, and what begins with a dot, to itself', async (scope) => {
      const secret = await makeApp(scope, { 'secret.txt': 'secret' });
      const app = await makeApp(scope, {
        Staticfile: 'root: public\n',
        'outside.txt': 'secret',
        'public/index.html': 'home',
        'public/.env': 'secret',
        'public/.git/config': 'secret',
        'public/.well-known/security.txt': 'welcome',
      });
      await symlink(secret, join(app, 'public', 'link'));
      const staging = await Staging.of(scope, 'static');
      const url = await start(scope, await staging.staged(app));

      const paths = [
        ...['/../outside.txt', '/%2e%2e/outside.txt', '/..%2foutside.txt', '/x/../../outside.txt', '/..%5coutside.txt'],
        ...[
          '/.env',
          '/.git/config',
          '/%2egit/config',
          '/link/secret.txt',
          '//etc/passwd',
          '/%00',
          '/%zz',
          '/index.html/',
        ],
      ];
      for (const path of paths) {
        const { status, body } = await ask(url, path);
        assert.ok([400, 404].includes(status ?? 0), `${path} got ${status}`);
        assert.not.match(body, 'secret');
      }
      assert.is((await ask(url, '/./index.html')).status, 400);
      assert.is((await ask(url, '/.well-known/security.txt')).body, 'welcome');
      assert.is((await ask(url, '//example.org/..')).status, 400);
      assert.is((await ask(url, '/', {}, 'POST')).status, 405);
      assert.is((await ask(url, '/', {}, 'HEAD')).body, '');
    });

    it('answers a part of a file, and says when a visitor has it already', async (scope) => {
      const url = await serve(scope, { 'index.html': 'home', 'ten.txt': '0123456789', 'empty.txt': '' });

      const whole = await ask(url, '/ten.txt');
      assert.is(whole.headers['content-length'], '10');
      const etag = String(whole.headers['etag']);
      for (const [range, status, body] of [
        ['bytes=2-4', 206, '234'],
        ['bytes=7-', 206, '789'],
        ['bytes=-2', 206, '89'],
        ['bytes=5-99', 206, '56789'],
        ['bytes=0-0,2-2', 200, '0123456789'],
        ['bytes=x', 200, '0123456789'],
      ] as const) {
        const part = await ask(url, '/ten.txt', { range });
        assert.equal([part.status, part.body], [status, body], range);
      }
      assert.is((await ask(url, '/ten.txt', { range: 'bytes=2-4' })).headers['content-range'], 'bytes 2-4/10');
      const outside = await ask(url, '/ten.txt', { range: 'bytes=10-' });
      assert.equal([outside.status, outside.headers['content-range']], [416, 'bytes */10']);
      assert.is((await ask(url, '/ten.txt', { range: 'bytes=0-1', 'if-range': '"other"' })).status, 200);
      assert.is((await ask(url, '/ten.txt', { range: 'bytes=0-1', 'if-range': etag })).status, 206);
      assert.is((await ask(url, '/ten.txt', { 'if-none-match': `"x", W/${etag}` })).status, 304);
      assert.is((await ask(url, '/ten.txt', { 'if-none-match': '"x"' })).status, 200);
      assert.is(
        (await ask(url, '/ten.txt', { 'if-modified-since': String(whole.headers['last-modified']) })).status,
        304,
      );
      assert.equal([(await ask(url, '/empty.txt')).status, (await ask(url, '/empty.txt')).body], [200, '']);
    });

    it('gives a file that was packed before to those who can unpack it', async (scope) => {
      const url = await serve(scope, { 'index.html': 'home', 'app.js': 'plain', 'app.js.gz': 'packed' });

      const packed = await ask(url, '/app.js', { 'accept-encoding': 'gzip, br' });
      assert.equal([packed.body, packed.headers['content-encoding']], ['packed', 'gzip']);
      assert.is(packed.headers['content-type'], 'text/javascript; charset=utf-8');
      assert.is(packed.headers['vary'], 'accept-encoding');
      for (const accepted of ['', 'br', 'gzip;q=0']) {
        assert.is((await ask(url, '/app.js', { 'accept-encoding': accepted })).body, 'plain', accepted);
      }
    });

    it('does what the keys of a Staticfile say', async (scope) => {
      const url = await serve(scope, {
        Staticfile: [
          'root: "site"   # in quotes',
          'force_https: true',
          'http_strict_transport_security: true',
          'http_strict_transport_security_include_subdomains: true',
          'host_dot_files: true',
          'status_codes:',
          '  404: /errors/not-found.html',
        ].join('\n'),
        'site/index.html': 'home',
        'site/.hidden': 'shown',
        'site/errors/not-found.html': 'sorry',
      });
      const https = { 'x-forwarded-proto': 'https' };

      const moved = await ask(url, '/a?b', { host: 'site.example' });
      assert.equal([moved.status, moved.headers['location']], [301, 'https://site.example/a?b']);
      const home = await ask(url, '/', https);
      assert.is(home.body, 'home');
      assert.is(home.headers['strict-transport-security'], 'max-age=31536000; includeSubDomains');
      assert.is((await ask(url, '/.hidden', https)).body, 'shown');
      const missing = await ask(url, '/nothing', https);
      assert.equal([missing.status, missing.body], [404, 'sorry']);
      assert.is((await ask(url, '/errors/', https)).status, 403);
    });

    it('does what static.json says', async (scope) => {
      const url = await serve(scope, {
        'static.json': JSON.stringify({
          root: 'dist',
          clean_urls: true,
          routes: { '/**': 'index.html' },
          redirects: { '/old': { url: '/new', status: 302 } },
          headers: { '/assets/**': { 'Cache-Control': 'max-age=60' } },
        }),
        'dist/index.html': 'home',
        'dist/about.html': 'about',
        'dist/assets/a.css': 'a {}',
      });

      assert.is((await ask(url, '/about')).body, 'about');
      assert.is((await ask(url, '/anything')).body, 'home');
      assert.equal([(await ask(url, '/old')).status, (await ask(url, '/old')).headers['location']], [302, '/new']);
      assert.is((await ask(url, '/assets/a.css')).headers['cache-control'], 'max-age=60');
    });

    it('finds a mistake in the settings while staging', async (scope) => {
      const staging = await Staging.of(scope, 'static');
      for (const [files, said] of [
        [{ Staticfile: 'root: nowhere\n' }, 'there is no folder nowhere'],
        [{ Staticfile: 'root: ../..\n' }, 'is outside the app'],
        [{ Staticfile: 'root public\n' }, 'Staticfile, line 1: "root public" is not understood'],
        [{ Staticfile: 'status_codes:\n  two: /x\n' }, 'status_codes has two'],
        [{ 'static.json': '{' }, 'static.json is not JSON'],
        [{ 'static.json': '[]', 'public_html/x': '' }, 'static.json has to be an object'],
        [{ 'static.json': '{"redirects": {"/old": "/new"}}', 'public_html/x': '' }, 'redirects: /old'],
        [{ 'index.html': '', 'Staticfile.auth': '# me\nme\n' }, 'Staticfile.auth, line 2: write `name:password`'],
        [{ 'index.html': '', 'Staticfile.auth': 'me:$2y$05$abc\n' }, 'Staticfile.auth, line 1: this kind of password'],
      ] as const) {
        const { code, err, out } = await staging.stage(await makeApp(scope, files));

        assert.is(code, 1, out);
        assert.match(err, said);
        assert.not.match(err, 'at Object.');
      }
    });

    it('says which keys have no effect', async (scope) => {
      const staging = await Staging.of(scope, 'static');
      const { out } = await staging.staged(await makeApp(scope, { Staticfile: 'ssi: enabled\n', 'index.html': '' }));

      assert.match(out, 'ssi is not known here and has no effect');
    });
  },
  { timeoutMs: 120_000 },
);
