import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { gunzipSync, gzipSync } from 'node:zlib';
import * as assert from 'uvu/assert';
import { gzipped } from '#ground/gzip.ts';
import { describe } from '../support/spec.ts';
import { thrownBy } from '../support/thrown.ts';

const words = 'the same words again and again, so that each chunk can refer to the one before; ';
const chunks = [
  Buffer.from(words.repeat(4_000)),
  Buffer.from('a few'),
  Buffer.alloc(0),
  randomBytes(300_000),
  Buffer.from(words.repeat(4_000)),
  randomBytes(5),
];

const packed = (all: readonly Uint8Array[], level: number, atOnce?: number) =>
  buffer(Readable.from(gzipped(Readable.from(all), level, atOnce)));

describe('gzip', (it) => {
  it('makes one member of all chunks, which others unpack', async () => {
    const content = Buffer.concat(chunks);

    for (const level of [1, 6, 9]) {
      const gzip = await packed(chunks, level);
      assert.ok(gunzipSync(gzip).equals(content));
      assert.ok(execFileSync('gzip', ['-dc'], { input: gzip, maxBuffer: 2 * content.length }).equals(content));
    }
  });

  it('makes the same bytes, however many chunks are under way', async () => {
    const alone = await packed(chunks, 1, 1);

    for (const atOnce of [2, 3, 16]) assert.ok((await packed(chunks, 1, atOnce)).equals(alone));
  });

  it('is hardly larger than what one stream makes of all, for a chunk refers to the one before', async () => {
    const texts = Array.from({ length: 20 }, () => Buffer.from(words.repeat(200)));

    const [inChunks, inOne] = [await packed(texts, 6), gzipSync(Buffer.concat(texts), { level: 6 })];

    assert.ok(inChunks.length < inOne.length + 20 * 100, `${inChunks.length} bytes instead of ${inOne.length}`);
  });

  it('takes nothing at all', async () => {
    assert.is(gunzipSync(await packed([], 1)).length, 0);
  });

  it('fails with what it reads', async () => {
    const breaking = async function* () {
      yield* chunks;
      throw new Error('the disk is gone');
    };

    const failure = await thrownBy(() => buffer(Readable.from(gzipped(breaking(), 1))));

    assert.is(failure.message, 'the disk is gone');
  });
});
