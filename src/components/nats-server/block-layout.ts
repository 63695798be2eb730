/** A block file of a stream: its messages, up to a few MB. */
export interface Block {
  /** Of its name, `<number>.blk`. */
  readonly number: number;
  readonly content: Buffer;
}

/**
 * The record of a message in a block file of nats-server 2.2 and later, little endian: length (4 bytes, the highest bit
 * says that there are headers), number (8), time (8), length of the subject (2), subject, length of the headers (4, if
 * there are any), headers, data, checksum (8). Origin: `writeMsgRecord` in its server/filestore.go.
 */
export const fixedBytes = 22;
export const checksumBytes = 8;
export const headersBit = 0x80000000;
/** Marks of numbers that stand for deletions. */
export const erasedBit = 1n << 63n;
export const tombstoneBit = 1n << 62n;
export const mostBytes = 32 * 1024 * 1024;
