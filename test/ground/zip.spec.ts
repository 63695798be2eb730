import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import * as assert from 'uvu/assert';
import { openZip } from '#ground/unzip.ts';
import { type ZipMember, zipOf } from '#ground/zip.ts';
import { scratchDirectory } from '../support/scratch.ts';
import { describe, type Scope } from '../support/spec.ts';
import { thrownBy } from '../support/thrown.ts';

const bytes = (text: string) => () => Readable.from([Buffer.from(text)]);

async function written(scope: Scope, members: readonly ZipMember[], options?: { compressionLevel: number }) {
  const path = join(await scratchDirectory(scope), 'a.zip');
  await pipeline(zipOf(members, options), createWriteStream(path));
  const zip = scope.use(await openZip(path));
  const texts: Record<string, string> = {};
  for (const entry of zip.entries) {
    if (entry.kind === 'file') texts[entry.path] = (await buffer(zip.read(entry))).toString();
  }
  return { zip, texts };
}

describe('zip', (it) => {
  it('holds files, directories and links with their modes and times', async (scope) => {
    const modifiedAt = new Date('2012-11-13T22:13:08Z');

    const { zip, texts } = await written(scope, [
      { path: 'bin/run', kind: 'file', mode: 0o755, modifiedAt, open: bytes('#!/bin/sh\n') },
      { path: 'empty', kind: 'directory', mode: 0o750 },
      { path: 'link', kind: 'symlink', open: bytes('bin/run') },
      { path: 'grün.txt', kind: 'file', open: bytes('') },
    ]);

    const shown = zip.entries.map(({ path, kind, mode, target }) => [path, kind, mode.toString(8), target]);
    assert.equal(shown, [
      ['empty', 'directory', '750', undefined],
      ['bin/run', 'file', '755', undefined],
      ['link', 'symlink', '755', 'bin/run'],
      ['grün.txt', 'file', '644', undefined],
    ]);
    assert.is(zip.entries[1]?.modifiedAt.getTime(), modifiedAt.getTime());
    assert.equal(texts, { 'bin/run': '#!/bin/sh\n', 'grün.txt': '' });
  });

  it('takes bytes at once as it takes a stream of them', async (scope) => {
    const texts = { 'a.txt': 'a'.repeat(300_000), 'empty.txt': '', 'z.txt': 'z' };
    const modifiedAt = new Date('2012-11-13T22:13:08Z');
    const members = (open: (text: string) => NonNullable<ZipMember['open']>): ZipMember[] => [
      { path: 'link', kind: 'symlink', modifiedAt, open: () => Buffer.from('a.txt') },
      ...Object.entries(texts).map(([path, text]) => ({ path, kind: 'file' as const, modifiedAt, open: open(text) })),
    ];

    for (const options of [{ compressionLevel: 0 }, { compressionLevel: 6 }]) {
      const whole = await written(
        scope,
        members((text) => () => Buffer.from(text)),
        options,
      );
      const streamed = await written(scope, members(bytes), options);

      assert.equal(whole.texts, texts);
      assert.equal(streamed.texts, texts);
      assert.equal(whole.zip.entries, streamed.zip.entries);
      assert.is(whole.zip.entries[0]?.target, 'a.txt');
    }
  });

  it('keeps times, up to the years its fields can tell', async (scope) => {
    const path = join(await scratchDirectory(scope), 'a.zip');
    const times = ['1969-07-20T20:17:40Z', '2012-11-13T22:13:08Z', '2250-01-01T00:00:00Z'];
    const members = times.map(
      (time): ZipMember => ({
        path: `${time}.txt`,
        kind: 'file',
        modifiedAt: new Date(time),
        open: () => Buffer.from('x'),
      }),
    );

    await pipeline(zipOf(members), createWriteStream(path));

    const zip = scope.use(await openZip(path));
    const shown = zip.entries.map(({ modifiedAt }) => modifiedAt.toISOString());
    assert.equal(shown, ['1980-01-02T00:00:00.000Z', '2012-11-13T22:13:08.000Z', '2038-01-19T03:14:07.000Z']);
  });

  it('is smaller when it compresses', async (scope) => {
    const members: ZipMember[] = [{ path: 'a', kind: 'file', open: bytes('a'.repeat(100_000)) }];

    const stored = (await buffer(zipOf(members))).length;
    const { texts } = await written(scope, members, { compressionLevel: 1 });
    const compressed = (await buffer(zipOf(members, { compressionLevel: 1 }))).length;

    assert.ok(stored > 100_000);
    assert.ok(compressed < 2_000, `${compressed}`);
    assert.is(texts['a'], 'a'.repeat(100_000));
  });

  it('takes thousands of directories', async (scope) => {
    const directories = Array.from({ length: 6_000 }, (_, at): ZipMember => ({ path: `d${at}`, kind: 'directory' }));

    const { zip } = await written(scope, [{ path: 'a', kind: 'file', open: bytes('x') }, ...directories]);

    assert.is(zip.entries.length, 6_001);
  });

  it('fails with the member that fails, before it or in its middle', async () => {
    const breaking = async function* () {
      yield Buffer.from('half');
      throw new Error('the disk is gone');
    };
    const ways = [() => Readable.from(breaking()), () => Promise.reject(new Error('the disk is gone'))];

    for (const open of ways) {
      const failure = await thrownBy(() =>
        pipeline(zipOf([{ path: 'a', kind: 'file', open }]), new PassThrough().resume()),
      );
      assert.is(failure.message, 'the disk is gone');
    }
  });

  it('closes what it reads when nobody wants it any more', async () => {
    const endless = new Readable({
      read() {
        this.push(Buffer.alloc(65_536));
      },
    });
    const closed = new Promise<void>((resolve) => endless.once('close', () => resolve()));

    const zip = zipOf([{ path: 'a', kind: 'file', open: () => endless }]);
    zip.once('data', () => zip.destroy());
    await closed;

    assert.ok(endless.destroyed);
  });
});
