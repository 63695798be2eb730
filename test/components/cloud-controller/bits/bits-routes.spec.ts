import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import * as assert from 'uvu/assert';
import type { StagingReply, StagingRequest } from '#contract/staging.ts';
import { call } from '#ground/http-client.ts';
import { waitFor } from '#ground/wait.ts';
import { describe, type Scope } from '../../../support/spec.ts';
import { createBuild, multipartOf, type TestOperations } from '../operations.ts';
import { bitsFiles, bring, done, droplet, ended, playStager, startWithBits } from './stager.ts';

/** A staging task that goes on until `finish`, and the request it was given. */
async function beginStaging(scope: Scope) {
  const { cc, app, bits } = await startWithBits(scope);
  let finish: (reply: StagingReply) => void = () => {};
  const finished = new Promise<StagingReply>((resolve) => {
    finish = resolve;
  });
  let take: (request: StagingRequest) => void = () => {};
  const asked = new Promise<StagingRequest>((resolve) => {
    take = resolve;
  });
  await playStager(scope, cc, async (request) => {
    take(request);
    return finished;
  });
  const build = await createBuild(cc.store, bits);
  cc.operations.stage(build);
  const request = await asked;
  return { cc, app, bits, build, request, finish: () => finish(done) };
}

/** The same address with another path, and with other credentials when they are given. */
function variant(uri: string, path: string, credentials?: string): string {
  const url = new URL(uri);
  const shown = credentials ?? `${url.username}:${url.password}`;
  return `http://${shown === '' ? '' : `${shown}@`}${url.host}${path}`;
}

async function statusOf(answer: Promise<{ status: number; discard(): void }>): Promise<number> {
  const { status, discard } = await answer;
  discard.call(await answer);
  return status;
}

const uploadPath = (request: StagingRequest) => new URL(request.upload_uri).pathname;

describe('bits for stagers', (it) => {
  it('are served under both spellings', async (scope) => {
    const { app, request } = await beginStaging(scope);

    const article = await call(variant(request.download_uri, `/download_unstaged_app/${app.guid}`));
    const original = await call(request.download_uri);

    assert.equal([article.status, original.status], [200, 200]);
    const [one, other] = [await article.bytes(), await original.bytes()];
    assert.ok(one.length > 100);
    assert.ok(one.equals(other));
    assert.is(article.headers['content-length'], String(one.length));
  });

  it('are kept from everybody else', async (scope) => {
    const { app, request } = await beginStaging(scope);
    const other = await beginStaging(scope);
    const path = `/staging/app/${app.guid}`;

    const statuses = await Promise.all([
      statusOf(call(variant(request.download_uri, path, ''))),
      statusOf(call(variant(request.download_uri, path, 'staging:wrong'))),
      statusOf(call(variant(request.download_uri, `/staging/app/${other.app.guid}`))),
      statusOf(call(request.download_uri, { headers: { authorization: 'Bearer x' } })),
      statusOf(bring(variant(request.upload_uri, uploadPath(request), 'staging:wrong'))),
    ]);

    assert.equal(statuses, [401, 401, 401, 401, 401]);
    assert.is(
      (await call(variant(request.download_uri, path, ''))).headers['www-authenticate'],
      'Basic realm="localpaas"',
    );
  });

  it('end with their task', async (scope) => {
    const { build, cc, finish, request } = await beginStaging(scope);
    (await bring(request.upload_uri)).discard();

    finish();
    await ended(cc, build);

    assert.is(await statusOf(call(request.download_uri)), 401);
    assert.is(await statusOf(bring(request.upload_uri)), 401);
  });
});

describe('droplet upload', (it) => {
  it('is taken under both spellings, once', async (scope) => {
    for (const spelling of ['/staging/droplet/', '/upload_droplet/']) {
      const { cc, request } = await beginStaging(scope);
      const uri = variant(request.upload_uri, uploadPath(request).replace('/staging/droplet/', spelling));

      const statuses = [await statusOf(bring(uri)), await statusOf(bring(uri))];

      assert.equal(statuses, [200, 404]);
      assert.is((await bitsFiles(cc)).length, 2);
    }
  });

  it('is refused for an upload id that was not given out', async (scope) => {
    const { cc, app, request } = await beginStaging(scope);

    const status = await statusOf(bring(variant(request.upload_uri, `/staging/droplet/${app.guid}/${'0'.repeat(32)}`)));

    assert.is(status, 404);
    assert.is((await bitsFiles(cc)).length, 1);
  });

  it('may be tried again after it failed, and leaves nothing then', async (scope) => {
    const { cc, build, finish, request } = await beginStaging(scope);

    const noGzip = await bring(request.upload_uri, Buffer.from('no gzip'));
    const noPart = await bring(request.upload_uri, droplet, 'droplet');
    const noMultipart = await call(request.upload_uri, { method: 'POST', body: 'x' });
    const left = await bitsFiles(cc);
    const good = await statusOf(bring(request.upload_uri));
    finish();

    assert.equal([noGzip.status, noPart.status, noMultipart.status, good], [422, 422, 422, 200]);
    assert.match(await noGzip.text(), /The upload is no gzip file\. Send the droplet as a gzipped tar\./);
    assert.match(await noPart.text(), /has no part named 'upload\[droplet\]'/);
    assert.match(await noMultipart.text(), /not multipart/);
    assert.is(left.length, 1);
    assert.is((await ended(cc, build)).state, 'STAGED');
  });

  it('leaves nothing when the stager breaks off', async (scope) => {
    const { cc, request } = await beginStaging(scope);
    const { username, password, pathname, port } = new URL(request.upload_uri);
    const { headers, body } = multipartOf([
      { name: 'upload[droplet]', content: Buffer.alloc(400_000), filename: 'droplet.tgz' },
    ]);
    const socket = connect(Number(port), '127.0.0.1');
    const basic = Buffer.from(`${username}:${password}`).toString('base64');

    socket.write(`POST ${pathname} HTTP/1.1\r\nHost: x\r\nAuthorization: Basic ${basic}\r\n`);
    socket.write(`Content-Type: ${headers['content-type']}\r\nContent-Length: ${body.length}\r\n\r\n`);
    socket.write(body.subarray(0, 200_000));
    await untilFiles(cc, 2);
    socket.destroy();

    await untilFiles(cc, 1);
    assert.is(await statusOf(bring(request.upload_uri)), 200);
  });

  it('is dropped when it comes too late', async (scope) => {
    const { cc, build, finish, request } = await beginStaging(scope);
    const { headers, body } = multipartOf([
      { name: 'upload[droplet]', content: gzipSync(randomBytes(100_000)), filename: 'droplet.tgz' },
    ]);
    const slowly = async function* () {
      yield body.subarray(0, 50_000);
      await untilFiles(cc, 2);
      finish();
      await ended(cc, build);
      yield body.subarray(50_000);
    };

    const answer = await call(request.upload_uri, { method: 'POST', headers, body: Readable.from(slowly()) });

    assert.is(answer.status, 200);
    answer.discard();
    assert.is((await ended(cc, build)).state, 'FAILED');
    await untilFiles(cc, 1);
  });
});

function untilFiles(cc: TestOperations, count: number): Promise<true> {
  const reached = async () => ((await bitsFiles(cc)).length === count ? true : undefined);
  return waitFor(`${count} files`, reached, { limitMs: 15_000 });
}
