import * as assert from 'uvu/assert';
import { highwayHash } from '#components/nats-server/highway-hash.ts';
import { describe } from '../../support/spec.ts';

/** Of the bytes 0, 1, 2, … n - 1, by n, as the reference has them. */
const expected: Readonly<Record<number, bigint>> = {
  0: 0x907a56de22c26e53n,
  1: 0x7eab43aac7cddd78n,
  2: 0xb8d0569ab0b53d62n,
  3: 0x5c6befab8a463d80n,
  4: 0xf205a46893007edan,
  5: 0x2b8a1668e4a94541n,
  6: 0xbd4ccc325befca6fn,
  7: 0x4d02ae1738f59482n,
  8: 0xe1205108e55f3171n,
  9: 0x32d2644ec77a1584n,
  10: 0xf6e10acdb103a90bn,
};

describe('HighwayHash', (it) => {
  it('gives what the reference gives', () => {
    const key = Buffer.from(Array.from({ length: 32 }, (_, index) => index));
    for (const [length, hash] of Object.entries(expected)) {
      const content = Buffer.from(Array.from({ length: Number(length) }, (_, index) => index));
      assert.is(highwayHash(key, content).readBigUInt64LE(), hash, `${length} bytes`);
    }
  });

  it('depends on each bit of content of any length', () => {
    const key = Buffer.alloc(32, 7);
    for (const length of [1, 3, 15, 16, 17, 31, 32, 33, 63, 64, 100]) {
      const content = Buffer.alloc(length, 0x5a);
      const whole = highwayHash(key, content);
      for (let byte = 0; byte < length; byte += 1) {
        const flipped = Buffer.from(content);
        flipped[byte] = 0x5b;
        assert.not.equal(highwayHash(key, flipped), whole, `byte ${byte} of ${length}`);
      }
    }
  });
});
