import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { downloadOfficial, platformName } from '../../../scripts/nats-server/official-release.ts';
import { scratchDirectory } from '../../support/scratch.ts';
import { describe, type Scope } from '../../support/spec.ts';

const content = '#!/bin/sh\necho "nats-server: v2.10.29"\n';

/** An archive of the releases' shape: a folder with a licence, a read-me and the program. */
async function packRelease(scope: Scope, programName = 'nats-server'): Promise<Buffer> {
  const directory = await scratchDirectory(scope);
  const folder = join(directory, 'nats-server-v2.10.29-linux-amd64');
  await mkdir(folder);
  await writeFile(join(folder, 'README.md'), 'about nats-server\n'.repeat(100));
  await writeFile(join(folder, programName), content);
  execFileSync('tar', ['-czf', join(directory, 'a.tar.gz'), '-C', directory, 'nats-server-v2.10.29-linux-amd64']);
  return readFileSync(join(directory, 'a.tar.gz'));
}

async function serve(scope: Scope, answer: (response: ServerResponse, path: string) => void): Promise<string> {
  const server = createServer((request, response) => answer(response, request.url ?? ''));
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  scope.defer(() => {
    server.closeAllConnections();
    return new Promise((done) => server.close(done));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function releaseAt(address: string, archive: Buffer) {
  const sha256 = { 'linux-amd64': createHash('sha256').update(archive).digest('hex') };
  return { version: '2.10.29', url: `${address}/nats-{platform}.tar.gz`, sha256 };
}

async function complaintOf(download: Promise<unknown>): Promise<string> {
  return download.then(
    () => 'nothing was wrong',
    (error: Error) => error.message,
  );
}

describe('downloading the official nats-server', (it) => {
  it('returns the program in the archive', async (scope) => {
    const archive = await packRelease(scope);
    const paths: string[] = [];
    const address = await serve(scope, (response, path) => {
      paths.push(path);
      response.end(archive);
    });

    const bytes = await downloadOfficial(releaseAt(address, archive), 'linux-amd64');

    assert.is(Buffer.from(bytes).toString(), content);
    assert.equal(paths, ['/nats-linux-amd64.tar.gz']);
  });

  it('refuses other bytes than those on record', async (scope) => {
    const archive = await packRelease(scope);
    const address = await serve(scope, (response) => response.end(Buffer.concat([archive, Buffer.from('x')])));

    const complaint = await complaintOf(downloadOfficial(releaseAt(address, archive), 'linux-amd64'));

    assert.match(complaint, /has the sha256 [0-9a-f]{64}, not [0-9a-f]{64} as recorded/);
  });

  it('refuses a download that was cut off', async (scope) => {
    const archive = await packRelease(scope);
    const address = await serve(scope, (response) => {
      response.writeHead(200, { 'content-length': archive.length });
      response.write(archive.subarray(0, 10), () => response.destroy());
    });

    assert.match(
      await complaintOf(downloadOfficial(releaseAt(address, archive), 'linux-amd64')),
      'cannot be downloaded',
    );
  });

  it('says what the server answered', async (scope) => {
    const address = await serve(scope, (response) => response.writeHead(404).end());

    const complaint = await complaintOf(downloadOfficial(releaseAt(address, Buffer.from('')), 'linux-amd64'));

    assert.match(complaint, 'nats-linux-amd64.tar.gz cannot be downloaded: HTTP status 404');
  });

  it('says that nobody answers', async (scope) => {
    const address = await serve(scope, (response) => response.socket?.destroy());

    const complaint = await complaintOf(downloadOfficial(releaseAt(address, Buffer.from('')), 'linux-amd64'));

    assert.match(complaint, 'cannot be downloaded: fetch failed: ');
  });

  it('refuses a platform without a checksum on record, and asks nobody', async () => {
    const release = { version: '2.10.29', url: 'http://127.0.0.1:9/{platform}', sha256: {} };

    assert.is(
      await complaintOf(downloadOfficial(release, 'plan9-mips')),
      'no official release for plan9-mips is on record',
    );
  });

  it('refuses an archive without the program', async (scope) => {
    const archive = await packRelease(scope, 'another');
    const address = await serve(scope, (response) => response.end(archive));

    const complaint = await complaintOf(downloadOfficial(releaseAt(address, archive), 'linux-amd64'));

    assert.is(complaint, 'the archive holds no nats-server');
  });

  it('spells platforms as the releases do', () => {
    assert.is(platformName('linux', 'x64'), 'linux-amd64');
    assert.is(platformName('linux', 'arm64'), 'linux-arm64');
    assert.is(platformName('linux', 'arm'), 'linux-arm7');
    assert.is(platformName('darwin', 'arm64'), 'darwin-arm64');
  });
});
