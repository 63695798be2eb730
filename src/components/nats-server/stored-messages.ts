import { createHash } from 'node:crypto';
import {
  type Block,
  checksumBytes,
  erasedBit,
  fixedBytes,
  headersBit,
  mostBytes,
  tombstoneBit,
} from './block-layout.ts';
import { highwayHash } from './highway-hash.ts';

/** One message of a stream, as it lies in a block file. */
export interface StoredMessage {
  /** Its number in the stream. */
  readonly sequence: number;
  readonly subject: string;
  /** `NATS/1.0`, then a line for each; empty when it has none. */
  readonly headers: string;
  readonly data: Buffer;
}

const endOfHeaders = '\r\n\r\n';

/**
 * Reads block files of a stream. Where a record is damaged the next whole one is looked for, which the server itself does
 * not do: it cuts a block off at the first damaged record.
 * @param blocks in their order
 * @returns the whole messages, in their order. Among them are such as later ones replaced or deleted
 */
export function readStoredStream(stream: string, blocks: readonly Block[]): readonly StoredMessage[] {
  const messages: StoredMessage[] = [];
  for (const { number, content } of blocks) {
    const key = createHash('sha256').update(`${stream}-${number}`).digest();
    for (let at = 0; at < content.length; ) {
      const record = recordAt(content, at);
      if (record === undefined || !isWhole(record, key)) {
        at += 1;
        continue;
      }
      at += record.bytes.length;
      if (record.mark === 0n) messages.push(messageIn(record));
    }
  }
  return messages;
}

interface Record_ {
  readonly bytes: Buffer;
  readonly hasHeaders: boolean;
  readonly subjectBytes: number;
  readonly number: bigint;
  readonly mark: bigint;
}

/** What looks like a record; it may be anything still. */
function recordAt(block: Buffer, at: number): Record_ | undefined {
  if (at + fixedBytes + checksumBytes > block.length) return undefined;
  const length = block.readUInt32LE(at);
  const hasHeaders = length >= headersBit;
  const size = hasHeaders ? length - headersBit : length;
  const subjectBytes = block.readUInt16LE(at + 20);
  const least = fixedBytes + subjectBytes + (hasHeaders ? 4 : 0) + checksumBytes;
  if (size < least || size > mostBytes || at + size > block.length) return undefined;
  // Deletions have no subject, and nothing else either.
  if (subjectBytes === 0 ? size !== least : !isSubject(block, at + fixedBytes, subjectBytes)) return undefined;
  const number = block.readBigUInt64LE(at + 4);
  const mark = number & (erasedBit | tombstoneBit);
  return { bytes: block.subarray(at, at + size), hasHeaders, subjectBytes, number, mark };
}

/** Spares most of the costly checksums where there is no record: subjects are printable. */
function isSubject(block: Buffer, at: number, length: number): boolean {
  const isPrintable = (byte: number) => byte > 0x20 && byte !== 0x7f;
  return block.subarray(at, at + length).every(isPrintable);
}

function isWhole({ bytes, hasHeaders, subjectBytes }: Record_, key: Buffer): boolean {
  const afterSubject = fixedBytes + subjectBytes;
  const end = bytes.length - checksumBytes;
  const content = Buffer.concat([
    bytes.subarray(4, 20),
    bytes.subarray(fixedBytes, afterSubject),
    bytes.subarray(hasHeaders ? afterSubject + 4 : afterSubject, end),
  ]);
  return highwayHash(key, content).equals(bytes.subarray(end));
}

/** The length of the headers is not under the checksum, so their end is looked for. */
function messageIn({ bytes, hasHeaders, subjectBytes, number }: Record_): StoredMessage {
  const afterSubject = fixedBytes + subjectBytes;
  const content = bytes.subarray(hasHeaders ? afterSubject + 4 : afterSubject, bytes.length - checksumBytes);
  const blank = hasHeaders ? content.indexOf(endOfHeaders) : -1;
  const headersEnd = blank < 0 ? 0 : blank + endOfHeaders.length;
  return {
    sequence: Number(number),
    subject: bytes.toString('utf8', fixedBytes, afterSubject),
    headers: content.toString('utf8', 0, headersEnd),
    data: content.subarray(headersEnd),
  };
}
