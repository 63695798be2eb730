import { execFileSync } from 'node:child_process';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { type FileViewer, serveAppFiles } from '#components/dea/files/file-viewer.ts';
import { deaFindDroplet, deaStatus } from '#contract/dea.ts';
import { createLog, type LogEntry } from '#ground/log.ts';
import { listen } from '#ground/ports.ts';
import { scratchDirectory } from '../../../support/scratch.ts';
import { describe, type Scope } from '../../../support/spec.ts';
import { thrownBy } from '../../../support/thrown.ts';
import { fixtureDroplet, openDea, requestFor, startRunning } from '../support.ts';

type Headers = Readonly<Record<string, string>>;

/** What a client of 2012 gets; nothing of the path is tidied up before it is sent. */
function get({ uri, credentials }: Pick<FileViewer, 'uri' | 'credentials'>, path: string, headers: Headers = {}) {
  const { host, hostname, port, pathname } = new URL(uri);
  return new Promise<{ status: number; text: string; headers: NodeJS.Dict<string | string[]> }>((resolve, reject) => {
    const options = { host: hostname, port, path: pathname + path, auth: credentials.join(':'), agent: false as const };
    const method = headers['method'] ?? 'GET';
    const sent = request({ ...options, method, headers: { host, ...headers } }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        resolve({
          status: response.statusCode ?? 0,
          text: Buffer.concat(chunks).toString(),
          headers: response.headers,
        });
      });
    });
    sent.on('error', reject);
    sent.end();
  });
}

async function openViewer(scope: Scope) {
  const scratch = await scratchDirectory(scope);
  const instances = join(scratch, 'apps');
  const top = join(instances, 'hello-0-1');
  for (const name of ['app/config', 'logs', 'tmp', 'deps']) await mkdir(join(top, name), { recursive: true });
  for (const [name, content] of Object.entries({
    startup: 'secret',
    stop: 'secret',
    'run.pid': '123\n',
    'app/app.rb': 'x'.repeat(51),
    'app/stop': 'of the app',
    'app/.env': 'HIDDEN=1',
    'logs/stdout.log': 'one\ntwo\nthree\n',
    'logs/empty.log': '',
    'app/a b%.txt': 'odd name',
  })) {
    await writeFile(join(top, name), content);
  }
  await writeFile(join(scratch, 'outside'), 'not yours');
  const logged: LogEntry[] = [];
  const log = createLog((entry) => {
    if (entry.level !== 'debug') logged.push(entry);
  });
  const viewer = await serveAppFiles(scope, { host: '127.0.0.1', port: null, instances, log });
  return {
    viewer,
    top,
    scratch,
    instances,
    logged,
    show: (path: string, headers?: Headers) => get(viewer, path, headers),
  };
}

