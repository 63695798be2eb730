import { closeSync, fstatSync, openSync, read, readSync } from 'node:fs';
import { promisify } from 'node:util';
import { crc32Of } from '#ground/crc32.ts';
import { ActionableError } from '#ground/errors.ts';
import { type Packing, unpack, unpackSync } from './unpack.ts';

/**
 * An executable carries files behind its own bytes:
 *
 *     part… · index · id, 32 hexadecimal digits · length of the index, 4 bytes · length of all of this, 4 bytes ·
 *     CRC-32 from the index up to here, 4 bytes · mark
 *
 * Numbers are little-endian. The index is JSON. It has the sha256 of each file, and the id is the beginning of its own: it
 * tells one build from another. Parts have a CRC-32 too, which is checked whenever they are read, and most are compressed. A
 * file is one part or several, which can be unpacked at the same time.
 */
export const mark = 'LOCALPAS';
export const idBytes = 32;
export const sumAt = idBytes + 8;
export const trailerBytes = sumAt + 4 + mark.length;
const nothing = Buffer.alloc(0);

/**
 * A piece of a file: where it lies from the first part's first byte, and how many bytes it becomes. One that has as many
 * is not compressed.
 */
export interface Part {
  readonly at: number;
  readonly length: number;
  readonly bytes: number;
}

export interface CarriedFile {
  /** Of the file as it was: what tells it from others. */
  readonly sha256: string;
  /** Of its parts as they are carried: what tells whether they are whole. */
  readonly carriedCrc32: number;
  readonly parts: readonly Part[];
  readonly packing: Packing;
}

interface CarriedNatsServer {
  readonly version: string;
  /** Where it came from, for people. */
  readonly origin: string;
  /** The oldest one it runs with, as in `2.34`; absent when it is linked statically. */
  readonly glibc?: string;
}

/** A file that was unpacked while nobody has looked yet whether its parts are whole. */
export interface Unverified {
  /** In order. */
  readonly pieces: readonly Buffer[];
  /** @throws ActionableError EXECUTABLE_DAMAGED */
  verify(): void;
}

export interface Index {
  readonly natsServer: CarriedNatsServer;
  readonly node: {
    /** Of the executable up to what it carries. */
    readonly sha256: string;
    /** Where Node's switch "this is a single executable application" lies; `null` where it cannot be turned. */
    readonly fuseAt: number | null;
  };
  readonly files: Readonly<Record<string, CarriedFile>>;
}

/** Where the bytes lie. */
export interface Source {
  readonly size: number;
  readSync(at: number, length: number): Buffer;
  read(at: number, length: number): Promise<Buffer>;
}

export function damaged(what: string, cause?: unknown): ActionableError {
  return new ActionableError(
    'EXECUTABLE_DAMAGED',
    `This localpaas is damaged: ${what}.`,
    'Get it again, and compare it with SHA256SUMS: `sha256sum --check --ignore-missing SHA256SUMS`.',
    { cause },
  );
}

export class CarriedFiles {
  readonly id: string;
  /** Where the executable proper ends. */
  readonly at: number;
  readonly #source: Source;
  readonly #indexBytes: number;
  readonly #trailer: Buffer;
  #index: Index | undefined;

