import {
  type Block,
  checksumBytes,
  erasedBit,
  fixedBytes,
  headersBit,
  mostBytes,
  tombstoneBit,
} from './block-layout.ts';

/** Numbers between two messages of which nothing is left; a stream of ours does not come near. */
const widestGap = 1_000_000n;

/**
 * Whether a server can open these files without harm. It trusts lengths and numbers before it looks at any checksum: a
 * flipped bit among them can make it count to the end of all numbers, using up the memory meanwhile. Where a record
 * cannot be one at all it cuts the file off, which is no harm to it.
 */
export function areWalkable(blocks: readonly Block[]): boolean {
  let last: bigint | undefined = 0n;
  for (const { content } of blocks) {
    for (let at = 0, size = sizeAt(content, at); size > 0; at += size, size = sizeAt(content, at)) {
      last = hasRoomForHeaders(content, at, size) ? nextNumber(content.readBigUInt64LE(at + 4), last) : undefined;
      if (last === undefined) return false;
    }
  }
  return true;
}

/** The last number after this one; `undefined` when it cannot follow. Deletions name a number of the past. */
function nextNumber(number: bigint, last: bigint): bigint | undefined {
  if ((number & tombstoneBit) !== 0n) return last;
  const own = number & ~erasedBit;
  return last === 0n || (own > last && own - last <= widestGap) ? own : undefined;
}

/** The length of the record, as far as the server checks it; 0 where there is none. */
function sizeAt(block: Buffer, at: number): number {
  if (at + fixedBytes > block.length) return 0;
  const size = block.readUInt32LE(at) & ~headersBit;
  const subjectBytes = block.readUInt16LE(at + 20);
  const isPossible = size >= fixedBytes + subjectBytes + checksumBytes && size <= mostBytes;
  return isPossible && at + size <= block.length ? size : 0;
}

function hasRoomForHeaders(block: Buffer, at: number, size: number): boolean {
  if (block.readUInt32LE(at) < headersBit) return true;
  const afterSubject = fixedBytes + block.readUInt16LE(at + 20);
  if (afterSubject + 4 + checksumBytes > size) return false;
  return block.readUInt32LE(at + afterSubject) <= size - afterSubject - 4 - checksumBytes;
}
