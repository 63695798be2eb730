import { readFile, writeFile } from 'node:fs/promises';
import * as assert from 'uvu/assert';
import { areWalkable, readBlocks } from '#components/nats-server/index.ts';
import { Bucket } from '#ground/bucket.ts';
import { blockFileIn, startBus } from '../../support/bus.ts';
import { describe, type Scope } from '../../support/spec.ts';

const stream = 'KV_things';

/** Files of a bucket whose values were changed and deleted. */
async function blocksOf(scope: Scope) {
  const { bus, server, dataDir } = await startBus(scope);
  const bucket = await Bucket.open<string>(bus, 'things', { history: 2 });
  for (let n = 0; n < 40; n += 1) await bucket.put(`key-${n % 7}`, `value ${n}`);
  await bucket.delete('key-3');
  await bucket.put('key-3', 'again');
  await server[Symbol.asyncDispose]();
  const file = blockFileIn(dataDir, 'things');
  return { dataDir, file, content: await readFile(file) };
}

/** Where the records begin. */
function startsIn(content: Buffer): number[] {
  const starts: number[] = [];
  for (let at = 0; at < content.length; at += content.readUInt32LE(at) & 0x7fffffff) starts.push(at);
  return starts;
}

describe('files that a server is to open', (it) => {
  it('can be walked when they are as another server left them', async (scope) => {
    const { dataDir } = await blocksOf(scope);

    assert.is(areWalkable(readBlocks(dataDir, stream)), true);
    assert.is(areWalkable([]), true);
  });

  it('cannot be walked with any bit flipped in the number of a message', async (scope) => {
    const { content } = await blocksOf(scope);
    const starts = startsIn(content);
    for (const at of [starts[1] ?? 0, starts[20] ?? 0, starts[35] ?? 0]) {
      // The two highest bits mark deletions: a server believes in them, and goes on.
      for (let bit = 0; bit < 62; bit += 1) {
        const flipped = Buffer.from(content);
        const byte = at + 4 + (bit >> 3);
        flipped[byte] = (flipped[byte] ?? 0) ^ (1 << (bit & 7));
        assert.is(areWalkable([{ number: 1, content: flipped }]), false, `bit ${bit} of the record at ${at}`);
      }
    }
  });

  it('cannot be walked with the length of headers damaged', async (scope) => {
    const { content } = await blocksOf(scope);
    const at = startsIn(content).find((start) => content.readUInt32LE(start) >= 0x80000000) ?? 0;
    const flipped = Buffer.from(content);
    const headers = at + 22 + content.readUInt16LE(at + 20);
    flipped[headers + 2] = 0x10;

    assert.is(areWalkable([{ number: 1, content: flipped }]), false);
  });

  it('can be walked as far as they go, when their end is missing or was never written', async (scope) => {
    const { content } = await blocksOf(scope);
    for (let length = 0; length < 300; length += 1) {
      assert.is(areWalkable([{ number: 1, content: content.subarray(0, length) }]), true, `${length} bytes`);
    }
    const zeros = Buffer.concat([content, Buffer.alloc(4096)]);
    assert.is(areWalkable([{ number: 1, content: zeros }]), true);
  });

  it('are opened in time and memory by a server, as long as they can be walked', async (scope) => {
    const { content, dataDir, file } = await blocksOf(scope);
    const starts = startsIn(content);
    for (const [record, byte] of [
      [10, 0],
      [10, 20],
      [12, 30],
      [30, 12],
    ] as const) {
      const flipped = Buffer.from(content);
      const at = (starts[record] ?? 0) + byte;
      flipped[at] = (flipped[at] ?? 0) ^ 0x40;
      await writeFile(file, flipped);
      assert.is(areWalkable(readBlocks(dataDir, stream)), true, `byte ${byte} of record ${record}`);

      const { bus, server } = await startBus(scope, dataDir);
      const bucket = await Bucket.open<string>(bus, 'things', { history: 2 });
      const watch = await bucket.watch(() => {}, { history: true });
      await watch[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    }
  });
});
