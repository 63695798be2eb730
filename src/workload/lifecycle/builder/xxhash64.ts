const prime1 = 0x9e37_79b1_85eb_ca87n;
const prime2 = 0xc2b2_ae3d_27d4_eb4fn;
const prime3 = 0x1656_67b1_9e37_79f9n;
const prime4 = 0x85eb_ca77_c2b2_ae63n;
const prime5 = 0x27d4_eb2f_1656_67c5n;
const stripeBytes = 32;

/**
 * XXH64 with seed 0 of a text as UTF-8, as 16 hexadecimal digits: what Diego names the directory of a buildpack by.
 * For short texts: it is plain rather than fast. After the specification, Cyan4973/xxHash doc/xxhash_spec.md.
 */
export function xxhash64(text: string): string {
  const bytes = Buffer.from(text, 'utf8');
  const striped = bytes.length - (bytes.length % stripeBytes);
  let hash = striped === 0 ? prime5 : hashOfStripes(bytes, striped);
  hash = wrap(hash + BigInt(bytes.length));
  return finished(hashOfRest(hash, bytes, striped))
    .toString(16)
    .padStart(16, '0');
}

function hashOfStripes(bytes: Buffer, striped: number): bigint {
  const lanes = [wrap(prime1 + prime2), prime2, 0n, wrap(-prime1)];
  for (let at = 0; at < striped; at += 8) {
    const lane = (at / 8) % 4;
    lanes[lane] = round(lanes[lane] ?? 0n, bytes.readBigUInt64LE(at));
  }
  const turns = [1n, 7n, 12n, 18n];
  let hash = wrap(lanes.reduce((sum, lane, index) => sum + rotated(lane, turns[index] ?? 0n), 0n));
  for (const lane of lanes) hash = wrap((hash ^ round(0n, lane)) * prime1 + prime4);
  return hash;
}

function hashOfRest(start: bigint, bytes: Buffer, from: number): bigint {
  let hash = start;
  let at = from;
  for (; at + 8 <= bytes.length; at += 8) {
    hash = wrap(rotated(hash ^ round(0n, bytes.readBigUInt64LE(at)), 27n) * prime1 + prime4);
  }
  if (at + 4 <= bytes.length) {
    hash = wrap(rotated(hash ^ wrap(BigInt(bytes.readUInt32LE(at)) * prime1), 23n) * prime2 + prime3);
    at += 4;
  }
  for (; at < bytes.length; at++) hash = wrap(rotated(hash ^ wrap(BigInt(bytes.readUInt8(at)) * prime5), 11n) * prime1);
  return hash;
}

function finished(start: bigint): bigint {
  let hash = wrap((start ^ (start >> 33n)) * prime2);
  hash = wrap((hash ^ (hash >> 29n)) * prime3);
  return hash ^ (hash >> 32n);
}

function round(lane: bigint, word: bigint): bigint {
  return wrap(rotated(wrap(lane + word * prime2), 31n) * prime1);
}

function rotated(value: bigint, bits: bigint): bigint {
  return wrap((value << bits) | (value >> (64n - bits)));
}

function wrap(value: bigint): bigint {
  return BigInt.asUintN(64, value);
}
