import { mkdir, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { haveShrunk, messagesOf, putStoreBack, readBlocks, setStoreAside } from '#components/nats-server/index.ts';
import { Bucket } from '#ground/bucket.ts';
import { blockFileIn, spoil, startBus } from '../../support/bus.ts';
import { scratchDirectory } from '../../support/scratch.ts';
import { describe, type Scope } from '../../support/spec.ts';

const stream = 'KV_things';

/** What a server leaves that stored some values and was stopped. */
async function storeOf(scope: Scope) {
  const { bus, server, dataDir } = await startBus(scope);
  const bucket = await Bucket.open<string>(bus, 'things');
  await bucket.put('a', 'the first of a');
  await bucket.put('b', 'the only of b');
  await bucket.put('a', 'the second of a');
  await bucket.put('gone', 'deleted later');
  await bucket.delete('gone');
  await bucket.put('c', `the last, ${'long '.repeat(1_000)}`);
  await server[Symbol.asyncDispose]();
  return { dataDir, block: blockFileIn(dataDir, 'things') };
}

const textsIn = async (dataDir: string) =>
  (await messagesOf(stream, readBlocks(dataDir, stream))).map(({ data }) => data.toString().slice(1, 17));

describe('the messages in the files of a store', (it) => {
  it('are all that was ever stored, with what was deleted', async (scope) => {
    const { dataDir } = await storeOf(scope);

    const messages = await messagesOf(stream, readBlocks(dataDir, stream));

    assert.equal(
      messages.map(({ sequence, subject }) => [sequence, subject]),
      [
        [1, '$KV.things.a'],
        [2, '$KV.things.b'],
        [3, '$KV.things.a'],
        [4, '$KV.things.gone'],
        [5, '$KV.things.gone'],
        [6, '$KV.things.c'],
      ],
    );
    assert.match(messages[4]?.headers ?? '', /KV-Operation: PURGE/);
    assert.is(messages[4]?.data.length, 0);
    assert.is(messages[2]?.data.toString(), '"the second of a"');
  });

  it('are found before and behind what is damaged', async (scope) => {
    const { dataDir, block } = await storeOf(scope);
    await spoil(block, 'the only of b');

    assert.equal(
      await textsIn(dataDir),
      ['the first of a"', 'the second of a"', 'deleted later"', '', 'the last, long l'].map((text) =>
        text.slice(0, 16),
      ),
    );
  });

  it('are found where lengths are damaged, and bytes are missing or too many', async (scope) => {
    const { dataDir, block } = await storeOf(scope);
    const content = await readFile(block);
    const second = content.indexOf('$KV.things.b') - 22;

    for (const at of [second, second + 1, second + 3, second + 20]) {
      const spoilt = Buffer.from(content);
      spoilt[at] = (spoilt[at] ?? 0) ^ 0x11;
      await writeFile(block, spoilt);
      assert.is((await textsIn(dataDir)).length, 5, `byte ${at - second} of the record`);
    }
    await writeFile(block, Buffer.concat([content.subarray(0, second + 9), content.subarray(second + 12)]));
    assert.is((await textsIn(dataDir)).length, 5);
    await writeFile(
      block,
      Buffer.concat([content.subarray(0, second), Buffer.alloc(700, 1), content.subarray(second)]),
    );
    assert.is((await textsIn(dataDir)).length, 6);
  });

  it('are none of a stream that is not there, or cannot be read', async (scope) => {
    const { dataDir, block } = await storeOf(scope);

    assert.equal(readBlocks(dataDir, 'KV_others'), []);
    assert.equal(readBlocks(await scratchDirectory(scope), stream), []);
    await rm(block);
    await mkdir(block);
    assert.equal(readBlocks(dataDir, stream), []);
  });
});

describe('a server that opens damaged files', (it) => {
  it('is caught at cutting them off', async (scope) => {
    const { dataDir, block } = await storeOf(scope);
    await rm(join(block, '..', 'index.db')); // as if it had been killed
    await spoil(block, 'the only of b');
    const before = readBlocks(dataDir, stream);
    assert.is(haveShrunk(dataDir, stream, before), false);

    await startBus(scope, dataDir);

    assert.is(haveShrunk(dataDir, stream, before), true);
    assert.equal(await textsIn(dataDir), ['the first of a"']);
    assert.is((await messagesOf(stream, before)).length, 5);
  });

  it('leaves whole ones as they are', async (scope) => {
    const { dataDir } = await storeOf(scope);
    const before = readBlocks(dataDir, stream);

    await startBus(scope, dataDir);

    assert.is(haveShrunk(dataDir, stream, before), false);
  });
});

describe('a store that is set aside', (it) => {
  it('lies in a directory with the date, and the next server has none', async (scope) => {
    const { dataDir, block } = await storeOf(scope);
    const asFound = readBlocks(dataDir, stream);
    await truncate(block, 100);

    const kept = await setStoreAside(dataDir, 'all', asFound);

    assert.match(kept ?? '', new RegExp(`^${join(dataDir, 'damaged')}/20[^/]+Z/store$`));
    assert.equal(await readFile(join(`${kept}.as-found`, '1.blk')), asFound[0]?.content);
    const { bus } = await startBus(scope, dataDir);
    const bucket = await Bucket.open(bus, 'things');
    assert.is(scope.use(await bucket.watch(() => {})).lastRevision, 0);
  });

  it('can be one stream of it', async (scope) => {
    const first = await startBus(scope);
    await (await Bucket.open<string>(first.bus, 'things')).put('a', 'x');
    await (await Bucket.open<string>(first.bus, 'others')).put('a', 'kept');
    await first.server[Symbol.asyncDispose]();

    const kept = await setStoreAside(first.dataDir, { stream });

    assert.match(kept ?? '', /\/damaged\/[^/]+\/KV_things$/);
    const { bus } = await startBus(scope, first.dataDir);
    assert.is((await (await Bucket.open(bus, 'others')).get('a'))?.value, 'kept');
    assert.is(await (await Bucket.open(bus, 'things')).get('a'), undefined);
  });

  it('can be put back', async (scope) => {
    const { dataDir } = await storeOf(scope);
    const kept = (await setStoreAside(dataDir, 'all')) ?? '';
    const between = await startBus(scope, dataDir);
    await between.server[Symbol.asyncDispose]();

    await putStoreBack(dataDir, kept);

    assert.is((await textsIn(dataDir)).length, 6);
    assert.equal(await readdir(join(dataDir, 'damaged')), []);
  });

  it('is nothing when there is no store', async (scope) => {
    assert.is(await setStoreAside(await scratchDirectory(scope), 'all'), undefined);
  });
});
