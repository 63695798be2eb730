import { promisify } from 'node:util';
import * as zlib from 'node:zlib';

/** How the parts of a file are compressed. zstd takes a third of brotli's time; Node 20 does not have it. */
export type Packing = 'brotli' | 'zstd';

interface Unpacker {
  readonly sync: typeof zlib.brotliDecompressSync;
  /** On another thread. */
  readonly threaded: typeof zlib.brotliDecompress.__promisify__;
}

/** In Node since 22.15, and unknown to the types of Node 20. */
interface ZstdOfNode {
  readonly zstdDecompress?: typeof zlib.brotliDecompress;
  readonly zstdDecompressSync?: typeof zlib.brotliDecompressSync;
}

/** @param bytes how many it probably becomes @throws Error when it was packed otherwise */
export function unpackSync(content: Buffer, bytes: number, packing: Packing): Buffer {
  return unpackerFor(packing).sync(content, roomFor(bytes));
}

/** The same on another thread. */
export async function unpack(content: Buffer, bytes: number, packing: Packing): Promise<Buffer> {
  return unpackerFor(packing).threaded(content, roomFor(bytes));
}

function unpackerFor(packing: Packing): Unpacker {
  if (packing === 'brotli') return { sync: zlib.brotliDecompressSync, threaded: promisify(zlib.brotliDecompress) };
  const { zstdDecompress, zstdDecompressSync } = zlib as ZstdOfNode;
  if (zstdDecompress === undefined || zstdDecompressSync === undefined) {
    throw new Error(`Node ${process.version} does not unpack zstd`);
  }
  return { sync: zstdDecompressSync, threaded: promisify(zstdDecompress) };
}

/** Of what is known to become so large the pieces need not be collected. */
function roomFor(bytes: number) {
  return { chunkSize: Math.max(bytes, 64) }; // zlib's smallest
}
