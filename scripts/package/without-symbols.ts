/**
 * A 64-bit little-endian ELF program without what only debuggers read: symbol table and debugging data, a seventh of a
 * Node. What is loaded to run it stays as it is, byte for byte, at its place; like `strip --strip-all`, for any machine.
 *
 * Fields and their places: System V ABI, chapter 4.
 * @throws Error when it is no such program, or debugging data lies between what is loaded
 */
export function withoutSymbols(elf: Buffer): Buffer {
  if (elf.readUInt32BE(0) !== 0x7f454c46 || elf[4] !== 2 || elf[5] !== 1) throw new Error('not a 64-bit ELF program');
  const sections = sectionsOf(elf);
  const isSuperfluous = superfluousIn(elf, sections);
  const kept = sections.filter((section) => !isSuperfluous(section));
  const loaded = endOfLoaded(elf);
  if (sections.some((section) => isSuperfluous(section) && section.offset < loaded))
    throw new Error('debugging data lies between what is loaded');

  const pieces = [elf.subarray(0, loaded)];
  let end = loaded;
  const append = (piece: Buffer, alignment: number) => {
    const padding = Buffer.alloc((alignment - (end % alignment)) % alignment);
    pieces.push(padding, piece);
    const at = end + padding.length;
    end = at + piece.length;
    return at;
  };
  const headers = kept.map((section) => {
    const header = Buffer.from(section.header);
    if (section.offset >= loaded && section.type !== noBits) {
      const content = elf.subarray(section.offset, section.offset + section.size);
      header.writeBigUInt64LE(BigInt(append(content, Math.max(1, section.alignment))), field.offset);
    }
    header.writeUInt32LE(newNumber(section.link, sections, kept), field.link);
    if (section.infoIsSection) header.writeUInt32LE(newNumber(section.info, sections, kept), field.info);
    return header;
  });
  const table = append(Buffer.concat(headers), 8);

  const result = Buffer.concat(pieces);
  result.writeBigUInt64LE(BigInt(table), sectionTable.at);
  result.writeUInt16LE(kept.length, sectionTable.count);
  result.writeUInt16LE(newNumber(elf.readUInt16LE(sectionTable.names), sections, kept), sectionTable.names);
  return result;
}

/** In the header of the file. */
const segmentTable = { at: 32, entryBytes: 54, count: 56 };
const sectionTable = { at: 40, entryBytes: 58, count: 60, names: 62 };
/** In the header of a section. */
const field = { name: 0, type: 4, flags: 8, offset: 24, size: 32, link: 40, info: 44, alignment: 48 };
const symbolTable = 2;
const relocations = new Set([4, 9]);
const noBits = 8;
const isAllocated = 2n;
const infoIsSection = 0x40n;

interface Section {
  readonly header: Buffer;
  readonly name: number;
  readonly type: number;
  readonly isAllocated: boolean;
  readonly offset: number;
  readonly size: number;
  /** The number of another section. */
  readonly link: number;
  readonly info: number;
  readonly infoIsSection: boolean;
  readonly alignment: number;
}

function sectionsOf(elf: Buffer): Section[] {
  const [at, bytes] = [Number(elf.readBigUInt64LE(sectionTable.at)), elf.readUInt16LE(sectionTable.entryBytes)];
  return Array.from({ length: elf.readUInt16LE(sectionTable.count) }, (_, number) => {
    const header = elf.subarray(at + number * bytes, at + (number + 1) * bytes);
    const flags = header.readBigUInt64LE(field.flags);
    const type = header.readUInt32LE(field.type);
    return {
      header,
      name: header.readUInt32LE(field.name),
      type,
      isAllocated: (flags & isAllocated) !== 0n,
      offset: Number(header.readBigUInt64LE(field.offset)),
      size: Number(header.readBigUInt64LE(field.size)),
      link: header.readUInt32LE(field.link),
      info: header.readUInt32LE(field.info),
      infoIsSection: (flags & infoIsSection) !== 0n || relocations.has(type),
      alignment: Number(header.readBigUInt64LE(field.alignment)),
    };
  });
}

/** What is not loaded and either a symbol table, the names in it, or named as debugging data. */
function superfluousIn(elf: Buffer, sections: readonly Section[]): (section: Section) => boolean {
  const names = sections[elf.readUInt16LE(sectionTable.names)];
  const symbols = sections.filter(({ type, isAllocated }) => type === symbolTable && !isAllocated);
  const chosen = new Set<Section | undefined>([...symbols, ...symbols.map(({ link }) => sections[link])]);
  chosen.delete(names); // may be shared
  return (section) => {
    const isDebugging = elf.toString('latin1', (names?.offset ?? 0) + section.name).startsWith('.debug_');
    return !section.isAllocated && (isDebugging || chosen.has(section));
  };
}

/** Where the last segment ends in the file. */
function endOfLoaded(elf: Buffer): number {
  const [at, bytes] = [Number(elf.readBigUInt64LE(segmentTable.at)), elf.readUInt16LE(segmentTable.entryBytes)];
  const count = elf.readUInt16LE(segmentTable.count);
  const ends = Array.from({ length: count }, (_, number) => {
    const header = elf.subarray(at + number * bytes, at + (number + 1) * bytes);
    return Number(header.readBigUInt64LE(8) + header.readBigUInt64LE(32));
  });
  return Math.max(at + count * bytes, ...ends);
}

function newNumber(old: number, sections: readonly Section[], kept: readonly Section[]): number {
  const section = sections[old];
  return section === undefined ? 0 : Math.max(0, kept.indexOf(section));
}
