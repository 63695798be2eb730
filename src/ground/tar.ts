import {
  createReadStream,
  createWriteStream,
  lstatSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  type Stats,
} from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setImmediate as turn } from 'node:timers/promises';
import { createGunzip } from 'node:zlib';
import { Header, Parser, Pax, type ReadEntry } from 'tar';
import { type ArchiveLimits, defaultArchiveLimits, MemberTable } from './archive-members.ts';
import { ActionableError, explainDiskError, systemCodeOf } from './errors.ts';
import { FileWindow } from './file-window.ts';
import { gzipped } from './gzip.ts';
import { Unpacking } from './unpacking.ts';

const blockBytes = 512;
/** Written at once, and read in one go up to this size. */
const batchBytes = 256 * 1024;

/**
 * Packs files, directories and symbolic links as `tar.gz`, directories in the order of their names. Everything else
 * (devices, pipes, sockets) is left out: there is nothing to pack in it. When it fails, nothing is left at `path`.
 * @param members names in `directory`, packed with all that is below them, hidden or not; `.` is all of it, as `./name`
 * @param gzipLevel 1 to 9; for use on one machine more than 3 costs more time than it saves
 * @param stamp makes the same files the same bytes: all of them are of this time, and of user and group 0
 * @throws ActionableError DISK_FULL; the signal's reason when it aborts
 */
export async function createTarGz(
  directory: string,
  members: readonly string[],
  path: string,
  {
    gzipLevel = 1,
    signal,
    stamp,
  }: { gzipLevel?: number; signal?: AbortSignal | undefined; stamp?: Date | undefined } = {},
): Promise<void> {
  const output = createWriteStream(path, { flags: 'wx', mode: 0o600 });
  try {
    const abortable = signal === undefined ? {} : { signal };
    await pipeline(gzipped(batched(blocksOf(directory, members, stamp)), gzipLevel), output, abortable);
  } catch (error) {
    if (systemCodeOf(error) !== 'EEXIST') await rm(path, { force: true });
    signal?.throwIfAborted();
    throw explainDiskError(error, `${path} could not be written`);
  }
}

async function* blocksOf(directory: string, members: readonly string[], stamp?: Date): AsyncGenerator<Uint8Array> {
  const look = (path: string): Look => {
    const stats = lstatSync(path);
    return stamp === undefined ? stats : Object.assign(stats, { uid: 0, gid: 0, mtimeMs: stamp.getTime() });
  };
  for (const member of members) yield* memberBlocks(directory, member, look);
  yield endOfTar();
}

type Look = Pick<Stats, 'mode' | 'uid' | 'gid' | 'mtimeMs' | 'size' | 'isDirectory' | 'isSymbolicLink' | 'isFile'>;

async function* memberBlocks(
  directory: string,
  name: string,
  look: (path: string) => Look,
): AsyncGenerator<Uint8Array> {
  const path = join(directory, name);
  const stats = look(path);
  if (stats.isDirectory()) {
    yield headerOf(`${name}/`, stats, { type: 'Directory', size: 0 });
    for (const below of readdirSync(path).sort()) yield* memberBlocks(directory, `${name}/${below}`, look);
  } else if (stats.isSymbolicLink()) {
    yield headerOf(name, stats, { type: 'SymbolicLink', size: 0, linkpath: readlinkSync(path) });
  } else if (stats.isFile()) {
    yield headerOf(name, stats, { type: 'File', size: stats.size });
    yield* contentOf(path, stats.size);
    yield Buffer.alloc((blockBytes - (stats.size % blockBytes)) % blockBytes);
  }
}

/** The header of a plain file that its owner alone may read, and what fills its last block. */
export function fileFrame(path: string, size: number, modifiedAt: Date): { header: Uint8Array; padding: Uint8Array } {
  const stats = { mode: 0o600, uid: 0, gid: 0, mtimeMs: modifiedAt.getTime() };
  const padding = Buffer.alloc((blockBytes - (size % blockBytes)) % blockBytes);
  return { header: headerOf(path, stats, { type: 'File', size }), padding };
}

/** What ends a tar. */
export function endOfTar(): Uint8Array {
  return Buffer.alloc(2 * blockBytes);
}

type Variable = { type: 'Directory' | 'SymbolicLink' | 'File'; size: number; linkpath?: string };

/** The header of a member, with what does not fit into one before it. */
export function headerOf(
  path: string,
  stats: Pick<Stats, 'mode' | 'uid' | 'gid' | 'mtimeMs'>,
  variable: Variable,
): Uint8Array {
  const mtime = new Date(Math.floor(stats.mtimeMs / 1000) * 1000);
  const fields = { path, mode: stats.mode & 0o777, uid: stats.uid, gid: stats.gid, mtime, ...variable };
  const header = new Header(fields);
  header.encode();
  const block = header.block ?? Buffer.alloc(0);
  return header.needPax ? Buffer.concat([new Pax(fields).encode(), block]) : block;
}

async function* contentOf(path: string, size: number): AsyncGenerator<Uint8Array> {
  if (size <= batchBytes) {
    const bytes = readFileSync(path);
    if (bytes.length !== size) throw new Error(`${path} changed while it was packed.`);
    yield bytes;
    return;
  }
  await using file = await FileWindow.open(path, batchBytes);
  for (let at = 0; at < size; at += batchBytes) yield await file.bytesAt(at, Math.min(batchBytes, size - at));
}

/** Fewer, larger pieces, and a pause for others after each. */
export async function* batched(blocks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let waiting: Uint8Array[] = [];
  let bytes = 0;
  for await (const block of blocks) {
    waiting.push(block);
    bytes += block.length;
    if (bytes < batchBytes) continue;
    yield Buffer.concat(waiting);
    await turn();
    waiting = [];
    bytes = 0;
  }
  yield Buffer.concat(waiting);
}

