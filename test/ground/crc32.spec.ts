import { randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import * as assert from 'uvu/assert';
import { crc32, crc32ByTable, crc32Of } from '#ground/crc32.ts';
import { describe } from '../support/spec.ts';

describe('crc32', (it) => {
  it('gives the known checksums', () => {
    assert.is(crc32(Buffer.from('123456789')), 0xcbf43926);
    assert.is(crc32ByTable(Buffer.from('123456789')), 0xcbf43926);
    assert.is(crc32(Buffer.alloc(0)), 0);
  });

  it('is the one of all pieces, as gzip writes it', () => {
    const bytes = randomBytes(100_001);
    const pieces = [bytes.subarray(0, 10), bytes.subarray(10, 10), bytes.subarray(10)];

    assert.is(crc32Of(...pieces), gzipSync(bytes).subarray(-8).readUInt32LE());
    assert.is(crc32Of(), 0);
  });

  it('goes on from piece to piece, the same with or without help of the system', () => {
    const bytes = randomBytes(10_000);

    const inPieces = crc32(bytes.subarray(3_000), crc32(bytes.subarray(0, 3_000)));

    assert.is(inPieces, crc32ByTable(bytes));
    assert.is(crc32ByTable(bytes.subarray(3_000), crc32ByTable(bytes.subarray(0, 3_000))), crc32ByTable(bytes));
  });
});
