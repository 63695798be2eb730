import { randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import * as assert from 'uvu/assert';
import { crc32Of } from '#packaging/crc32.ts';
import { describe } from '../support/spec.ts';

describe('the CRC-32 of bytes', (it) => {
  it('is the one of all pieces, as gzip writes it', () => {
    assert.is(crc32Of(Buffer.from('123456789')), 0xcbf43926); // the check value of its definition
    assert.is(crc32Of(), 0);

    const bytes = randomBytes(100_001);
    const pieces = [bytes.subarray(0, 10), bytes.subarray(10, 10), bytes.subarray(10)];
    assert.is(crc32Of(...pieces), gzipSync(bytes).subarray(-8).readUInt32LE());
  });
});
