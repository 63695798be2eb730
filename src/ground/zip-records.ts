/** What becomes of a member's bytes. */
export interface Measured {
  readonly crc32: number;
  /** In the zip. */
  readonly storedBytes: number;
  /** Unpacked. */
  readonly bytes: number;
}

/** What a zip says of a member. Shapes: PKWARE's APPNOTE 6.3; the time is Info-ZIP's extra field 0x5455. */
export interface Described {
  readonly name: Buffer;
  readonly kind: 'file' | 'directory' | 'symlink';
  /** Only its permission bits count. */
  readonly mode: number;
  readonly modifiedAt: Date;
  readonly isDeflated: boolean;
  /** Where its header begins. */
  readonly offset: number;
  /** Absent when the bytes come as a stream; then a descriptor follows them. */
  readonly known: Measured | undefined;
}

const typeBits = { file: 0o100000, directory: 0o040000, symlink: 0o120000 };
const [namesAreUtf8, descriptorFollows] = [0x0800, 0x0008];
const madeOnUnix = (3 << 8) | 63;
/** What stands where a number is larger than its field, and can be read in a larger one elsewhere. */
const [elsewhere16, elsewhere32] = [0xffff, 0xffffffff];
const [plainVersion, largeVersion] = [20, 45];

export function localHeader({ name, modifiedAt, isDeflated, known }: Described): Uint8Array {
  const time = timeField(modifiedAt);
  const header = Buffer.alloc(30);
  header.writeUInt32LE(0x04034b50, 0);
  header.writeUInt16LE(plainVersion, 4);
  header.writeUInt16LE(flagsFor(known), 6);
  header.writeUInt16LE(isDeflated ? 8 : 0, 8);
  header.writeUInt32LE(dosTime(modifiedAt), 10);
  header.writeUInt32LE(known?.crc32 ?? 0, 14);
  header.writeUInt32LE(known?.storedBytes ?? 0, 18);
  header.writeUInt32LE(known?.bytes ?? 0, 22);
  header.writeUInt16LE(name.length, 26);
  header.writeUInt16LE(time.length, 28);
  return Buffer.concat([header, name, time]);
}

/** What follows the bytes of a member whose header was written before they were known. */
export function descriptor({ crc32, storedBytes, bytes }: Measured): Uint8Array {
  const isLarge = Math.max(storedBytes, bytes) >= elsewhere32;
  const record = Buffer.alloc(isLarge ? 24 : 16);
  record.writeUInt32LE(0x08074b50, 0);
  record.writeUInt32LE(crc32, 4);
  if (isLarge) {
    record.writeBigUInt64LE(BigInt(storedBytes), 8);
    record.writeBigUInt64LE(BigInt(bytes), 16);
  } else {
    record.writeUInt32LE(storedBytes, 8);
    record.writeUInt32LE(bytes, 12);
  }
  return record;
}

/** A member as the directory at the end of the zip has it. */
export function centralRecord(described: Described, { crc32, storedBytes, bytes }: Measured): Uint8Array {
  const { name, kind, mode, modifiedAt, isDeflated, offset, known } = described;
  const isLarge = Math.max(storedBytes, bytes, offset) >= elsewhere32;
  const extra = Buffer.concat([timeField(modifiedAt), isLarge ? largeField([bytes, storedBytes, offset]) : emptyField]);
  const record = Buffer.alloc(46);
  record.writeUInt32LE(0x02014b50, 0);
  record.writeUInt16LE(madeOnUnix, 4);
  record.writeUInt16LE(isLarge ? largeVersion : plainVersion, 6);
  record.writeUInt16LE(flagsFor(known), 8);
  record.writeUInt16LE(isDeflated ? 8 : 0, 10);
  record.writeUInt32LE(dosTime(modifiedAt), 12);
  record.writeUInt32LE(crc32, 16);
  record.writeUInt32LE(isLarge ? elsewhere32 : storedBytes, 20);
  record.writeUInt32LE(isLarge ? elsewhere32 : bytes, 24);
  record.writeUInt16LE(name.length, 28);
  record.writeUInt16LE(extra.length, 30);
  record.writeUInt16LE(typeBits[kind] | (mode & 0o777), 40);
  record.writeUInt32LE(isLarge ? elsewhere32 : offset, 42);
  return Buffer.concat([record, name, extra]);
}

/** @param start where the directory begins */
export function endOfZip(members: number, start: number, directoryBytes: number): Uint8Array {
  const isLarge = members >= elsewhere16 || start + directoryBytes >= elsewhere32;
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(isLarge ? elsewhere16 : members, 8);
  end.writeUInt16LE(isLarge ? elsewhere16 : members, 10);
  end.writeUInt32LE(isLarge ? elsewhere32 : directoryBytes, 12);
  end.writeUInt32LE(isLarge ? elsewhere32 : start, 16);
  return isLarge ? Buffer.concat([largeEnd(members, start, directoryBytes), end]) : end;
}

/** The end of a zip64, and where it is to be found. */
function largeEnd(members: number, start: number, directoryBytes: number): Uint8Array {
  const end = Buffer.alloc(56 + 20);
  end.writeUInt32LE(0x06064b50, 0);
  end.writeBigUInt64LE(44n, 4); // the bytes of this record that follow
  end.writeUInt16LE(madeOnUnix, 12);
  end.writeUInt16LE(largeVersion, 14);
  end.writeBigUInt64LE(BigInt(members), 24);
  end.writeBigUInt64LE(BigInt(members), 32);
  end.writeBigUInt64LE(BigInt(directoryBytes), 40);
  end.writeBigUInt64LE(BigInt(start), 48);
  end.writeUInt32LE(0x07064b50, 56);
  end.writeBigUInt64LE(BigInt(start + directoryBytes), 64);
  end.writeUInt32LE(1, 72);
  return end;
}

const emptyField = Buffer.alloc(0);

function largeField(numbers: readonly number[]): Buffer {
  const field = Buffer.alloc(4 + 8 * numbers.length);
  field.writeUInt16LE(0x0001, 0);
  field.writeUInt16LE(8 * numbers.length, 2);
  numbers.forEach((number, at) => void field.writeBigUInt64LE(BigInt(number), 4 + 8 * at));
  return field;
}

/** DOS time knows no time zone; this is what readers of today take. */
function timeField(time: Date): Buffer {
  const field = Buffer.alloc(9);
  field.writeUInt16LE(0x5455, 0);
  field.writeUInt16LE(5, 2);
  field.writeUInt8(1, 4);
  field.writeInt32LE(Math.max(-0x80000000, Math.min(0x7fffffff, Math.floor(time.getTime() / 1000))), 5);
  return field;
}

function dosTime(time: Date): number {
  const year = time.getFullYear();
  if (year < 1980) return dosOf(0, 1, 1, 0);
  if (year > 2107) return dosOf(127, 12, 31, (23 << 11) | (59 << 5) | 29);
  const clock = (time.getHours() << 11) | (time.getMinutes() << 5) | (time.getSeconds() >> 1);
  return dosOf(year - 1980, time.getMonth() + 1, time.getDate(), clock);
}

function dosOf(year: number, month: number, day: number, clock: number): number {
  return (((year << 9) | (month << 5) | day) * 0x10000 + clock) >>> 0;
}

function flagsFor(known: Measured | undefined): number {
  return namesAreUtf8 | (known === undefined ? descriptorFollows : 0);
}
