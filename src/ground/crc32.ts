import * as zlib from 'node:zlib';

/**
 * Tells bytes from damaged ones for a fifth of what sha256 costs, and less on a board, whose processor has instructions
 * for this one only.
 * @param pieces of the bytes, in order
 */
export function crc32Of(...pieces: readonly Uint8Array[]): number {
  return pieces.reduce((sum, piece) => crc32(piece, sum), 0);
}

/** The checksum that zips carry, of `bytes` that follow those with the checksum `before`. */
export function crc32(bytes: Uint8Array, before = 0): number {
  // Node 20.11, our floor, has no `zlib.crc32`.
  const native: ((bytes: Uint8Array, before: number) => number) | undefined = zlib.crc32;
  return native === undefined ? crc32ByTable(bytes, before) : native(bytes, before);
}

export function crc32ByTable(bytes: Uint8Array, before = 0): number {
  let crc = ~before;
  for (const byte of bytes) crc = (crc >>> 8) ^ (table[(crc ^ byte) & 0xff] ?? 0);
  return ~crc >>> 0;
}

const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let rest = byte;
  for (let bit = 0; bit < 8; bit += 1) rest = rest & 1 ? (rest >>> 1) ^ 0xedb88320 : rest >>> 1;
  return rest >>> 0;
});
