import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { ActionableError } from '#ground/errors.ts';
import { unseal, unsealSync } from './sealed.ts';

/**
 * An executable carries files behind its own bytes:
 *
 *     part… · index · id, 32 hexadecimal digits · length of the index, 4 bytes · length of all of this, 4 bytes · mark
 *
 * Numbers are little-endian. The id is made from all that is carried: it tells one build from another. Parts and index are sealed (sealed.ts); the index is JSON. A file is one part or several,
 * which can be unpacked at the same time.
 */
export const mark = 'LOCALPAS';
export const idBytes = 32;
export const trailerBytes = idBytes + 8 + mark.length;
const likelyIndexBytes = 4096;

/** A piece of a file: where it lies from the first part's first byte, and how many bytes it becomes. */
export interface Part {
  readonly at: number;
  readonly length: number;
  readonly bytes: number;
}

export interface CarriedFile {
  /** Of the file as it was. */
  readonly sha256: string;
  readonly parts: readonly Part[];
}

interface CarriedNatsServer {
  readonly version: string;
  /** Where it came from, for people. */
  readonly origin: string;
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
  read(at: number, length: number): Buffer;
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
  #index: Index | undefined;

  /** @throws ActionableError EXECUTABLE_DAMAGED */
  constructor(source: Source) {
    this.#source = source;
    const trailer = source.size < trailerBytes ? undefined : source.read(source.size - trailerBytes, trailerBytes);
    if (trailer?.toString('latin1', idBytes + 8) !== mark) throw damaged('its end is missing');
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
    const { parts } = this.#file(name);
    try {
      return Buffer.concat(parts.map((part) => unsealSync(this.#sealed(part), part.bytes)));
    } catch (cause) {
      throw damaged(`its part '${name}' is not as it was built`, cause);
    }
  }

  /** Its parts are unpacked side by side, on other threads. @throws ActionableError EXECUTABLE_DAMAGED */
  async read(name: string): Promise<Buffer> {
    const { parts } = this.#file(name);
    try {
      return Buffer.concat(await Promise.all(parts.map((part) => unseal(this.#sealed(part), part.bytes))));
    } catch (cause) {
      throw damaged(`its part '${name}' is not as it was built`, cause);
    }
  }

  sha256(name: string): string {
    return this.#file(name).sha256;
  }

  #file(name: string): CarriedFile {
    const file = this.index.files[name];
    if (file === undefined) throw new Error(`This executable carries no ${name}.`);
    return file;
  }

  /** Its checksum vouches for all of it, and it for where everything lies. */
  #readIndex(): Index {
    const sealed = this.#source.read(this.#indexAt(), this.#indexBytes);
    const index = JSON.parse(unsealSync(sealed, likelyIndexBytes).toString()) as Index;
    const ends = Object.values(index.files).flatMap(({ parts }) => parts.map(({ at, length }) => at + length));
    if (this.at + Math.max(0, ...ends) !== this.#indexAt()) throw new Error('it lies elsewhere');
    return index;
  }

  #indexAt(): number {
    return this.#source.size - trailerBytes - this.#indexBytes;
  }

  #sealed({ at, length }: Part): Buffer {
    return this.#source.read(this.at + at, length);
  }
}

/** What it is called when it is unpacked. */
export function nameOfNatsServer(files: CarriedFiles): string {
  return `nats-server-${files.sha256('nats-server').slice(0, 16)}`;
}

/**
 * The file under this name now, for as long as this process lives: it may be replaced meanwhile, or removed.
 * @throws Error when it cannot be read
 */
export function openSource(path: string): Source {
  const file = openSync(path, 'r');
  try {
    const { size } = fstatSync(file);
    return { size, read: (at, length) => readAll(file, at, length) };
  } catch (error) {
    closeSync(file);
    throw error;
  }
}

function readAll(file: number, at: number, length: number): Buffer {
  const bytes = Buffer.allocUnsafe(length);
  let read = 0;
  while (read < length) {
    const now = readSync(file, bytes, read, length - read, at + read);
    if (now === 0) throw new Error('the file ends early');
    read += now;
  }
  return bytes;
}
