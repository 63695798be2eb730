import { mkdir, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { DropletCache, type DropletSource } from '#components/dea/droplet-cache.ts';
import { waitFor } from '#ground/wait.ts';
import { scratchDirectory } from '../../support/scratch.ts';
import { describe, type Scope } from '../../support/spec.ts';
import { thrownBy } from '../../support/thrown.ts';
import { serveDroplets, sha1Of } from './support.ts';

const never = new AbortController().signal;

async function openCache(scope: Scope, { maxBytes = 1_000_000, maxCount = 10, usesLocalFiles = true } = {}) {
  const scratch = await scratchDirectory(scope);
  const directory = join(scratch, 'staged');
  const file = join(scratch, 'droplet');
  await writeFile(file, 'the droplet');
  const other = join(scratch, 'other');
  await writeFile(other, 'another one');
  const { url, asked } = await serveDroplets(scope, { '/good': file, '/other': other });
  const open = () => new DropletCache({ directory, maxBytes, maxCount, usesLocalFiles });
  const source = (changes: Partial<DropletSource> = {}): DropletSource => ({
    sha1: 'abc',
    executableUri: url('/good'),
    ...changes,
  });
  const read = (cache: DropletCache, from: DropletSource) => cache.use(from, (path) => readFile(path, 'utf8'), never);
  return {
    cache: open(),
    open,
    directory,
    file,
    url,
    asked,
    source,
    read,
    sha1: await sha1Of(file),
    otherSha1: await sha1Of(other),
  };
}

describe('droplet cache', (it) => {
  it('downloads a droplet once', async (scope) => {
    const { cache, asked, read, source, sha1 } = await openCache(scope);

    assert.is(await read(cache, source({ sha1 })), 'the droplet');
    assert.is(await read(cache, source({ sha1 })), 'the droplet');

    assert.is(asked.get('/good'), 1);
  });

  it('shares a download between starts at the same time', async (scope) => {
    const { cache, asked, read, source } = await openCache(scope);

    const texts = await Promise.all([1, 2, 3, 4].map(() => read(cache, source())));

    assert.equal(new Set(texts), new Set(['the droplet']));
    assert.is(asked.get('/good'), 1);
  });

  it('takes a file of this machine where it is', async (scope) => {
    const { cache, asked, file, directory, source } = await openCache(scope);

    const path = await cache.use(source({ executableFile: file }), async (used) => used, never);

    assert.is(path, file);
    assert.is(asked.size, 0);
    assert.equal(await readdir(directory).catch(() => []), []);
  });

  it('downloads when the file is not on this machine', async (scope) => {
    const { cache, read, source } = await openCache(scope);

    assert.is(await read(cache, source({ executableFile: '/not/here' })), 'the droplet');
    assert.is(await read(cache, source({ sha1: 'x', executableFile: '???' })), 'the droplet');
  });

  it('checks what it got, by whichever way', async (scope) => {
    const { cache, directory, file, read, source } = await openCache(scope);
    const wrong = 'a'.repeat(40);

    const downloaded = await thrownBy(() => read(cache, source({ sha1: wrong })));
    assert.match(
      downloaded.message,
      /^The droplet cannot be had: what http:.+\/good holds has the SHA-1 [0-9a-f]{40}, not aaa/,
    );
    assert.equal(await readdir(directory), [], 'nothing is left of it');

    const local = await thrownBy(() => read(cache, source({ sha1: wrong, executableFile: file })));
    assert.match(local.message, `what ${file} holds has the SHA-1`);
  });

  it('looks at a file of this machine once, and again when it has changed', async (scope) => {
    const { cache, file, read, source, sha1, otherSha1 } = await openCache(scope);
    const local = source({ sha1, executableFile: file, executableUri: 'http://127.0.0.1:9/' });
    assert.is(await read(cache, local), 'the droplet');
    assert.is(await read(cache, local), 'the droplet');
    const { atime, mtime } = await stat(file);

    await writeFile(file, 'the Droplet');
    await utimes(file, atime, mtime);

    assert.match((await thrownBy(() => read(cache, local))).message, 'holds has the SHA-1');
    await writeFile(file, 'another one');
    assert.match((await thrownBy(() => read(cache, local))).message, 'holds has the SHA-1');
    assert.is(await read(cache, { ...local, sha1: otherSha1 }), 'another one');
  });

  it('takes any key: only what looks like a SHA-1 is one', async (scope) => {
    const { cache, directory, read, source } = await openCache(scope);

    for (const sha1 of ['abc', '../../etc/passwd', 'a/b', '.', 'ü'.repeat(300)]) {
      assert.is(await read(cache, source({ sha1 })), 'the droplet', sha1);
    }

    assert.equal(await readdir(directory), [], 'what such a key stands for may be something else the next time');
  });

  it('downloads anew what comes under a key that is always the same', async (scope) => {
    const { cache, read, source, url } = await openCache(scope);

    assert.is(await read(cache, source({ sha1: 'SHA1' })), 'the droplet');
    assert.is(await read(cache, source({ sha1: 'SHA1', executableUri: url('/other') })), 'another one');
  });

  it('uses and keeps what somebody put there under its key', async (scope) => {
    const { cache, asked, directory, read, source } = await openCache(scope);
    await mkdir(directory, { recursive: true });
    await writeFile(join(directory, '2012.11-sinatra.tgz'), 'put there');
    await writeFile(join(directory, 'README'), 'not ours');
    await mkdir(join(directory, 'a-directory'));

    await cache.tidy();

    for (const _ of [1, 2]) assert.is(await read(cache, source({ sha1: '2012.11-sinatra' })), 'put there');
    assert.equal((await readdir(directory)).sort(), ['2012.11-sinatra.tgz', 'README', 'a-directory']);
    assert.is(asked.size, 0);
  });

  it('leaves files of this machine alone where it is told to download', async (scope) => {
    const { cache, asked, file, read, source } = await openCache(scope, { usesLocalFiles: false });

    assert.is(await read(cache, source({ executableFile: file })), 'the droplet');
    assert.is(asked.get('/good'), 1);
  });

  it('tells why there is no droplet, without the password in the address', async (scope) => {
    const { cache, directory, read, source, url } = await openCache(scope);
    const failure = async (executableUri: string) =>
      (await thrownBy(() => read(cache, source({ executableUri })))).message;

    const missing = url('/missing');
    assert.is(
      await failure(missing.replace('//', '//me:secret@')),
      `The droplet cannot be had: ${missing} answered 404.`,
    );
    assert.match(await failure('http://127.0.0.1:9/x'), 'http://127.0.0.1:9/x cannot be reached: connect ECONNREFUSED');
    assert.match(await failure('not an address'), "'not an address' cannot be reached: Invalid URL");
    assert.match(await failure('ftp://x/y'), 'Only http and https addresses work');
    assert.equal(await readdir(directory), []);
  });

  it('leaves nothing of a download that breaks off', async (scope) => {
    const { cache, directory, read, source } = await openCache(scope);
    const server = createServer((_request, response) => {
      response.writeHead(200, { 'content-length': 1000 });
      response.write('a part', () => response.destroy());
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    scope.defer(() => new Promise((resolve) => server.close(resolve)));
    const { port } = server.address() as { port: number }; // an object for a server on a port

    const error = await thrownBy(() => read(cache, source({ executableUri: `http://127.0.0.1:${port}/x` })));

    assert.match(error.message, `the download from http://127.0.0.1:${port}/x broke off`);
    assert.equal(await readdir(directory), []);
  });

  it('downloads again what was damaged while it was not looking', async (scope) => {
    const { cache, open, asked, directory, read, source, sha1 } = await openCache(scope);
    await read(cache, source({ sha1 }));
    await writeFile(join(directory, `${sha1}.tgz`), '\0\0\0\0');

    assert.is(await read(open(), source({ sha1 })), 'the droplet');
    assert.is(asked.get('/good'), 2);
  });

  it('uses after a restart what it downloaded before', async (scope) => {
    const { cache, open, asked, read, source, sha1 } = await openCache(scope);
    await read(cache, source({ sha1 }));

    assert.is(await read(open(), source({ sha1 })), 'the droplet');
    assert.is(asked.get('/good'), 1);
  });

  it('keeps so many droplets, the latest used', async (scope) => {
    const { cache, directory, read, source, sha1 } = await openCache(scope, { maxCount: 2 });
    await mkdir(directory, { recursive: true });
    for (const [name, usedAt] of [
      ['old.tgz', 2],
      ['older.tgz', 1],
    ] as const) {
      await writeFile(join(directory, name), 'x');
      await utimes(join(directory, name), usedAt, usedAt);
    }
    await read(cache, source({ sha1: 'older' }));

    await read(cache, source({ sha1 }));

    assert.equal((await readdir(directory)).sort(), [`${sha1}.tgz`, 'older.tgz'].sort());
  });

  it('keeps so many bytes, but never removes what is in use', async (scope) => {
    const { cache, directory, read, source, sha1, otherSha1, url } = await openCache(scope, { maxBytes: 15 });
    const other = source({ sha1: otherSha1, executableUri: url('/other') });

    await cache.use(
      source({ sha1 }),
      async (path) => {
        await utimes(path, 1, 1);
        await read(cache, other);
        assert.ok((await stat(path)).isFile());
      },
      never,
    );
    await rm(join(directory, `${otherSha1}.tgz`));
    await read(cache, other);

    assert.equal(await readdir(directory), [`${otherSha1}.tgz`]);
  });

  it('lets one start give up while another waits for the same droplet', async (scope) => {
    const { cache, read, source } = await openCache(scope);
    const stop = new AbortController();

    const givesUp = cache.use(source(), async () => 'unpacked', stop.signal);
    const waits = read(cache, source());
    stop.abort(new Error('stopped'));

    assert.is((await thrownBy(() => givesUp)).message, 'stopped');
    assert.is(await waits, 'the droplet');
  });

  it('gives up a download that nobody waits for any more, and begins anew for the next', async (scope) => {
    const { cache, directory, read, source } = await openCache(scope);
    let isAnswering = false;
    let requests = 0;
    const server = createServer((_request, response) => {
      requests += 1;
      if (isAnswering) response.setHeader('connection', 'close').end('at last');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    scope.defer(() => new Promise((resolve) => server.close(resolve)));
    const { port } = server.address() as { port: number }; // an object for a server on a port
    const slow = source({ executableUri: `http://127.0.0.1:${port}/slow` });
    const stop = new AbortController();
    const waiting = cache.use(slow, async () => 'unpacked', stop.signal);
    await waitFor('the request', () => (requests > 0 ? true : undefined), { limitMs: 15_000 });

    stop.abort(new Error('stopped'));
    isAnswering = true;

    assert.is((await thrownBy(() => waiting)).message, 'stopped');
    assert.is(await read(cache, slow), 'at last');
    assert.equal(await readdir(directory), []);
  });

  it('removes what a killed predecessor left half-done', async (scope) => {
    const { cache, directory, read, source, sha1 } = await openCache(scope);
    await read(cache, source({ sha1 }));
    await writeFile(join(directory, 'bad.tgz.123-abc.tmp'), 'half');

    await cache.tidy();

    assert.equal(await readdir(directory), [`${sha1}.tgz`]);
  });
});
