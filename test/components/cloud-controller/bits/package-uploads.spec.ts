import { randomBytes } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import * as assert from 'uvu/assert';
import { call } from '#ground/http-client.ts';
import { waitFor } from '#ground/wait.ts';
import { type ZipMember, zipOf } from '#ground/zip.ts';
import { describe } from '../../../support/spec.ts';
import {
  createApp,
  createPackage,
  filesBelow,
  multipartOf,
  type TestOperations,
  upload,
  zipWith,
} from '../operations.ts';
import { contentOf, pool, resourceOf, sha1Of, sha256Of, startWithPackage, waitForNoBlobs } from './packages.ts';

describe('package upload', (it) => {
  it('stores the zip as it came when nothing else belongs to the package', async (scope) => {
    const { cc, bits } = await startWithPackage(scope);
    const zip = await zipWith({ 'app.js': 'hello' });

    const answer = await upload(cc, bits, { bits: zip });

    assert.is(answer.status, 200);
    const record = cc.store.get('package', bits.guid);
    assert.equal([record?.state, record?.sha256, record?.sizeBytes], ['READY', sha256Of(zip), zip.length]);
    assert.equal(await filesBelow(join(cc.dataDir, 'blobs')), [`${sha256Of(zip).slice(0, 2)}/${sha256Of(zip)}`]);
  });

  it('takes a zip whose part "resources" is missing or empty', async (scope) => {
    const { cc, app, bits } = await startWithPackage(scope);
    const zip = { name: 'bits', content: await zipWith({ a: 'b' }), filename: 'package.zip' };

    const without = await call(`${cc.address}/upload/${bits.guid}`, { method: 'POST', ...multipartOf([zip]) });
    const other = await createPackage(cc.store, app);
    const empty = multipartOf([{ name: 'resources', content: '' }, zip]);
    const withEmpty = await call(`${cc.address}/upload/${other.guid}`, { method: 'POST', ...empty });

    assert.equal([without.status, withEmpty.status], [200, 200]);
    without.discard();
    withEmpty.discard();
  });

  it('knows the files of earlier packages, from 1 KiB on', async (scope) => {
    const { cc } = await startWithPackage(scope);
    const [large, small] = ['x'.repeat(1024), 'x'.repeat(1023)];
    await pool(cc, { 'large.js': large });
    const answer = await upload(cc, await createPackage(cc.store, await createApp(cc.store)), {
      bits: await zipWith({ 'small.js': small, 'more.js': `${large}y` }),
    });
    answer.discard();

    const known = resourceOf('anywhere.js', large);
    const matched = await waitFor(
      'both uploads to be pooled',
      async () => {
        const all = [known, resourceOf('s', small), resourceOf('m', `${large}y`), { ...known, size_in_bytes: 1025 }];
        const held = await cc.operations.matchResources(all);
        return held.length >= 2 ? held : undefined;
      },
      { limitMs: 15_000 },
    );

    assert.equal(matched, [known, resourceOf('m', `${large}y`)]);
  });

  it('puts sent and known files together', async (scope) => {
    const { cc, bits } = await startWithPackage(scope);
    const known = 'k'.repeat(5_000);
    await pool(cc, { 'lib/known.js': known });

    const answer = await upload(cc, bits, {
      bits: await zipWith({ 'app.js': 'new' }),
      resources: [resourceOf('lib/known.js', known), resourceOf('copy.js', known)],
    });

    const { texts, entries } = await contentOf(scope, cc, answer);
    assert.equal(texts, { 'app.js': 'new', 'lib/known.js': known, 'copy.js': known });
    assert.is(entries.find(({ path }) => path === 'copy.js')?.mode, 0o755);
  });

  it('makes a package of known files alone', async (scope) => {
    const { cc, bits } = await startWithPackage(scope);
    const known = 'k'.repeat(5_000);
    await pool(cc, { 'app.js': known });

    const answer = await upload(cc, bits, { resources: [resourceOf('app.js', known)] });

    assert.equal((await contentOf(scope, cc, answer)).texts, { 'app.js': known });
  });

  it('keeps links and directories beside known files', async (scope) => {
    const { cc, bits } = await startWithPackage(scope);
    const known = 'k'.repeat(5_000);
    await pool(cc, { 'app.js': known });
    const members: ZipMember[] = [
      { path: 'logs', kind: 'directory' },
      { path: 'main.js', kind: 'symlink', open: () => Readable.from([Buffer.from('app.js')]) },
    ];

    const sent = { bits: await buffer(zipOf(members)), resources: [resourceOf('app.js', known)] };
    const { entries } = await contentOf(scope, cc, await upload(cc, bits, sent));

    assert.equal(
      entries.map(({ path, kind, target }) => [path, kind, target]),
      [
        ['logs', 'directory', undefined],
        ['main.js', 'symlink', 'app.js'],
        ['app.js', 'file', undefined],
      ],
    );
  });

  it('leaves nothing of an upload that breaks off', async (scope) => {
    const { cc, bits } = await startWithPackage(scope);
    const { headers, body } = multipartOf([{ name: 'bits', content: randomBytes(500_000), filename: 'package.zip' }]);
    const socket = connect(Number(new URL(cc.address).port), '127.0.0.1');
    scope.defer(() => socket.destroy());

    socket.write(`POST /upload/${bits.guid} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: ${body.length}\r\n`);
    socket.write(`Content-Type: ${headers['content-type']}\r\n\r\n`);
    socket.write(body.subarray(0, 300_000));
    await waitForUpload(cc);
    socket.destroy();
    const failed = await waitFor(
      'the package to fail',
      () => {
        const record = cc.store.get('package', bits.guid);
        return record?.state === 'FAILED' ? record : undefined;
      },
      { limitMs: 15_000 },
    );

    assert.match(failed.error ?? '', /cannot be read/);
    assert.equal(await filesBelow(join(cc.dataDir, 'blobs')), []);
  });

  it('takes bits once', async (scope) => {
    const { cc, bits } = await startWithPackage(scope);
    const zip = await zipWith({ 'app.js': 'hello' });

    const both = await Promise.all([upload(cc, bits, { bits: zip }), upload(cc, bits, { bits: zip })]);
    const third = await upload(cc, bits, { bits: await zipWith({ 'app.js': 'other' }) });

    assert.equal(both.map(({ status }) => status).sort(), [200, 422]);
    assert.is(third.status, 422);
    assert.match(await third.text(), /Bits may be uploaded only once/);
    assert.is(cc.store.get('package', bits.guid)?.sha256, sha256Of(zip));
    for (const answer of both) answer.discard();
  });

  it('deletes the bits with the last package that has them', async (scope) => {
    const { cc, app, bits } = await startWithPackage(scope);
    const zip = await zipWith({ 'app.js': 'hello' });
    const twin = await createPackage(cc.store, app);
    for (const each of [bits, twin]) (await upload(cc, each, { bits: zip })).discard();

    await cc.store.delete('package', bits.guid);
    const one = await filesBelow(join(cc.dataDir, 'blobs'));
    await cc.store.delete('package', twin.guid);

    assert.is(one.length, 1);
    await waitForNoBlobs(cc, 1);
  });

  it('pools again what the disk lost', async (scope) => {
    const { cc } = await startWithPackage(scope);
    const text = 'p'.repeat(3_000);
    await pool(cc, { 'a.js': text });
    await rm(join(cc.dataDir, 'resources', sha1Of(text).slice(0, 2)), { recursive: true });

    await pool(cc, { 'b.js': text });

    const file = join(cc.dataDir, 'resources', sha1Of(text).slice(0, 2), sha1Of(text));
    assert.is(await readFile(file, 'utf8'), text);
  });

  it('leaves nothing of a package that was deleted while its bits came', async (scope) => {
    const { cc, bits } = await startWithPackage(scope);
    const zip = await zipWith({ 'app.js': 'a'.repeat(200_000) });
    const { headers, body } = multipartOf([{ name: 'bits', content: zip, filename: 'package.zip' }]);
    const inTwo = async function* () {
      yield body.subarray(0, 100_000);
      await waitForUpload(cc);
      await cc.store.delete('package', bits.guid);
      yield body.subarray(100_000);
    };

    const url = `${cc.address}/upload/${bits.guid}`;
    const answer = await call(url, { method: 'POST', headers, body: Readable.from(inTwo()) });

    assert.is(answer.status, 404);
    assert.equal(await filesBelow(join(cc.dataDir, 'blobs')), []);
    answer.discard();
  });
});

/** Resolves when some upload's first bytes are on the disk. */
function waitForUpload({ dataDir }: TestOperations): Promise<true> {
  const begun = async () => ((await filesBelow(join(dataDir, 'blobs'))).length > 0 ? true : undefined);
  return waitFor('the upload to begin', begun, { limitMs: 15_000 });
}
