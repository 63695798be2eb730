import { createHash } from 'node:crypto';
import { createWriteStream, existsSync, lstatSync, readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import * as assert from 'uvu/assert';
import type { ArchiveLimits } from '#ground/archive-members.ts';
import { ActionableError } from '#ground/errors.ts';
import { extractZip, openZip, readZipIndex } from '#ground/unzip.ts';
import { type ZipMember, zipOf } from '#ground/zip.ts';
import { scratchDirectory } from '../support/scratch.ts';
import { describe, type Scope } from '../support/spec.ts';
import { evilZips } from './evil-zips.ts';
import { rawZip } from './raw-zip.ts';

const link = 0o120777;

interface Place {
  readonly zip: string;
  readonly target: string;
}

async function placeOf(scope: Scope, content: Buffer): Promise<Place> {
  const directory = await scratchDirectory(scope);
  const zip = join(directory, 'app.zip');
  await writeFile(zip, content);
  return { zip, target: join(directory, 'unpacked') };
}

async function refusalOf({ zip, target }: Place, limits?: Partial<ArchiveLimits>): Promise<ActionableError> {
  try {
    await extractZip(zip, target, { limits });
  } catch (error) {
    assert.instance(error, ActionableError);
    const refusal = error as ActionableError;
    assert.is(refusal.code, 'BAD_INPUT', refusal.message);
    assert.not(existsSync(target), 'nothing is left');
    return refusal;
  }
  throw new Error('It was unpacked.');
}

describe('unzip', (it) => {
  it('unpacks files, directories and links with their permissions and times', async (scope) => {
    const modifiedAt = new Date('2021-03-04T05:06:08Z');
    const members: ZipMember[] = [
      { path: 'empty', kind: 'directory', mode: 0o500 },
      {
        path: 'bin/run',
        kind: 'file',
        mode: 0o6755,
        modifiedAt,
        open: () => Readable.from([Buffer.from('#!/bin/sh\n')]),
      },
      { path: 'secret', kind: 'file', mode: 0o040, open: () => Readable.from([Buffer.from('s')]) },
      { path: 'nothing', kind: 'file', open: () => Readable.from([]) },
      { path: '.hidden/ümläut', kind: 'file', open: () => Readable.from([Buffer.from('ü')]) },
      { path: 'bin/again', kind: 'symlink', open: () => Readable.from([Buffer.from('../bin/run')]) },
      { path: 'dangling', kind: 'symlink', open: () => Readable.from([Buffer.from('./not/there')]) },
    ];
    const directory = await scratchDirectory(scope);
    const zip = join(directory, 'app.zip');
    await pipeline(zipOf(members, { compressionLevel: 6 }), createWriteStream(zip));
    const target = join(directory, 'unpacked');

    const entries = await extractZip(zip, target);

    const modeOf = (path: string) => (lstatSync(join(target, path)).mode & 0o7777).toString(8);
    assert.is(entries.length, 7);
    assert.is(modeOf('empty'), '700');
    assert.is(modeOf('bin/run'), '755');
    assert.is(modeOf('secret'), '640');
    assert.is(modeOf('.hidden'), '755');
    assert.equal(statSync(join(target, 'bin/run')).mtime, modifiedAt);
    assert.is(readFileSync(join(target, 'bin/run'), 'utf8'), '#!/bin/sh\n');
    assert.is(readFileSync(join(target, '.hidden/ümläut'), 'utf8'), 'ü');
    assert.is(statSync(join(target, 'nothing')).size, 0);
    assert.is(readlinkSync(join(target, 'bin/again')), '../bin/run');
    assert.is(readlinkSync(join(target, 'dangling')), './not/there');
  });

  for (const [what, { entries, message }] of Object.entries(evilZips)) {
    it(`refuses ${what} and says where it is and what to do`, async (scope) => {
      const refusal = await refusalOf(await placeOf(scope, rawZip(entries)));

      assert.match(refusal.message, message);
      assert.match(refusal.remedy, /\.$/);
    });
  }

  it('never writes through a link, though it comes after what lies below it', async (scope) => {
    const entries = [
      { name: 'd/x', content: 'x' },
      { name: 'e/l', mode: link, content: '../d' },
    ];
    const { zip, target } = await placeOf(scope, rawZip(entries));

    await extractZip(zip, target);

    assert.is(readFileSync(join(target, 'e/l/x'), 'utf8'), 'x');
  });

  it('takes zips without Unix permissions', async (scope) => {
    const entries = [
      { name: 'd/', madeBy: 0, mode: 0 },
      { name: 'd/x', madeBy: 0, mode: 0o120777, content: 'plain' },
    ];
    const { zip, target } = await placeOf(scope, rawZip(entries));

    const [directory, file] = await extractZip(zip, target);

    assert.equal([directory?.kind, directory?.mode], ['directory', 0o755]);
    assert.equal([file?.kind, file?.mode], ['file', 0o644]);
    assert.is(readFileSync(join(target, 'd/x'), 'utf8'), 'plain');
  });

  it('takes a directory that is named twice, and a zip without entries', async (scope) => {
    const twice = await placeOf(
      scope,
      rawZip([{ name: 'd/x' }, { name: 'd/', mode: 0o040750 }, { name: './d/', mode: 0o040750 }]),
    );
    const none = await placeOf(scope, rawZip([]));

    await extractZip(twice.zip, twice.target);
    await extractZip(none.zip, none.target);

    assert.is(statSync(join(twice.target, 'd')).mode & 0o777, 0o750);
    assert.equal(readdirSync(none.target), []);
  });

  it('refuses more entries than are allowed before it reads them', async (scope) => {
    const entries = Array.from({ length: 100_000 }, (_, index) => ({ name: `f${index}` }));
    const place = await placeOf(scope, rawZip(entries));

    const refusal = await refusalOf(place);
    const few = await refusalOf(await placeOf(scope, rawZip(entries.slice(0, 11))), { maxFiles: 10 });

    assert.match(refusal.message, /50000 are allowed/);
    assert.match(few.message, /holds 11 entries or more; 10 are allowed/);
  });

  it('refuses what unpacks to more than is allowed', async (scope) => {
    const bomb = Array.from({ length: 5 }, (_, index) => ({
      name: `z${index}`,
      method: 8,
      content: Buffer.alloc(400_000),
    }));
    const place = await placeOf(scope, rawZip(bomb));

    const refusal = await refusalOf(place, { maxBytes: 1_000_000 });

    assert.match(refusal.message, /more than the 977K that are allowed/);
    assert.ok((await extractZip(place.zip, place.target, { limits: { maxBytes: 2_000_000 } })).length === 5);
  });

  it('refuses what is no zip, a zip of 0 bytes, and one that was cut off', async (scope) => {
    const whole = rawZip([
      { name: 'a', content: 'hello' },
      { name: 'b', content: 'world' },
    ]);
    const contents = [
      Buffer.alloc(0),
      Buffer.from('hello'),
      Buffer.alloc(5000, 'x'),
      whole.subarray(0, -30),
      whole.subarray(20),
    ];

    for (const content of contents) {
      const refusal = await refusalOf(await placeOf(scope, content));

      assert.match(refusal.message, /^The zip('s entry '.')? cannot be read/);
      assert.match(refusal.remedy, /damaged/);
    }
  });

  it('survives any damage: it unpacks what is whole or refuses it', async (scope) => {
    const whole = rawZip([
      { name: 'a/b', content: 'hello '.repeat(20), method: 8 },
      { name: 'l', mode: link, content: 'a/b' },
      { name: 'c', content: 'world' },
    ]);
    const directory = await scratchDirectory(scope);
    let refused = 0;

    for (let at = 0; at < whole.length; at += 1) {
      const damaged = Buffer.from(whole);
      damaged[at] = (whole[at] ?? 0) ^ (1 << (at % 8));
      const zip = join(directory, `${at}.zip`);
      await writeFile(zip, damaged);
      await extractZip(zip, join(directory, `${at}`)).catch((error: unknown) => {
        assert.instance(error, ActionableError, `byte ${at}: ${error}`);
        refused += 1;
      });
    }

    assert.ok(refused > whole.length / 3, `${refused} of ${whole.length} were noticed`);
    assert.equal(
      readdirSync(directory).filter((name) => !/^\d+(\.zip)?$/.test(name)),
      [],
    );
  });

  it('does not unpack over what is there already', async (scope) => {
    const { zip, target } = await placeOf(scope, rawZip([{ name: 'd/x' }]));
    await mkdir(target);
    await symlink('/tmp', join(target, 'd'));

    let failure: unknown;
    await extractZip(zip, target).catch((error: unknown) => {
      failure = error;
    });

    assert.match(String(failure), /is not empty/);
    assert.equal(readdirSync(target), ['d']);
  });

  it('gives up when it is told to, and leaves nothing', async (scope) => {
    const { zip, target } = await placeOf(scope, rawZip(Array.from({ length: 3000 }, (_, n) => ({ name: `d/${n}` }))));
    const stop = new AbortController();
    const reason = new Error('enough');

    const unpacked = extractZip(zip, target, { signal: stop.signal });
    setImmediate(() => stop.abort(reason));

    let failure: unknown;
    await unpacked.catch((error: unknown) => {
      failure = error;
    });
    assert.is(failure, reason);
    assert.not(existsSync(target));
  });

  it('lets others run while it unpacks thousands of files', async (scope) => {
    const { zip, target } = await placeOf(
      scope,
      rawZip(Array.from({ length: 3000 }, (_, n) => ({ name: `d/${n}`, content: 'x' }))),
    );
    let turns = 0;
    const timer = setInterval(() => {
      turns += 1;
    }, 1);
    scope.defer(() => clearInterval(timer));

    await extractZip(zip, target);

    assert.ok(turns >= 5, `${turns} turns`);
    assert.is(readdirSync(join(target, 'd')).length, 3000);
  });

  it('reads single entries, small and large, stored and deflated', async (scope) => {
    const large = Buffer.alloc(3_000_000, 'a line of text\n');
    const entries = [
      { name: 'small', content: 'hello' },
      { name: 'deflated', method: 8, content: large },
      { name: 'stored', content: large },
    ];
    const { zip } = await placeOf(scope, rawZip(entries));
    const sha1 = (bytes: Uint8Array[]) => createHash('sha1').update(Buffer.concat(bytes)).digest('hex');

    await using opened = await openZip(zip);
    const sums: string[] = [];
    for (const entry of opened.entries) {
      const chunks: Uint8Array[] = [];
      for await (const chunk of opened.read(entry)) chunks.push(chunk);
      sums.push(sha1(chunks));
    }

    assert.equal(sums, [sha1([Buffer.from('hello')]), sha1([large]), sha1([large])]);
    assert.equal(
      (await readZipIndex(zip)).map(({ path, size }) => `${path} ${size}`),
      ['small 5', 'deflated 3000000', 'stored 3000000'],
    );
  });
});
