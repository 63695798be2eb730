import { PassThrough, pipeline, type Readable } from 'node:stream';
import { pipeline as pipelineDone } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import { batched, endOfTar, fileFrame, headerOf, isOfArchive, parseTar, type TarEntry } from './tar.ts';

/** What a small tar is made of. */
export interface TarMember {
  readonly path: string;
  readonly kind: 'file' | 'directory' | 'symlink';
  /** Permission bits. */
  readonly mode: number;
  readonly modifiedAt: Date;
  /** Of a file. */
  readonly content?: Uint8Array;
  /** Of a link. */
  readonly target?: string;
}

/** A tar that fits into memory, of members in this order. */
export function tarOf(members: readonly TarMember[]): Buffer {
  return Buffer.concat([...members.flatMap(blocksOfMember), endOfTar()]);
}

function blocksOfMember({ path, kind, mode, modifiedAt, content = emptyContent, target }: TarMember): Uint8Array[] {
  const stats = { mode, uid: 0, gid: 0, mtimeMs: modifiedAt.getTime() };
  if (kind === 'directory') return [headerOf(`${path}/`, stats, { type: 'Directory', size: 0 })];
  if (kind === 'symlink') {
    return [
      headerOf(path, stats, { type: 'SymbolicLink', size: 0, ...(target === undefined ? {} : { linkpath: target }) }),
    ];
  }
  const padding = Buffer.alloc((blockBytes - (content.length % blockBytes)) % blockBytes);
  return [headerOf(path, stats, { type: 'File', size: content.length }), content, padding];
}

const emptyContent = Buffer.alloc(0);
const blockBytes = 512;

/** A file on its way into a tar. */
export interface TarSource {
  readonly name: string;
  readonly sizeBytes: number;
  /** Has to bring as many bytes as it says. */
  content(): AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
}

/**
 * A `tar.gz` of these files in this order, made while it is read. What a content throws, reading throws.
 * @param gzipLevel 0 to 9; 0 for what is compressed already
 */
export function tarGzOf(files: readonly TarSource[], modifiedAt: Date, gzipLevel: number): Readable {
  const output = new PassThrough();
  // A failure destroys `output`, so whoever reads it hears of it.
  pipeline(batched(blocksOf(files, modifiedAt)), createGzip({ level: gzipLevel }), output, () => {});
  return output;
}

async function* blocksOf(files: readonly TarSource[], modifiedAt: Date): AsyncGenerator<Uint8Array> {
  for (const { name, sizeBytes, content } of files) {
    const { header, padding } = fileFrame(name, sizeBytes, modifiedAt);
    yield header;
    let bytes = 0;
    for await (const chunk of content()) {
      bytes += chunk.length;
      yield chunk;
    }
    if (bytes !== sizeBytes) throw new Error(`${name} has ${bytes} bytes instead of ${sizeBytes}.`);
    yield padding;
  }
  yield endOfTar();
}

/** A file of a tar, while it is read. */
export interface TarSink {
  bytes(chunk: Uint8Array): void;
  end(): void;
}

/** Told of what a tar holds; what one of them throws ends the reading. */
export interface TarReader {
  file(name: string, sizeBytes: number): TarSink;
  /** Something else than a plain file. */
  other(name: string, kind: string): void;
  /** The end came too early, or these are no bytes of a `tar.gz`. */
  broken(cause: unknown): never;
  /** Bytes of the tar, before they are looked at. */
  unpacked(bytes: number): void;
}

/** Reads a `tar.gz` from its beginning to its end, holding little of it in memory and writing nothing. */
export async function readTarGz(input: Readable, reader: TarReader, signal: AbortSignal): Promise<void> {
  const gunzip = createGunzip({ chunkSize: 64 * 1024 });
  const fed = pipelineDone(input, gunzip, { signal });
  // Whatever it fails with, reading from `gunzip` fails with, too.
  fed.catch(() => {});
  try {
    await parseTar(gunzip, {
      entry: (entry) => pass(entry, reader),
      ignored: ({ path, type }) => reader.other(path, type),
      broken: (reason) => reader.broken(new Error(reason)),
      chunk: (bytes) => reader.unpacked(bytes),
    });
    await fed;
  } catch (error) {
    input.destroy();
    signal.throwIfAborted();
    throw isOfArchive(error) ? reader.broken(error) : error;
  }
}

const plain: readonly string[] = ['File', 'OldFile', 'ContiguousFile'];

function pass(entry: TarEntry, reader: TarReader): void {
  if (!plain.includes(entry.type)) {
    reader.other(entry.path, entry.type);
    entry.resume();
    return;
  }
  const sink = reader.file(entry.path, entry.size);
  entry.on('data', (chunk: Buffer) => sink.bytes(chunk));
  entry.on('end', () => sink.end());
}
