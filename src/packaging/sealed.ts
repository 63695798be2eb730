import { promisify } from 'node:util';
import { brotliDecompress, brotliDecompressSync, gunzip, gunzipSync } from 'node:zlib';

/**
 * How files are kept behind an executable: brotli, which is small, inside a gzip of stored blocks, whose CRC-32 every
 * Node checks natively. Brotli itself notices few damaged bytes.
 */

/**
 * @param bytes how many it becomes: known beforehand, they need not be collected
 * @throws Error when the bytes are not as they were sealed
 */
export function unsealSync(sealed: Uint8Array, bytes: number): Buffer {
  return brotliDecompressSync(gunzipSync(sealed, { chunkSize: atLeast(sealed.length) }), { chunkSize: atLeast(bytes) });
}

/** The same, on another thread. */
export async function unseal(sealed: Uint8Array, bytes: number): Promise<Buffer> {
  const compressed = await promisify(gunzip)(sealed, { chunkSize: atLeast(sealed.length) });
  return promisify(brotliDecompress)(compressed, { chunkSize: atLeast(bytes) });
}

/** zlib's smallest chunk. */
function atLeast(bytes: number): number {
  return Math.max(bytes, 64);
}
