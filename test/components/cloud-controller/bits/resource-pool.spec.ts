import { createHash } from 'node:crypto';
import { readFile, stat, truncate, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import * as assert from 'uvu/assert';
import { ResourceMissing, ResourcePool } from '#components/cloud-controller/bits/resource-pool.ts';
import { waitFor } from '#ground/wait.ts';
import { scratchDirectory } from '../../../support/scratch.ts';
import { describe, type Scope } from '../../../support/spec.ts';
import { thrownBy } from '../../../support/thrown.ts';
import { filesBelow } from '../operations.ts';

const sha1Of = (text: string) => createHash('sha1').update(text).digest('hex');
const add = (pool: ResourcePool, text: string) => pool.add(Readable.from([Buffer.from(text)]));

async function contentOf(pool: ResourcePool, text: string): Promise<Buffer> {
  const content = pool.open({ sha1: sha1Of(text), sizeBytes: text.length });
  return content instanceof Readable ? buffer(content) : content;
}

async function openPool(scope: Scope) {
  const directory = await scratchDirectory(scope);
  const pathOf = (text: string) => join(directory, sha1Of(text).slice(0, 2), sha1Of(text));
  return { directory, pathOf, pool: await ResourcePool.open(directory) };
}

describe('resource pool', (it) => {
  it('gives back what was added, under its sha1', async (scope) => {
    const { pool, pathOf } = await openPool(scope);
    const text = 't'.repeat(2_000);

    await add(pool, text);

    assert.is(String(await contentOf(pool, text)), text);
    assert.is(await readFile(pathOf(text), 'utf8'), text);
  });

  it('holds files from 1 KiB to 64 MiB that have the size asked for', async (scope) => {
    const { pool } = await openPool(scope);
    for (const size of [1023, 1024]) await add(pool, 's'.repeat(size));

    const asked = [1023, 1024, 1025].map((sizeBytes) => ({
      sha1: sha1Of('s'.repeat(Math.min(sizeBytes, 1024))),
      sizeBytes,
    }));
    const held = await Promise.all(asked.map((file) => pool.holds(file)));

    assert.equal(held, [false, true, false]);
    assert.is(await pool.holds({ sha1: sha1Of('none'), sizeBytes: 64 * 1024 * 1024 + 1 }), false);
  });

  it('treats what is damaged or cut off as missing, and forgets it', async (scope) => {
    const { pool, pathOf } = await openPool(scope);
    for (const size of [2_000, 2_000_000]) {
      const [damaged, cut] = ['d'.repeat(size), 'c'.repeat(size)];
      for (const text of [damaged, cut]) await add(pool, text);
      await writeFile(pathOf(damaged), 'x'.repeat(size));
      await truncate(pathOf(cut), 100);

      for (const text of [damaged, cut]) {
        const failure = await thrownBy(() => contentOf(pool, text));
        assert.instance(failure, ResourceMissing);
        assert.is(await pool.holds({ sha1: sha1Of(text), sizeBytes: size }), false);
      }
    }
  });

  it('takes no other size for a content than it has, and keeps the content', async (scope) => {
    const { pool } = await openPool(scope);

    for (const [size, others] of [
      [2_000, [1_999, 2_000_000]],
      [2_000_000, [2_000, 1_999_999]],
    ] as const) {
      const text = 't'.repeat(size);
      await add(pool, text);
      for (const sizeBytes of others) {
        const failure = await thrownBy(async () => pool.open({ sha1: sha1Of(text), sizeBytes }));
        assert.instance(failure, ResourceMissing);
      }
      assert.is(String(await contentOf(pool, text)), text);
    }
  });

  it('says that it is missing what it never had', async (scope) => {
    const { pool } = await openPool(scope);

    const failure = await thrownBy(() => contentOf(pool, 'never'));

    assert.instance(failure, ResourceMissing);
  });

  it('leaves nothing of what breaks off', async (scope) => {
    const { pool, directory } = await openPool(scope);
    const breaking = async function* () {
      yield Buffer.from('half');
      throw new Error('the zip is damaged');
    };

    const failure = await thrownBy(() => pool.add(Readable.from(breaking())));

    assert.is(failure.message, 'the zip is damaged');
    assert.equal(await filesBelow(directory), []);
  });

  it('trims what was not used for longest, and what a killed run left', async (scope) => {
    const { pool, directory, pathOf } = await openPool(scope);
    const texts = ['1', '2', '3'].map((each) => each.repeat(2_000));
    for (const [at, text] of texts.entries()) {
      await add(pool, text);
      await utimes(pathOf(text), 1_000 + at, 1_000 + at);
    }
    const [oldest = '', middle = '', newest = ''] = texts;
    await contentOf(pool, oldest); // now it was used last
    await waitFor(
      'the use to be noted',
      async () => {
        const { mtimeMs } = await stat(pathOf(oldest));
        return mtimeMs > 2_000_000 ? true : undefined;
      },
      { limitMs: 15_000 },
    );
    await writeFile(join(directory, 'incoming', 'dead-1'), 'half');

    await pool.trim(4_500);

    assert.equal(
      await filesBelow(directory),
      [oldest, newest].map((text) => pathOf(text).slice(directory.length + 1)).sort(),
    );
    assert.is(await pool.holds({ sha1: sha1Of(middle), sizeBytes: 2_000 }), false);
  });
});