export interface ExtractTarOptions {
  readonly limits?: Partial<ArchiveLimits> | undefined;
  readonly signal?: AbortSignal | undefined;
  /** `any` also takes symbolic links that lead outside: for what was packed on this machine. */
  readonly links?: 'inside' | 'any';
}

/**
 * Unpacks an untrusted `tar.gz` into `directory`, which is made when missing and must be empty. Names may start with
 * `./` or not. Permissions are kept without setuid, setgid and sticky bits; owners are not. When it fails, nothing is left.
 * @param source a path, or the bytes
 * @throws ActionableError BAD_INPUT naming the entry, DISK_FULL; the signal's reason when it aborts
 */
export async function extractTarGz(
  source: string | Readable,
  directory: string,
  { limits = {}, signal, links = 'inside' }: ExtractTarOptions = {},
): Promise<void> {
  const input = typeof source === 'string' ? createReadStream(source, { highWaterMark: batchBytes }) : source;
  const unpacking = new Unpacking(directory);
  try {
    const table = new MemberTable('tar', { ...defaultArchiveLimits, ...limits });
    // Another thread decompresses so much ahead while this one writes files.
    const ahead = new PassThrough({ highWaterMark: 4 * batchBytes });
    const gunzip = createGunzip({ chunkSize: batchBytes });
    const fed = pipeline(input, gunzip, ahead, signal === undefined ? {} : { signal });
    // Whatever it fails with, reading from `ahead` fails with, too.
    fed.catch(() => {});
    await unpack(ahead, table, unpacking);
    await fed;
    if (links === 'inside') table.checkLinks();
    unpacking.finish();
  } catch (error) {
    input.destroy();
    await unpacking.abandon();
    signal?.throwIfAborted();
    throw isOfArchive(error) ? brokenTar(error) : error;
  }
}

async function unpack(bytes: AsyncIterable<Uint8Array>, table: MemberTable, unpacking: Unpacking): Promise<void> {
  await parseTar(bytes, {
    entry: (entry) => void unpackEntry(entry, table, unpacking),
    ignored: (entry) => {
      throw table.refuse(entry.path, `is of a kind that is not known here (${entry.type})`, remedy);
    },
    broken: (reason) => {
      throw brokenTar(new Error(reason));
    },
    chunk: (length) => table.countRaw(length),
  });
}

/** Told of what a tar holds, as it comes. What one of them throws ends the reading. */
export interface TarVisitor {
  /** Has to read the entry's data, or to call `resume()`. */
  entry(entry: TarEntry): void;
  /** Of a kind this reader does not know, or with more words about it than it takes. */
  ignored(entry: TarEntry): void;
  broken(reason: string): void;
  /** Bytes of the tar itself. */
  chunk(length: number): void;
}
export type TarEntry = Pick<ReadEntry, 'path' | 'type' | 'size' | 'mode' | 'linkpath' | 'mtime' | 'on' | 'resume'>;

/** Reads a tar that is not compressed any more, without writing anything. */
export async function parseTar(bytes: AsyncIterable<Uint8Array>, visitor: TarVisitor): Promise<void> {
  const parser = new Parser();
  parser.on('entry', (entry: ReadEntry) => visitor.entry(entry));
  parser.on('ignoredEntry', (entry: ReadEntry) => visitor.ignored(entry));
  parser.on('warn', (code: string, message: string) => visitor.broken(`${code}: ${message}`));
  for await (const chunk of bytes) {
    visitor.chunk(chunk.length);
    parser.write(chunk);
  }
  parser.end();
}

const remedy = 'Make the tar again, with plain files, directories and links only.';

/** Takes what an entry of a tar holds, or refuses it. @returns its path, as of the table */
export function unpackEntry(entry: TarEntry, table: MemberTable, unpacking: Unpacking): string {
  const { path: name, mode = 0o644, linkpath = '' } = entry;
  if (entry.type === 'File' || entry.type === 'OldFile' || entry.type === 'ContiguousFile') {
    const path = table.add(name, 'file', entry.size);
    const file = unpacking.file(path, mode | 0o400);
    entry.on('data', (chunk: Buffer) => file.write(chunk));
    entry.on('end', () => file.close(entry.mtime));
    return path;
  }
  entry.resume();
  if (entry.type === 'Directory' || entry.type === 'GNUDumpDir') {
    const path = table.add(name, 'directory', 0);
    unpacking.directory(path, mode);
    return path;
  }
  if (entry.type === 'SymbolicLink') {
    const path = table.add(name, 'symlink', 0, linkpath);
    unpacking.symlink(path, linkpath);
    return path;
  }
  if (entry.type !== 'Link') throw table.refuse(name, 'is a device or a pipe', remedy);
  const existing = table.pathOf(linkpath);
  if (table.kindOf(existing) !== 'file') {
    throw table.refuse(name, `is a link to '${linkpath}', which is no file before it`, remedy);
  }
  const path = table.add(name, 'file', 0);
  unpacking.hardLink(path, existing);
  return path;
}

export function isOfArchive(error: unknown): boolean {
  return /^(Z_|TAR_)/.test(systemCodeOf(error) ?? '');
}

function brokenTar(cause: unknown): ActionableError {
  if (cause instanceof ActionableError) return cause;
  const what = 'It is damaged, cut off, or not compressed with gzip: make it again.';
  return new ActionableError('BAD_INPUT', 'The tar cannot be read.', what, { cause });
}
