import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { promisify } from 'node:util';
import * as assert from 'uvu/assert';
import { Blobs } from '#components/cloud-controller/bits/blobs.ts';
import { ActionableError } from '#ground/errors.ts';
import { scratchDirectory } from '../../../support/scratch.ts';
import { describe, type Scope } from '../../../support/spec.ts';
import { thrownBy } from '../../../support/thrown.ts';

const hexOf = (algorithm: string, text: string) => createHash(algorithm).update(text).digest('hex');

async function openBlobs(scope: Scope, referenced = new Set<string>()) {
  const directory = await scratchDirectory(scope);
  return { directory, referenced, blobs: await Blobs.open(directory, (sha256) => referenced.has(sha256)) };
}

/** Every file below the directory, relative. */
async function filesOf(directory: string): Promise<string[]> {
  const found = await readdir(directory, { recursive: true, withFileTypes: true });
  return found
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.path, entry.name).slice(directory.length + 1));
}

const run = promisify(execFile);

async function store(blobs: Blobs, text: string) {
  await using incoming = await blobs.take(Readable.from([Buffer.from(text)]), 'the package');
  return await incoming.keep();
}

describe('blob store', (it) => {
  it('keeps a blob under its sha256 and tells its digests and size', async (scope) => {
    const { blobs, directory } = await openBlobs(scope);

    const blob = await store(blobs, 'some bits');

    assert.is(blob.sha256, hexOf('sha256', 'some bits'));
    assert.is(blob.sha1, hexOf('sha1', 'some bits'));
    assert.is(blob.sizeBytes, 9);
    assert.equal(await filesOf(directory), [`${blob.sha256.slice(0, 2)}/${blob.sha256}`]);
    assert.is(await readFile(blobs.pathOf(blob.sha256), 'utf8'), 'some bits');
    assert.is(await blobs.sizeOf(blob.sha256), 9);
    assert.is(await blobs.sizeOf('0'.repeat(64)), undefined);
  });

  it('has one file for the same bytes, and mends one that was damaged', async (scope) => {
    const { blobs, directory } = await openBlobs(scope);
    const first = await store(blobs, 'same');
    await writeFile(blobs.pathOf(first.sha256), 'sa');

    await store(blobs, 'same');

    assert.is((await filesOf(directory)).length, 1);
    assert.is(await readFile(blobs.pathOf(first.sha256), 'utf8'), 'same');
  });

  it('leaves nothing of what was not kept', async (scope) => {
    const { blobs, directory } = await openBlobs(scope);

    {
      await using incoming = await blobs.take(Readable.from([Buffer.from('x')]), 'the package');
      assert.is(await readFile(incoming.path, 'utf8'), 'x');
    }

    assert.equal(await filesOf(directory), []);
  });

  it('refuses more bytes than allowed and leaves nothing', async (scope) => {
    const { blobs, directory } = await openBlobs(scope);

    const refused = await thrownBy(() => blobs.take(Readable.from([Buffer.alloc(11)]), 'the package', 10));

    assert.instance(refused, ActionableError);
    assert.match(refused.message, 'The upload of the package is larger than 10B.');
    assert.equal(await filesOf(directory), []);
  });

  it('leaves nothing when what it reads breaks off', async (scope) => {
    const { blobs, directory } = await openBlobs(scope);
    const broken = Readable.from(
      (function* () {
        yield Buffer.from('half');
        throw new Error('the client went away');
      })(),
    );

    const failure = await thrownBy(() => blobs.take(broken, 'the package'));

    assert.is(failure.message, 'the client went away');
    assert.equal(await filesOf(directory), []);
  });

  it('says when the disk is full, and leaves nothing on it', async (scope) => {
    const directory = await scratchDirectory(scope);

    // A small disk of one's own needs user namespaces: `sysctl kernel.unprivileged_userns_clone=1`, or root.
    const fill = `mount -t tmpfs -o size=200k none "$1" && exec "$2" --import tsx "$3" "$1"`;
    const script = join(import.meta.dirname, 'fill-disk.ts');
    const { stdout } = await run('unshare', ['-rm', 'sh', '-c', fill, 'sh', directory, process.execPath, script]);

    const told = { code: 'DISK_FULL', message: 'The disk is full: the package cannot be stored.' };
    assert.equal(JSON.parse(stdout), { told, sizeBytes: 150_000 });
  });

  it('deletes a held blob when it is let go without a record', async (scope) => {
    const { blobs, directory } = await openBlobs(scope);

    {
      await using _ = await store(blobs, 'orphan');
    }

    assert.equal(await filesOf(directory), []);
  });

  it('keeps a blob that a record or another holder needs', async (scope) => {
    const { blobs, directory, referenced } = await openBlobs(scope);
    const first = await store(blobs, 'shared');
    const second = await store(blobs, 'shared');

    await first[Symbol.asyncDispose]();
    const afterOne = await filesOf(directory);
    referenced.add(second.sha256);
    await second[Symbol.asyncDispose]();
    const withRecord = await filesOf(directory);
    referenced.clear();
    await blobs.collect(second.sha256);

    assert.is(afterOne.length, 1);
    assert.is(withRecord.length, 1);
    assert.equal(await filesOf(directory), []);
  });

  it('sweeps what a killed run left, and nothing else', async (scope) => {
    const { blobs, directory, referenced } = await openBlobs(scope);
    const needed = await store(blobs, 'needed');
    await store(blobs, 'record was never written');
    referenced.add(needed.sha256);
    await writeFile(join(directory, 'incoming', 'dead-1'), 'half');
    const next = await Blobs.open(directory, (sha256) => referenced.has(sha256));
    await using arriving = await next.take(Readable.from([Buffer.from('arriving')]), 'the package');
    await using held = await store(next, 'held');

    const removed = await next.sweep();

    assert.is(removed, 2);
    assert.equal(
      (await filesOf(directory)).sort(),
      [needed, held]
        .map(({ sha256 }) => `${sha256.slice(0, 2)}/${sha256}`)
        .concat(arriving.path.slice(directory.length + 1))
        .sort(),
    );
  });
});
