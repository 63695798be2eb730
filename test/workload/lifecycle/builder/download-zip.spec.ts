import { once } from 'node:events';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import * as assert from 'uvu/assert';
import { ZipFile } from 'yazl';
import { downloadZip } from '#workload/lifecycle/builder/download-zip.ts';
import { scratchDirectory } from '../../../support/scratch.ts';
import { describe, type Scope } from '../../../support/spec.ts';
import { fixtures } from './a-build.ts';

describe('downloading a buildpack as a zip', (it) => {
  it('follows redirects, and leaves nothing of the zip', async (scope) => {
    const zip = await packZip();
    const url = await listening(scope, createHttpServer(redirecting(zip)));
    const { destination, scratch } = await placeIn(scope);
    const bytes = await downloadZip({ url: `${url}/moved.zip`, destination, scratch, skipCertVerify: false });
    assert.is(bytes, zip.length);
    assert.is(await readFile(join(destination, 'bin', 'detect'), 'utf8'), '#!/bin/sh\n');
    assert.equal(await readdir(scratch), []);
  });

  it('gives up in a circle of redirects', async (scope) => {
    const circle = createHttpServer((_, response) => response.writeHead(302, { location: '/again.zip' }).end());
    const url = `${await listening(scope, circle)}/again.zip`;
    assert.match(await refusalOf(scope, url), `Failed to download buildpack '${url}': stopped after 10 redirects`);
  });

  it('refuses what is no zip', async (scope) => {
    const url = `${await listening(
      scope,
      createHttpServer((_, response) => response.end('<html>')),
    )}/x.zip`;
    assert.match(await refusalOf(scope, url), `Failed to extract buildpack '${url}': `);
  });

  it('trusts a certificate nobody signed only when it is told to', async (scope) => {
    const zip = await packZip();
    const tls = join(fixtures, 'tls');
    const keys = { key: await readFile(join(tls, 'key.pem')), cert: await readFile(join(tls, 'cert.pem')) };
    const server = createHttpsServer(keys, (_, response) => response.end(zip));
    const url = `${(await listening(scope, server)).replace('http:', 'https:')}/pack.zip`;
    assert.match(await refusalOf(scope, url), /self.signed certificate/);
    const { destination, scratch } = await placeIn(scope);
    assert.is(await downloadZip({ url, destination, scratch, skipCertVerify: true }), zip.length);
  });

  it('takes one from this machine', async (scope) => {
    const { destination, scratch } = await placeIn(scope);
    const path = join(await scratchDirectory(scope), 'pack.zip');
    await writeFile(path, await packZip());
    await downloadZip({ url: `file://${path}`, destination, scratch, skipCertVerify: false });
    assert.equal(await readdir(destination), ['bin']);
  });
});

async function packZip(): Promise<Buffer> {
  const zip = new ZipFile();
  zip.addBuffer(Buffer.from('#!/bin/sh\n'), 'bin/detect', { mode: 0o100755 });
  zip.end();
  return buffer(zip.outputStream);
}

function redirecting(zip: Buffer): RequestListener {
  return (request, response) => {
    if (request.url === '/moved.zip') response.writeHead(302, { location: '/pack.zip' }).end();
    else response.end(zip);
  };
}

async function listening(scope: Scope, server: Server): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  scope.defer(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function placeIn(scope: Scope): Promise<{ destination: string; scratch: string }> {
  const directory = await scratchDirectory(scope);
  const scratch = join(directory, 'scratch');
  await mkdir(scratch);
  return { destination: join(directory, 'pack'), scratch };
}

async function refusalOf(scope: Scope, url: string): Promise<string> {
  const { destination, scratch } = await placeIn(scope);
  const ended = await downloadZip({ url, destination, scratch, skipCertVerify: false }).then(
    () => 'It came.',
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );
  assert.equal(await readdir(scratch), []);
  return ended;
}