describe('file viewer', (it) => {
  it('lists directories, and at the top only what an app has', async (scope) => {
    const { show } = await openViewer(scope);

    const top = await show('hello-0-1');
    assert.equal([top.status, top.headers['content-type']], [200, 'text/plain']);
    assert.is(top.text, `${'app/'.padEnd(45)}-\n${'logs/'.padEnd(45)}-`);
    assert.is((await show('hello-0-1/')).text, top.text);
    assert.is(
      (await show('hello-0-1/app')).text,
      [
        'a b%.txt                                    8B',
        'app.rb                                     51B',
        'config/                                      -',
        'stop                                       10B',
      ].join('\n'),
    );
    assert.is((await show('hello-0-1/app/config')).text, '');
  });

  it('shows files, also by the encoded paths of old clients', async (scope) => {
    const { show } = await openViewer(scope);

    assert.is((await show('hello-0-1/logs/stdout.log')).text, 'one\ntwo\nthree\n');
    assert.is((await show('hello-0-1/%2Flogs%2Fstdout.log')).text, 'one\ntwo\nthree\n');
    assert.is((await show('hello-0-1/app/a%20b%25.txt')).text, 'odd name');
    assert.is((await show('hello-0-1/run.pid')).text, '123\n');
    assert.is((await show('hello-0-1/app/stop')).text, 'of the app');
    assert.is((await show('hello-0-1/app/.env')).text, 'HIDDEN=1');
    const empty = await show('hello-0-1/logs/empty.log');
    assert.equal([empty.status, empty.text], [200, '']);
  });

  it('shows a part of a file', async (scope) => {
    const { show } = await openViewer(scope);

    const part = await show('hello-0-1/logs/stdout.log', { range: 'bytes=4-6' });
    assert.equal([part.status, part.text], [206, 'two']);
    assert.is(part.headers['content-range'], 'bytes 4-6/14');
    assert.is((await show('hello-0-1/logs/stdout.log', { range: 'bytes=-6' })).text, 'three\n');
    const none = await show('hello-0-1/logs/stdout.log', { range: 'bytes=14-' });
    assert.equal([none.status, none.headers['content-range']], [416, 'bytes */14']);
    const head = await show('hello-0-1/logs/stdout.log', { method: 'HEAD' });
    assert.equal([head.status, head.text, head.headers['content-length']], [200, '', '14']);
  });

  it('shows nothing but the files of the app', async (scope) => {
    const { show, top, scratch } = await openViewer(scope);
    await symlink(join(scratch, 'outside'), join(top, 'app/link-out'));
    await symlink('/etc', join(top, 'app/directory-out'));
    await symlink('../startup', join(top, 'app/link-startup'));
    await symlink('loop', join(top, 'app/loop'));
    await symlink('../logs/stdout.log', join(top, 'app/link-in'));
    await symlink(scratch, join(top, 'logs/up'));
    execFileSync('mkfifo', [join(top, 'app/pipe')]);

    for (const path of [
      'startup',
      'stop',
      './startup',
      'app/../startup',
      '%2e%2e/hello-0-1/startup',
      '../../outside',
      '..%2f..%2foutside',
      'app/link-out',
      'app/directory-out',
      'app/directory-out/passwd',
      'app/link-startup',
      'app/loop',
      'app/pipe',
      'logs/up/outside',
    ]) {
      const { status, text } = await show(`hello-0-1/${path}`);
      assert.equal([status, text], [403, 'Not accessible\n'], path);
    }
    assert.is((await show('..')).status, 403);
    assert.is((await show('hello-0-1/app/link-in')).text, 'one\ntwo\nthree\n');
    assert.not((await show('hello-0-1/app')).text.includes('out'), 'links out are not listed');
  });

  it('does not follow a top directory that is a link', async (scope) => {
    const { show, instances } = await openViewer(scope);
    await symlink('/etc', join(instances, 'evil'));

    assert.is((await show('evil/passwd')).status, 403);
  });

  it('says when something is not there', async (scope) => {
    const { show, logged } = await openViewer(scope);

    const paths = ['', 'hello-0-1/app/none', 'nobody/app', 'hello-0-1/run.pid/x', 'hello-0-1/a%00b', 'x'.repeat(3_000)];
    for (const path of paths) {
      const { status, text } = await show(path);
      assert.equal([status, text], [404, 'Entity not found.\n'], path.slice(0, 30));
    }
    assert.equal(logged, []);
  });

  it('wants its credentials', async (scope) => {
    const { viewer } = await openViewer(scope);

    for (const path of ['hello-0-1/run.pid', 'nobody', '../other']) {
      const { status, headers, text } = await get({ ...viewer, credentials: ['a', 'b'] }, path);
      assert.equal([status, headers['www-authenticate'], text], [401, 'Basic realm=""', ''], path);
    }
    assert.match(viewer.credentials.join(':'), /^[0-9a-f]{32}:[0-9a-f]{32}$/);
  });

  it('survives a client that leaves in the middle of a file', async (scope) => {
    const { viewer, show, top, logged } = await openViewer(scope);
    await writeFile(join(top, 'logs/big.log'), Buffer.alloc(20_000_000));
    const { hostname, port } = new URL(viewer.uri);
    const authorization = Buffer.from(viewer.credentials.join(':')).toString('base64');

    await new Promise<void>((resolve) => {
      const socket = connect(Number(port), hostname, () => {
        socket.write(
          `GET /droplets/hello-0-1/logs/big.log HTTP/1.1\r\nHost: x\r\nAuthorization: Basic ${authorization}\r\n\r\n`,
        );
      });
      socket.once('data', () => socket.destroy());
      socket.once('close', () => resolve());
    });

    assert.is((await show('hello-0-1/logs/big.log')).text.length, 20_000_000);
    assert.equal(logged, []);
  });
});

describe('file viewer of a dea', (it) => {
  it('is told to whoever asks for an instance', async (scope) => {
    const dea = await openDea(scope);
    const { app, instance } = await startRunning(dea, requestFor(await fixtureDroplet(scope, 'echo-env')));

    const [found] = await dea.bus.askMany(deaFindDroplet, { droplet: app }, { limitMs: 15_000, expected: 1 });

    assert.is(found?.staged, `hello-0-${instance}`);
    assert.match(found?.file_uri ?? '', /^http:\/\/127\.0\.0\.1:\d+\/droplets\/$/);
    const [user = '', password = ''] = found?.credentials ?? [];
    const viewer = { uri: found?.file_uri ?? '', credentials: [user, password] as const };
    const { text } = await get(viewer, `${found?.staged}/app/app.js`);
    assert.match(text, /http/);
  });

  it('listens where it is told, which the hello says; and says when it cannot', async (scope) => {
    const port = await portThatWasFree();
    const first = await openDea(scope, { filerPort: port });

    assert.is((await first.bus.ask(deaStatus, null, { limitMs: 15_000 })).port, port);
    const error = await thrownBy(() => openDea(scope, { filerPort: port }, first));
    assert.match(error.message, `The file viewer of the DEA cannot listen on port ${port}`);
  });
});

async function portThatWasFree(): Promise<number> {
  const server = createServer();
  const port = await listen(server, { host: '127.0.0.1', port: 0, who: 'The test' });
  await new Promise((resolve) => server.close(resolve));
  return port;
}