  /** @throws ActionableError EXECUTABLE_DAMAGED */
  constructor(source: Source) {
    this.#source = source;
    const trailer = source.size < trailerBytes ? undefined : source.readSync(source.size - trailerBytes, trailerBytes);
    if (trailer?.toString('latin1', sumAt + 4) !== mark) throw damaged('its end is missing');
    this.#trailer = trailer;
    this.id = trailer.toString('latin1', 0, idBytes);
    this.#indexBytes = trailer.readUInt32LE(idBytes);
    this.at = source.size - trailer.readUInt32LE(idBytes + 4);
    if (this.at < 0 || this.#indexAt() < this.at) throw damaged('its end is not as it was built');
  }

  /** @throws ActionableError EXECUTABLE_DAMAGED */
  get index(): Index {
    try {
      this.#index ??= this.#readIndex();
      return this.#index;
    } catch (cause) {
      throw damaged('the list of what it carries is not as it was built', cause);
    }
  }

  /** @throws ActionableError EXECUTABLE_DAMAGED */
  readSync(name: string): Buffer {
    const { parts, packing } = this.#file(name);
    const carried = parts.map((part) => this.#bytesOf(part));
    this.#verify(name, carried);
    const pieces = attempt(name, () =>
      parts.map((part, at) => {
        const content = carried[at] ?? nothing;
        return isPacked(part) ? unpackSync(content, part.bytes, packing) : content;
      }),
    );
    const [whole, second] = pieces;
    return whole !== undefined && second === undefined ? whole : Buffer.concat(pieces);
  }

  /** Its pieces, in order. @throws ActionableError EXECUTABLE_DAMAGED */
  async read(name: string): Promise<readonly Buffer[]> {
    const { pieces, verify } = await this.readUnverified(name);
    verify();
    return pieces;
  }

  /**
   * The same for who will `verify`. Other threads unpack the pieces side by side, and need not wait for
   * this one as soon as this returned.
   * @throws ActionableError EXECUTABLE_DAMAGED
   */
  async readUnverified(name: string): Promise<Unverified> {
    const { parts, packing } = this.#file(name);
    const carried = parts.map((part) => this.#bytesOf(part));
    const unpacking = parts.map(async (part, at) => {
      const content = carried[at] ?? nothing;
      return isPacked(part) ? unpack(content, part.bytes, packing) : content;
    });
    try {
      return { pieces: await Promise.all(unpacking), verify: () => this.#verify(name, carried) };
    } catch (cause) {
      throw damagedPart(name, cause);
    }
  }

  /** Whether these are the parts of a file as it was built. @throws ActionableError EXECUTABLE_DAMAGED */
  #verify(name: string, carried: readonly Buffer[]): void {
    if (crc32Of(...carried) !== this.#file(name).carriedCrc32) throw damagedPart(name);
  }

  sha256(name: string): string {
    return this.#file(name).sha256;
  }

  #file(name: string): CarriedFile {
    const file = this.index.files[name];
    if (file === undefined) throw new Error(`This executable carries no ${name}.`);
    return file;
  }

  #readIndex(): Index {
    const text = this.#source.readSync(this.#indexAt(), this.#indexBytes);
    if (sumOf(text, this.#trailer) !== this.#trailer.readUInt32LE(sumAt)) throw new Error('it is another one');
    const index = JSON.parse(text.toString()) as Index;
    const ends = Object.values(index.files).flatMap(({ parts }) => parts.map(({ at, length }) => at + length));
    if (this.at + Math.max(0, ...ends) !== this.#indexAt()) throw new Error('it lies elsewhere');
    return index;
  }

  #bytesOf({ at, length }: Part): Buffer {
    return this.#source.readSync(this.at + at, length);
  }

  #indexAt(): number {
    return this.#source.size - trailerBytes - this.#indexBytes;
  }
}

/** Of an index, as JSON, and the beginning of the trailer behind it. */
export function sumOf(index: Uint8Array, trailer: Buffer): number {
  return crc32Of(index, trailer.subarray(0, sumAt));
}

function isPacked({ length, bytes }: Part): boolean {
  return length !== bytes;
}

function attempt<T>(name: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    throw damagedPart(name, cause);
  }
}

function damagedPart(name: string, cause?: unknown): ActionableError {
  return damaged(`its part '${name}' is not as it was built`, cause);
}

/** What it is called when it is unpacked. */
export function nameOfNatsServer(files: CarriedFiles): string {
  return `nats-server-${files.sha256('nats-server').slice(0, 16)}`;
}

/** Bytes that are in memory anyway. */
export function sourceIn(bytes: Buffer): Source {
  const readSync = (at: number, length: number) => bytes.subarray(at, at + length);
  return { size: bytes.length, readSync, read: async (at, length) => readSync(at, length) };
}

/**
 * The file under this name now, for as long as this process lives: it may be replaced meanwhile, or removed.
 * @throws Error when it cannot be read
 */
export function openSource(path: string): Source {
  const file = openSync(path, 'r');
  try {
    const { size } = fstatSync(file);
    return {
      size,
      readSync: (at, length) => fillSync(Buffer.allocUnsafe(length), file, at),
      read: (at, length) => fill(Buffer.allocUnsafe(length), file, at),
    };
  } catch (error) {
    closeSync(file);
    throw error;
  }
}

function fillSync(bytes: Buffer, file: number, at: number): Buffer {
  for (let done = 0; done < bytes.length; ) {
    done += advance(readSync(file, bytes, done, bytes.length - done, at + done));
  }
  return bytes;
}

async function fill(bytes: Buffer, file: number, at: number): Promise<Buffer> {
  for (let done = 0; done < bytes.length; ) {
    done += advance((await promisify(read)(file, bytes, done, bytes.length - done, at + done)).bytesRead);
  }
  return bytes;
}

function advance(bytesRead: number): number {
  if (bytesRead === 0) throw new Error('the file ends early');
  return bytesRead;
}
