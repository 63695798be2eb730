import { promisify } from 'node:util';
import { brotliCompress, constants } from 'node:zlib';
import { crc32Of } from '#ground/crc32.ts';
import { sha256Of } from '#ground/digest.ts';
import {
  type CarriedFile,
  type Index,
  idBytes,
  mark,
  type Part,
  sumAt,
  sumOf,
  trailerBytes,
} from '#packaging/carried-files.ts';

/** Files to be carried by an executable, packed. */
export interface Cargo {
  readonly files: Readonly<Record<string, CarriedFile>>;
  readonly bytes: Buffer;
}

/** Larger files are unpacked by two threads. */
const largePartBytes = 4_000_000;

/** Read before anything else can be done: a first start has no time to unpack them. They make the executable 3 MB larger. */
const stored: ReadonlySet<string> = new Set(['program', 'commands', 'compiled-program', 'compiled-commands']);

/** A bundle as executable-main.ts runs it. */
export function asProgram(bundle: string): Buffer {
  const parameters = 'exports, require, module, __filename, __dirname, LOCALPAAS_EXECUTABLE';
  return Buffer.from(`(function (${parameters}) {${bundle}\n})`, 'latin1');
}

interface Loading {
  /** What is loaded already. */
  readonly onto?: Cargo;
  /** Packs large files, where the Node of the executable unpacks zstd: that takes a third of brotli's time. */
  readonly zstd?: ((content: Uint8Array) => Promise<Uint8Array>) | undefined;
}

/** Packs files, in this order. */
export async function load(
  files: Readonly<Record<string, Uint8Array>>,
  { onto = { files: {}, bytes: Buffer.alloc(0) }, zstd }: Loading = {},
): Promise<Cargo> {
  const packed: Uint8Array[] = [onto.bytes];
  const index: Record<string, CarriedFile> = { ...onto.files };
  let at = onto.bytes.length;
  for (const [name, content] of Object.entries(files)) {
    const isLarge = content.length > largePartBytes;
    const halves = isLarge ? halvesOf(content) : [content];
    const pack = isLarge && zstd !== undefined ? zstd : smallerOf;
    const pieces = await Promise.all(halves.map((half) => (stored.has(name) ? half : pack(half))));
    const parts: Part[] = pieces.map(({ length }, number) => {
      const part = { at, length, bytes: halves[number]?.length ?? 0 };
      at += length;
      return part;
    });
    packed.push(...pieces);
    const packing = pack === zstd ? 'zstd' : 'brotli';
    index[name] = { sha256: sha256Of(content), carriedCrc32: crc32Of(...pieces), parts, packing };
  }
  return { files: index, bytes: Buffer.concat(packed) };
}

/** What is appended to an executable. */
export function appendix(cargo: Cargo, index: Omit<Index, 'files'>): Buffer {
  const whole: Index = { ...index, files: cargo.files };
  const text = Buffer.from(JSON.stringify(whole));
  return Buffer.concat([cargo.bytes, text, trailerOf(text, cargo.bytes.length + text.length)]);
}

/** What ends all that is carried. @param index as JSON @param carriedBytes without this */
function trailerOf(index: Uint8Array, carriedBytes: number): Buffer {
  const trailer = Buffer.alloc(trailerBytes);
  trailer.write(sha256Of(index).slice(0, idBytes), 0, 'latin1');
  trailer.writeUInt32LE(index.length, idBytes);
  trailer.writeUInt32LE(carriedBytes + trailerBytes, idBytes + 4);
  trailer.writeUInt32LE(sumOf(index, trailer), sumAt);
  trailer.write(mark, sumAt + 4, 'latin1');
  return trailer;
}

function halvesOf(content: Uint8Array): Uint8Array[] {
  const middle = Math.ceil(content.length / 2);
  return [content.subarray(0, middle), content.subarray(middle)];
}

/** What is as long as it was is not compressed. */
async function smallerOf(content: Uint8Array): Promise<Uint8Array> {
  const compressed = await compress(content);
  return compressed.length < content.length ? compressed : content;
}

async function compress(content: Uint8Array): Promise<Buffer> {
  return promisify(brotliCompress)(content, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: 9, // two more would save 0.6 MB and cost a half more time to unpack
      [constants.BROTLI_PARAM_LGWIN]: 20, // four times as much would save 0.1 MB, and take so much more memory to unpack
      [constants.BROTLI_PARAM_SIZE_HINT]: content.length,
    },
  });
}
