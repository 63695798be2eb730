import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import * as assert from 'uvu/assert';
import { call } from '#ground/http-client.ts';
import { waitFor } from '#ground/wait.ts';
import { type ZipMember, zipOf } from '#ground/zip.ts';
import { describe } from '../../../support/spec.ts';
import { createPackage, filesBelow, upload, zipWith } from '../operations.ts';
import { pool, refusalOf, resourceOf, sha1Of, startWithPackage, waitForNoBlobs } from './packages.ts';

describe('refused package upload', (it) => {
  it('refuses a known file that is not stored here', async (scope) => {
    const { cc, bits } = await startWithPackage(scope);

    const answer = await upload(cc, bits, { resources: [resourceOf('lib/gone.js', 'g'.repeat(2_000))] });

    const refusal = await refusalOf(cc, bits.guid, answer);
    assert.is(
      refusal,
      "CF-AppBitsUploadInvalid: The content of 'lib/gone.js' was not sent, and is not stored here any more. " +
        'Push again: then it will be sent.',
    );
  });

  it('refuses a known file whose content was damaged, and has it sent the next time', async (scope) => {
    const { cc, app, bits } = await startWithPackage(scope);
    const known = 'k'.repeat(5_000);
    await pool(cc, { 'app.js': known });
    await writeFile(join(cc.dataDir, 'resources', sha1Of(known).slice(0, 2), sha1Of(known)), 'd'.repeat(5_000));
    const earlier = cc.store.all('package').find(({ state }) => state === 'READY');
    await cc.store.delete('package', earlier?.guid ?? '');
    await waitFor(
      'the earlier package to go',
      async () => ((await filesBelow(join(cc.dataDir, 'blobs'))).length === 0 ? true : undefined),
      { limitMs: 15_000 },
    );

    const refusal = await refusalOf(
      cc,
      bits.guid,
      await upload(cc, bits, { resources: [resourceOf('app.js', known)] }),
    );

    assert.match(refusal, "The content of 'app.js' was not sent");
    assert.equal(await cc.operations.matchResources([resourceOf('app.js', known)]), []);
    const again = await upload(cc, await createPackage(cc.store, app), { bits: await zipWith({ 'app.js': known }) });
    assert.is(again.status, 200);
    again.discard();
  });

  it('refuses what is no zip, a zip that is cut off, and one with damaged content', async (scope) => {
    const { cc, app } = await startWithPackage(scope);
    const zip = await zipWith({ 'app.js': 'some content', 'b.js': 'more' });
    const damaged = Buffer.from(zip);
    damaged[zip.indexOf('some content')] = 0x58;
    const cases: [Buffer, RegExp][] = [
      [Buffer.alloc(0), /cannot be read/],
      [Buffer.from('this is no zip at all'), /cannot be read/],
      [zip.subarray(0, zip.length - 30), /cannot be read/],
      [randomBytes(100_000), /cannot be read/],
      [damaged, /The zip's entry 'app.js' cannot be read/],
    ];

    for (const [bytes, expected] of cases) {
      const bits = await createPackage(cc.store, app);
      const refusal = await refusalOf(cc, bits.guid, await upload(cc, bits, { bits: bytes }));
      assert.match(refusal, expected);
      assert.match(refusal, /^CF-AppBitsUploadInvalid: .*make it again/);
    }
  });

  it('refuses entries that would leave the directory, and doubled ones', async (scope) => {
    const { cc, app } = await startWithPackage(scope);
    const entry = { kind: 'file' as const, open: () => Readable.from([Buffer.from('x')]) };
    const link = (path: string, target: string): ZipMember => ({
      path,
      kind: 'symlink',
      open: () => Readable.from([Buffer.from(target)]),
    });
    const named = async (from: string, to: string) => {
      const zip = await buffer(zipOf([{ path: from, ...entry }]));
      return Buffer.from(zip.toString('latin1').replaceAll(from, to), 'latin1');
    };
    const cases: [Buffer, RegExp][] = [
      [await named('aaaaaa', '../../'.slice(0, 5).concat('b')), /'\.\.\/\.\.b'.*leave the directory/],
      [await named('aaaa', '/etc'), /'\/etc' has an absolute name/],
      [await buffer(zipOf([link('out', '/etc/passwd')])), /'out' is a symbolic link to '\/etc\/passwd'/],
      [await buffer(zipOf([link('deep/out', '../../secret')])), /'deep\/out' is a symbolic link/],
      [
        await buffer(
          zipOf([
            { path: 'same', ...entry },
            { path: 'same', ...entry },
          ]),
        ),
        /'same' is there twice/,
      ],
    ];

    for (const [bytes, expected] of cases) {
      const bits = await createPackage(cc.store, app);
      assert.match(await refusalOf(cc, bits.guid, await upload(cc, bits, { bits: bytes })), expected);
    }
  });

  it('refuses known files that would leave the directory, doubled ones, and a list that is none', async (scope) => {
    const { cc, app } = await startWithPackage(scope);
    const known = 'k'.repeat(2_000);
    await pool(cc, { 'app.js': known });
    const bits = await zipWith({ 'app.js': 'x' });
    const linked = await buffer(
      zipOf([{ path: 'lib', kind: 'symlink', open: () => Readable.from([Buffer.from('app')]) }]),
    );
    const cases: [unknown, RegExp, Buffer?][] = [
      [[resourceOf('../app.js', known)], /'\.\.\/app\.js' would leave the directory/],
      [[resourceOf('/app.js', known)], /'\/app\.js' has an absolute name/],
      [[resourceOf('app.js', known)], /'app\.js' is there twice/, bits],
      [[resourceOf('lib/app.js', known)], /would be written through 'lib'/, linked],
      [[{ ...resourceOf('a', known), checksum: { value: '../../etc/passwd' } }], /SHA-1/],
      [[{ ...resourceOf('a', known), size_in_bytes: -1 }], /size_in_bytes/],
      [[{ checksum: { value: sha1Of('x') }, size_in_bytes: 1 }], /path/],
      [{ no: 'list' }, /no list of known files/],
    ];
    await waitForNoBlobs(cc);

    for (const [resources, expected, zip] of cases) {
      const record = await createPackage(cc.store, app);
      const sent = zip === undefined ? { resources } : { resources, bits: zip };
      assert.match(await refusalOf(cc, record.guid, await upload(cc, record, sent)), expected);
    }
  });

  it('refuses too many files, too much content, too large an upload, and nothing at all', async (scope) => {
    const { cc, app } = await startWithPackage(scope, { options: { maxFiles: 3, maxUnpackedMb: 1, maxUploadMb: 2 } });
    const filled = (megabytes: number) => 'x'.repeat(megabytes * 1024 * 1024);
    const cases: [Parameters<typeof upload>[2], RegExp][] = [
      [{ bits: await zipWith({ a: '', b: '', c: '', d: '' }) }, /holds 4 entries or more; 3 are allowed/],
      [{ bits: await zipWith({ a: filled(1), b: 'x' }) }, /unpacks to more than the 1\.0M/],
      [{ bits: await zipWith({ a: filled(2) }) }, /larger than 2\.0M/],
      [{ resources: [resourceOf('a', filled(2))] }, /unpacks to more than/],
      [{ bits: await zipWith({}) }, /holds no file/],
      [{ bits: await buffer(zipOf([{ path: 'only', kind: 'directory' }])) }, /holds no file/],
      [{}, /neither bits nor known files/],
    ];

    for (const [sent, expected] of cases) {
      const bits = await createPackage(cc.store, app);
      assert.match(await refusalOf(cc, bits.guid, await upload(cc, bits, sent)), expected);
    }
  });

  it('refuses a body that is no multipart', async (scope) => {
    const { cc, bits } = await startWithPackage(scope);

    const headers = { 'content-type': 'application/zip' };
    const answer = await call(`${cc.address}/upload/${bits.guid}`, { method: 'POST', headers, body: 'PK' });

    assert.match(await refusalOf(cc, bits.guid, answer), /not multipart/);
  });
});
