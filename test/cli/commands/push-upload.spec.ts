import { createHash } from 'node:crypto';
import { chmod, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { extractZip, readZipIndex } from '#ground/unzip.ts';
import { scratchDirectory } from '../../support/scratch.ts';
import { describe, type Scope } from '../../support/spec.ts';
import type { RecordedApi, RecordedRequest } from '../recorded-api.ts';
import { runCli } from '../run-cli.ts';
import { hello, packageIn, platform, upload } from './push-platform.ts';

/** The parts of an upload by their names. */
function partsOf(request: RecordedRequest | undefined): Map<string, string> {
  const boundary = /boundary=(.+)$/.exec(request?.headers['content-type'] ?? '')?.[1] ?? 'none';
  const parts = (request?.body ?? '').split(`--${boundary}`).slice(1, -1);
  return new Map(
    parts.map((part) => {
      const end = part.indexOf('\r\n\r\n');
      return [/name="([^"]+)"/.exec(part.slice(0, end))?.[1] ?? '', part.slice(end + 4, -2)];
    }),
  );
}

async function zipIn(scope: Scope, request: RecordedRequest | undefined): Promise<string> {
  const path = join(await scratchDirectory(scope), 'package.zip');
  await writeFile(path, Buffer.from(partsOf(request).get('bits') ?? '', 'latin1'));
  return path;
}

const uploadIn = ({ requests }: RecordedApi) => requests.find(({ path }) => path.endsWith('/upload'));

describe('push, of files,', (it) => {
  it('sends files, links, empty folders and permissions as they are', async (scope) => {
    const api = await platform(scope);
    const folder = await hello(scope);
    await mkdir(join(folder, 'bin/empty'), { recursive: true });
    await writeFile(join(folder, 'bin/run'), 'ünï\0\r\n--boundary');
    await chmod(join(folder, 'bin/run'), 0o755);
    await writeFile(join(folder, 'nothing'), '');
    await symlink('bin/run', join(folder, 'link'));

    await runCli(['push', folder], { home: api.home });

    const zip = await zipIn(scope, uploadIn(api));
    assert.is(partsOf(uploadIn(api)).get('resources'), '[]');
    const entries = (await readZipIndex(zip)).map(({ path, kind, mode }) => `${kind} ${path} ${mode.toString(8)}`);
    assert.equal(entries.sort(), [
      'directory bin 755',
      'directory bin/empty 755',
      'file app.js 644',
      'file bin/run 755',
      'file nothing 644',
      'symlink link 777',
    ]);
    const unpacked = join(await scratchDirectory(scope), 'unpacked');
    await extractZip(zip, unpacked);
    assert.is(await readFile(join(unpacked, 'link'), 'utf8'), 'ünï\0\r\n--boundary');
  });

  it('sends only what the platform does not have, of more than 64 KB', async (scope) => {
    const folder = await hello(scope, 'x'.repeat(70_000));
    await writeFile(join(folder, 'new.js'), 'new');
    await writeFile(join(folder, 'empty'), '');
    const api = await platform(scope, {
      'POST /v3/resource_matches': ({ body }) => {
        const { resources } = JSON.parse(body) as { resources: { path: string }[] };
        return { status: 201, body: { resources: resources.filter(({ path }) => path === 'app.js') } };
      },
    });

    await runCli(['push', folder], { home: api.home });

    const asked = api.requests.find(({ path }) => path === '/v3/resource_matches');
    const { resources } = JSON.parse(asked?.body ?? '') as { resources: { path: string }[] };
    assert.equal(resources.map(({ path }) => path).sort(), ['app.js', 'new.js']);
    assert.equal(JSON.parse(partsOf(uploadIn(api)).get('resources') ?? ''), [
      {
        path: 'app.js',
        mode: '644',
        checksum: { value: createHash('sha1').update('x'.repeat(70_000)).digest('hex') },
        size_in_bytes: 70_000,
      },
    ]);
    const entries = await readZipIndex(await zipIn(scope, uploadIn(api)));
    assert.equal(entries.map(({ path }) => path).sort(), ['empty', 'new.js']);
  });

  it('sends no archive at all when the platform has everything', async (scope) => {
    const folder = await hello(scope, 'x'.repeat(70_000));
    const api = await platform(scope, {
      'POST /v3/resource_matches': ({ body }) => ({ status: 201, body: JSON.parse(body) as object }),
    });

    await runCli(['push', folder], { home: api.home });

    assert.equal([...partsOf(uploadIn(api)).keys()], ['resources']);
  });

  it('sends an archive as it is', async (scope) => {
    const api = await platform(scope);
    const folder = await scratchDirectory(scope);
    const archive = Buffer.concat([
      Buffer.from('PK\u0003\u0004'),
      Buffer.from([0, 255, 13, 10]),
      Buffer.alloc(200_000, 7),
    ]);
    await writeFile(join(folder, 'hello.jar'), archive);

    await runCli(['push', 'hello.jar'], { home: api.home, workingDirectory: folder });

    assert.ok(Buffer.from(partsOf(uploadIn(api)).get('bits') ?? '', 'latin1').equals(archive));
  });

  it('waits for a package that is not ready at once', async (scope) => {
    const states = ['PROCESSING_UPLOAD', 'READY'];
    const api = await platform(scope, {
      [upload]: packageIn('PROCESSING_UPLOAD'),
      'GET /v3/packages/package-1': () => packageIn(states.shift() ?? 'READY'),
    });

    assert.is((await runCli(['push', await hello(scope)], { home: api.home })).exitCode, 0);
    assert.is(states.length, 0);
  });
});
