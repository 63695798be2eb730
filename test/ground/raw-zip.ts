import { deflateRawSync } from 'node:zlib';
import { crc32ByTable } from '#ground/crc32.ts';

/** An entry as it shall stand in the zip, however wrong that is. */
export interface RawEntry {
  readonly name: string;
  readonly content?: string | Buffer;
  /** File type and permission bits of Unix; a plain file when absent. */
  readonly mode?: number;
  /** 3 for Unix, 0 for DOS. */
  readonly madeBy?: number;
  /** 8 deflates, everything else stores. */
  readonly method?: number;
  /** What the zip says of the unpacked size, when that is not the truth. */
  readonly says?: number;
  readonly checksum?: number;
  readonly flags?: number;
}

/** A zip byte by byte: zip writers refuse to write what a reader must withstand. */
export function rawZip(entries: readonly RawEntry[], { count = entries.length } = {}): Buffer {
  const local: Buffer[] = [];
  const central: Buffer[] = [];
  let offset = 0;
  for (const entry of entries) {
    const name = Buffer.from(entry.name);
    const content = Buffer.from(entry.content ?? '');
    const stored = entry.method === 8 ? deflateRawSync(content) : content;
    const common = commonFields(entry, { name, content, stored });
    local.push(numbers([0x04034b50, 4], [20, 2]), common, name, stored);
    central.push(
      numbers([0x02014b50, 4], [((entry.madeBy ?? 3) << 8) | 20, 2], [20, 2]),
      common,
      numbers([0, 2], [0, 2], [0, 2], [((entry.mode ?? 0o100644) << 16) >>> 0, 4], [offset, 4]),
      name,
    );
    offset += 30 + name.length + stored.length;
  }
  const directory = Buffer.concat(central);
  const counts = Math.min(count, 0xffff);
  const end = numbers([0x06054b50, 4], [0, 4], [counts, 2], [counts, 2], [directory.length, 4], [offset, 4], [0, 2]);
  return Buffer.concat([...local, directory, end]);
}

/** The fields that local header and directory share: from the flags to the length of the extra fields. */
function commonFields(
  entry: RawEntry,
  { name, content, stored }: Record<'name' | 'content' | 'stored', Buffer>,
): Buffer {
  return numbers(
    [entry.flags ?? 0x800, 2],
    [entry.method ?? 0, 2],
    [0x5000, 2],
    [0x4d6d, 2],
    [entry.checksum ?? crc32ByTable(content), 4],
    [stored.length, 4],
    [entry.says ?? content.length, 4],
    [name.length, 2],
    [0, 2],
  );
}

function numbers(...fields: readonly (readonly [value: number, bytes: 2 | 4])[]): Buffer {
  return Buffer.concat(
    fields.map(([value, bytes]) => {
      const field = Buffer.alloc(bytes);
      field.writeUIntLE(value, 0, bytes);
      return field;
    }),
  );
}
