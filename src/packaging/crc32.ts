import * as zlib from 'node:zlib';

/**
 * Tells bytes from damaged ones for a fifth of what sha256 costs, and less on a board, whose processor has instructions
 * for this one only.
 * @param pieces of the bytes, in order
 */
export function crc32Of(...pieces: readonly Uint8Array[]): number {
  const { crc32 }: Partial<Pick<typeof zlib, 'crc32'>> = zlib;
  if (crc32 !== undefined) return pieces.reduce((sum, piece) => crc32(piece, sum), 0);
  // Node 20.11 has no function for it, but gzip writes it near its end.
  return zlib.gzipSync(Buffer.concat(pieces), { level: 0 }).subarray(-8).readUInt32LE();
}
