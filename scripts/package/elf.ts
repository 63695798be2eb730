/** What a program asks of the machine's libraries. */
export interface Needs {
  /** Names of libraries: `libc.so.6`. */
  readonly libraries: readonly string[];
  /** Versions of their symbols: `GLIBC_2.34`. */
  readonly versions: readonly string[];
}

/** Of the dynamic section (see elf.h). */
const tags = { needed: 1, strings: 5, versions: 0x6fff_fffe, versionFiles: 0x6fff_ffff } as const;
const [load, dynamic] = [1, 2];

/** Reads a little-endian ELF file. One without a dynamic section is static and needs nothing. */
export function needsOf(file: Buffer): Needs {
  if (file.toString('latin1', 1, 4) !== 'ELF') throw new Error('this is no ELF file');
  const is64 = file[4] === 2;
  const word = (at: number) => (is64 ? Number(file.readBigUInt64LE(at)) : file.readUInt32LE(at));
  const segments = segmentsOf(file, is64, word);
  const found = segments.find(({ type }) => type === dynamic);
  if (found === undefined) return { libraries: [], versions: [] };

  const size = is64 ? 8 : 4;
  const entries: { tag: number; value: number }[] = [];
  for (let at = found.offset; at < found.offset + found.size; at += 2 * size) {
    entries.push({ tag: word(at), value: word(at + size) });
  }
  const offsetOf = (address: number) => {
    const home = segments.find((each) => each.type === load && address >= each.address && address < each.end);
    if (home === undefined) throw new Error('this ELF file is damaged');
    return address - home.address + home.offset;
  };
  const entryOf = (wanted: number) => entries.find(({ tag }) => tag === wanted)?.value;
  const strings = offsetOf(entryOf(tags.strings) ?? 0);
  const text = (at: number) => file.toString('latin1', strings + at, file.indexOf(0, strings + at));
  const versions = entryOf(tags.versions);
  return {
    libraries: entries.filter(({ tag }) => tag === tags.needed).map(({ value }) => text(value)),
    versions:
      versions === undefined
        ? []
        : versionNames(file, offsetOf(versions), entryOf(tags.versionFiles) ?? 0).map((at) => text(at)),
  };
}

function segmentsOf(file: Buffer, is64: boolean, word: (at: number) => number) {
  const [table, entryBytes, count] = is64
    ? [word(32), file.readUInt16LE(54), file.readUInt16LE(56)]
    : [word(28), file.readUInt16LE(42), file.readUInt16LE(44)];
  return Array.from({ length: count }, (_, index) => {
    const at = table + index * entryBytes;
    const [offset, address, size] = is64
      ? [word(at + 8), word(at + 16), word(at + 32)]
      : [word(at + 4), word(at + 8), word(at + 16)];
    return { type: file.readUInt32LE(at), offset, address, size, end: address + size };
  });
}

/** A list of libraries, each with a list of versions; both are chained by distances. @returns where the names stand */
function versionNames(file: Buffer, start: number, libraries: number): number[] {
  const names: number[] = [];
  for (let at = start, left = libraries; left > 0; left -= 1, at += file.readUInt32LE(at + 12)) {
    let version = at + file.readUInt32LE(at + 8);
    for (let count = file.readUInt16LE(at + 2); count > 0; count -= 1, version += file.readUInt32LE(version + 12)) {
      names.push(file.readUInt32LE(version + 8));
    }
  }
  return names;
}

/** `2.34` of `GLIBC_2.28`, `GLIBC_2.34` and others. */
export function newestOf(versions: readonly string[], prefix: string): string | undefined {
  const found = versions
    .filter((version) => version.startsWith(`${prefix}_`))
    .map((each) => each.slice(prefix.length + 1));
  return found.sort((a, b) => a.localeCompare(b, 'en', { numeric: true })).at(-1);
}
