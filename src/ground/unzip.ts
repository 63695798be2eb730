import type { Readable } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { inflateRawSync } from 'node:zlib';
import {
  type Entry,
  fromRandomAccessReaderPromise,
  getFileNameLowLevel,
  RandomAccessReader,
  type ZipFile,
} from 'yauzl';
import { type ArchiveLimits, defaultArchiveLimits, type MemberKind, MemberTable } from './archive-members.ts';
import { brokenZip } from './broken-zip.ts';
import { crc32 } from './crc32.ts';
import { FileWindow } from './file-window.ts';
import { Unpacking } from './unpacking.ts';
import { attributesOf } from './zip-attributes.ts';

/** One member of a zip that was found harmless. */
export interface ZipEntry {
  /** Relative, without `.`, `..` or a `/` at either end. */
  readonly path: string;
  readonly kind: MemberKind;
  /** Permission bits; the owner may always read and write, and enter directories. */
  readonly mode: number;
  /** Unpacked, in bytes; 0 unless it is a file. */
  readonly size: number;
  readonly modifiedAt: Date;
  /** Of a symbolic link: relative, and inside the archive. */
  readonly target?: string;
}

/** Up to this size a file is inflated in one go, which takes about a millisecond. */
const smallBytes = 256 * 1024;
/** How long unpacking keeps everything else in this process waiting. */
const sliceMs = 5;
const maxTargetBytes = 4096;

/**
 * The members of an untrusted zip, in the zip's order. What cannot be unpacked safely is refused as a whole.
 * @throws ActionableError BAD_INPUT naming the entry
 */
export async function readZipIndex(path: string, limits?: Partial<ArchiveLimits>): Promise<readonly ZipEntry[]> {
  await using zip = await openZip(path, limits);
  return zip.entries;
}

/**
 * Unpacks an untrusted zip into `directory`, which is made when missing and must be empty. When it fails, nothing is left.
 * @throws ActionableError BAD_INPUT naming the entry, DISK_FULL; the signal's reason when it aborts
 */
export async function extractZip(
  path: string,
  directory: string,
  { limits, signal }: { limits?: Partial<ArchiveLimits> | undefined; signal?: AbortSignal | undefined } = {},
): Promise<readonly ZipEntry[]> {
  await using zip = await openZip(path, limits);
  const unpacking = new Unpacking(directory);
  try {
    await zip.unpack(unpacking, signal);
  } catch (error) {
    await unpacking.abandon();
    throw error;
  }
  return zip.entries;
}

/** A zip whose members were checked, for reading some of them. Dispose it to close the file. */
export async function openZip(path: string, limits: Partial<ArchiveLimits> = {}): Promise<Zip> {
  const file = await FileWindow.open(path);
  try {
    if (file.size === 0) throw new Error('it is empty');
    const zip = await fromRandomAccessReaderPromise(new ZipReader(file), file.size, zipOptions);
    return new Zip(file, zip, await indexOf(file, zip, { ...defaultArchiveLimits, ...limits }));
  } catch (error) {
    await file[Symbol.asyncDispose]();
    throw brokenZip(error);
  }
}

/** Names are decoded here, for the library replaces backslashes instead of refusing them. */
const zipOptions = { autoClose: false, lazyEntries: true, decodeStrings: false, validateEntrySizes: true };

class Zip implements AsyncDisposable {
  readonly #file: FileWindow;
  readonly #zip: ZipFile;
  readonly #index: ReadonlyMap<ZipEntry, Entry>;

  constructor(file: FileWindow, zip: ZipFile, index: ReadonlyMap<ZipEntry, Entry>) {
    this.#file = file;
    this.#zip = zip;
    this.#index = index;
  }

