import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzipSync } from 'node:zlib';
import { replaceFile } from '#ground/files.ts';
import { type CarriedFile, type Index, idBytes, mark, type Part, trailerBytes } from '#packaging/carried-files.ts';
import { unsealSync } from '#packaging/sealed.ts';

/** Files to be carried by an executable, sealed. */
export interface Cargo {
  readonly files: Readonly<Record<string, CarriedFile>>;
  readonly bytes: Buffer;
}

/** Larger files are unpacked by two threads. */
const largePartBytes = 4_000_000;

/** Seals files, in this order. What was sealed before is taken from `cache`: 15 MB take half a minute with the best quality. */
export async function load(
  files: Readonly<Record<string, Uint8Array>>,
  cache: string,
  quality: number = constants.BROTLI_MAX_QUALITY,
): Promise<Cargo> {
  const sealed: Buffer[] = [];
  const index: Record<string, CarriedFile> = {};
  let at = 0;
  for (const [name, content] of Object.entries(files)) {
    const halves = content.length > largePartBytes ? halvesOf(content) : [content];
    const pieces = await Promise.all(halves.map((half) => sealOnce(half, cache, quality)));
    const parts: Part[] = pieces.map(({ length }, number) => {
      const part = { at, length, bytes: halves[number]?.length ?? 0 };
      at += length;
      return part;
    });
    sealed.push(...pieces);
    index[name] = { sha256: sha256Of(content), parts };
  }
  return { files: index, bytes: Buffer.concat(sealed) };
}

/** What is appended to an executable. */
export async function appendix(cargo: Cargo, index: Omit<Index, 'files'>): Promise<Buffer> {
  const id = sha256Of(Buffer.concat([cargo.bytes, Buffer.from(JSON.stringify(index))]));
  const whole: Index = { ...index, files: cargo.files };
  const sealedIndex = await seal(Buffer.from(JSON.stringify(whole)), constants.BROTLI_MAX_QUALITY);
  const trailer = Buffer.alloc(trailerBytes);
  trailer.write(id.slice(0, idBytes), 0, 'latin1');
  trailer.writeUInt32LE(sealedIndex.length, idBytes);
  trailer.writeUInt32LE(cargo.bytes.length + sealedIndex.length + trailerBytes, idBytes + 4);
  trailer.write(mark, idBytes + 8, 'latin1');
  return Buffer.concat([cargo.bytes, sealedIndex, trailer]);
}

function halvesOf(content: Uint8Array): Uint8Array[] {
  const middle = Math.ceil(content.length / 2);
  return [content.subarray(0, middle), content.subarray(middle)];
}

async function sealOnce(content: Uint8Array, cache: string, quality: number): Promise<Buffer> {
  const kept = join(cache, `sealed-${quality}-22-${sha256Of(content).slice(0, 32)}`);
  try {
    const sealed = await readFile(kept);
    if (unsealSync(sealed, content.length).equals(content)) return sealed;
  } catch {
    // Not there yet, or damaged.
  }
  const sealed = await seal(content, quality);
  await replaceFile(kept, sealed);
  return sealed;
}

/** @see unsealSync */
async function seal(content: Uint8Array, quality: number): Promise<Buffer> {
  const compressed = await promisify(brotliCompress)(content, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: quality,
      [constants.BROTLI_PARAM_LGWIN]: 22, // more would save 12 kB and cost a sixth of the time to unpack
      [constants.BROTLI_PARAM_SIZE_HINT]: content.length,
    },
  });
  return gzipSync(compressed, { level: 0 });
}

function sha256Of(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
