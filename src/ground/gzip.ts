import { availableParallelism } from 'node:os';
import { promisify } from 'node:util';
import { constants, deflateRaw } from 'node:zlib';
import { crc32 } from './crc32.ts';

const deflated = promisify(deflateRaw);
/** So far back a deflate stream refers to what was before. */
const windowBytes = 32 * 1024;
/** Node has so many threads for this. */
const mostAtOnce = 4;
/** gzip, deflate, no name and no time, made on Unix: the same bytes at any time, on any machine. */
const head = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3]);
/** An empty block that says it is the last. */
const lastBlock = Buffer.from([3, 0]);

/**
 * Compresses `chunks` into one gzip member, each chunk on a thread of its own: they should have some 100 KB. The same
 * chunks become the same bytes, whatever the number of processors.
 * @param level 1 to 9
 */
export async function* gzipped(
  chunks: AsyncIterable<Uint8Array>,
  level: number,
  atOnce = Math.min(availableParallelism(), mostAtOnce),
): AsyncGenerator<Uint8Array> {
  const waiting: Promise<Uint8Array>[] = [];
  let sum = 0;
  let bytes = 0;
  let before: Uint8Array | undefined;
  yield head;
  for await (const chunk of chunks) {
    if (chunk.length === 0) continue;
    sum = crc32(chunk, sum);
    bytes += chunk.length;
    const piece = pieceOf(chunk, level, before);
    piece.catch(() => {}); // when those before it fail, nobody waits for it
    waiting.push(piece);
    before = chunk.subarray(-windowBytes);
    if (waiting.length > atOnce) yield* waiting.splice(0, 1);
  }
  yield* waiting;
  yield lastBlock;
  const tail = Buffer.alloc(8);
  tail.writeUInt32LE(sum, 0);
  tail.writeUInt32LE(bytes % 2 ** 32, 4);
  yield tail;
}

/** Ends at a full byte, so another piece can follow. */
function pieceOf(chunk: Uint8Array, level: number, dictionary: Uint8Array | undefined): Promise<Uint8Array> {
  return deflated(chunk, {
    level,
    finishFlush: constants.Z_SYNC_FLUSH,
    // Room for all that can come of it: each full buffer costs another way to the thread and back.
    chunkSize: chunk.length + 4096,
    ...(dictionary === undefined ? {} : { dictionary }),
  });
}