  get entries(): readonly ZipEntry[] {
    return [...this.#index.keys()];
  }

  /**
   * The bytes of one of the entries, checked against its size and checksum. One at a time.
   * @throws ActionableError BAD_INPUT naming the entry
   */
  async *read(entry: ZipEntry): AsyncGenerator<Uint8Array> {
    const raw = this.#index.get(entry);
    if (raw === undefined) throw new TypeError(`'${entry.path}' is not of this zip.`);
    yield* contentOf(this.#file, this.#zip, raw, entry.path);
  }

  async unpack(unpacking: Unpacking, signal?: AbortSignal): Promise<void> {
    let sliceEndsAt = performance.now() + sliceMs;
    for (const entry of this.#index.keys()) {
      if (performance.now() > sliceEndsAt) {
        await turn();
        sliceEndsAt = performance.now() + sliceMs;
      }
      signal?.throwIfAborted();
      if (entry.kind === 'directory') unpacking.directory(entry.path, entry.mode);
      else if (entry.target !== undefined) unpacking.symlink(entry.path, entry.target);
      else await this.#unpackFile(unpacking, entry, signal);
    }
    unpacking.finish();
  }

  async #unpackFile(unpacking: Unpacking, entry: ZipEntry, signal?: AbortSignal): Promise<void> {
    const file = unpacking.file(entry.path, entry.mode);
    for await (const chunk of this.read(entry)) {
      signal?.throwIfAborted();
      file.write(chunk);
    }
    file.close(entry.modifiedAt);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file[Symbol.asyncDispose]();
  }
}

export type { Zip };

async function indexOf(file: FileWindow, zip: ZipFile, limits: ArchiveLimits): Promise<Map<ZipEntry, Entry>> {
  const table = new MemberTable('zip', limits);
  table.expect(zip.entryCount);
  const index = new Map<ZipEntry, Entry>();
  for await (const raw of zip.eachEntry()) {
    const name = getFileNameLowLevel(raw.generalPurposeBitFlag, raw.fileNameRaw, raw.extraFields, true);
    const { kind, mode } = checkedAttributes(raw, name, table);
    const target = kind === 'symlink' ? await targetOf(contentOf(file, zip, raw, name)) : undefined;
    const size = kind === 'file' ? raw.uncompressedSize : 0;
    const path = table.add(name, kind, size, target);
    const modifiedAt = raw.getLastModDate();
    if (path !== '')
      index.set({ path, kind, mode, size, modifiedAt, ...(target === undefined ? {} : { target }) }, raw);
  }
  table.checkLinks();
  return index;
}

function checkedAttributes(raw: Entry, name: string, table: MemberTable): { kind: MemberKind; mode: number } {
  const { kind, mode } = attributesOf(raw, name);
  if (kind === undefined) {
    throw table.refuse(name, 'is a device, a pipe or a socket', 'Make the zip again without it.');
  }
  if (raw.isEncrypted()) throw table.refuse(name, 'is encrypted', 'Make the zip again without a password.');
  if (!raw.canDecodeFileData()) {
    const why = `is compressed in a way that is not known here (method ${raw.compressionMethod})`;
    throw table.refuse(name, why, 'Make the zip again with the usual method, deflate.');
  }
  if (kind === 'symlink' && raw.uncompressedSize > maxTargetBytes) {
    throw table.refuse(name, 'is a symbolic link of absurd length', 'Make the zip again without it.');
  }
  return { kind, mode };
}

async function targetOf(content: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of content) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

async function* contentOf(file: FileWindow, zip: ZipFile, raw: Entry, name: string): AsyncGenerator<Uint8Array> {
  try {
    let checksum = 0;
    for await (const chunk of inflated(file, zip, raw)) {
      checksum = crc32(chunk, checksum);
      yield chunk;
    }
    if (checksum !== raw.crc32) throw new Error('its checksum is wrong');
  } catch (error) {
    throw brokenZip(error, name);
  }
}

async function* inflated(file: FileWindow, zip: ZipFile, raw: Entry): AsyncGenerator<Uint8Array> {
  if (Math.max(raw.compressedSize, raw.uncompressedSize) > smallBytes) {
    yield* await zip.openReadStreamPromise(raw);
    return;
  }
  const { fileDataStart } = await zip.readLocalFileHeaderPromise(raw, { minimal: true });
  const stored = await file.bytesAt(fileDataStart, raw.compressedSize);
  // One byte more than it says, to see whether it is more than it says.
  const bytes = raw.isCompressed() ? inflateRawSync(stored, { maxOutputLength: raw.uncompressedSize + 1 }) : stored;
  if (bytes.length !== raw.uncompressedSize) throw new Error('its size is not what the zip says');
  yield bytes;
}

/** What the library reads through. It has no other way to read than a class made from its own. */
class ZipReader extends RandomAccessReader {
  readonly #file: FileWindow;

  constructor(file: FileWindow) {
    super();
    this.#file = file;
  }

  override read(
    target: Buffer,
    offset: number,
    length: number,
    position: number,
    callback: (error: Error | null) => void,
  ): void {
    void this.#file.bytesAt(position, length).then((bytes) => {
      bytes.copy(target, offset);
      callback(null);
    }, callback);
  }

  override _readStreamForRange(start: number, end: number): Readable {
    return this.#file.stream(start, end);
  }
}
