import { Readable } from 'node:stream';
import { createDeflateRaw } from 'node:zlib';
import { crc32 } from './crc32.ts';
import { centralRecord, type Described, descriptor, endOfZip, localHeader, type Measured } from './zip-records.ts';

/** One thing to put into a zip. */
export interface ZipMember {
  /** Relative, with `/`. */
  readonly path: string;
  readonly kind: 'file' | 'directory' | 'symlink';
  /** Permission bits, e.g. 0o644; 0o644 and 0o755 (directories, links) when absent. */
  readonly mode?: number | undefined;
  /** Now when absent. */
  readonly modifiedAt?: Date | undefined;
  /**
   * The file's bytes, or the target of a symbolic link. Called when it is this member's turn. Not for directories. All
   * bytes at once are much quicker than a stream of a small file.
   */
  readonly open?: () => Uint8Array | Readable | Promise<Readable>;
}

/** Written at once. */
const batchBytes = 256 * 1024;
const nothing = new Uint8Array();

/**
 * A zip of `members` as a stream, directories first; it fails with the first member that fails. Destroying it closes
 * what is open.
 * @param compressionLevel 0 stores: what stays on one machine is read faster than it is inflated
 */
export function zipOf(members: readonly ZipMember[], { compressionLevel = 0 } = {}): Readable {
  const writer = new ZipWriter(compressionLevel);
  const bytes = writer.bytes(members);
  return new Readable({
    highWaterMark: batchBytes,
    read() {
      bytes.next().then(
        ({ done, value }) => this.push(done === true ? null : value),
        (error: Error) => this.destroy(error),
      );
    },
    destroy(error, done) {
      writer.close();
      done(error);
    },
  });
}

class ZipWriter {
  readonly #level: number;
  readonly #now = new Date();
  readonly #records: Uint8Array[] = [];
  #waiting: Uint8Array[] = [];
  #waitingBytes = 0;
  #writtenBytes = 0;
  #current: Readable | undefined;
  #isClosed = false;

  constructor(level: number) {
    this.#level = level;
  }

  /** In pieces that are worth a call of the system. */
  async *bytes(members: readonly ZipMember[]): AsyncGenerator<Uint8Array, undefined> {
    for (const member of directoriesFirst(members)) {
      const content = member.kind === 'directory' ? nothing : await opened(member);
      if (content instanceof Uint8Array && this.#isStored(content)) this.#writeWhole(member, content);
      else yield* this.#writeStream(member, content instanceof Uint8Array ? Readable.from([content]) : content);
      if (this.#waitingBytes >= batchBytes) yield this.#batch();
    }
    const start = this.#writtenBytes;
    for (const record of this.#records) this.#add(record);
    this.#add(endOfZip(this.#records.length, start, this.#writtenBytes - start));
    yield this.#batch();
  }

  close(): void {
    this.#isClosed = true;
    this.#current?.destroy();
  }

  #isStored({ length }: Uint8Array): boolean {
    return this.#level === 0 || length === 0;
  }

  #writeWhole(member: ZipMember, content: Uint8Array): void {
    const measured = { crc32: crc32(content), storedBytes: content.length, bytes: content.length };
    const described = this.#described(member, measured);
    this.#add(localHeader(described));
    this.#add(content);
    this.#records.push(centralRecord(described, measured));
  }

  async *#writeStream(member: ZipMember, content: Readable): AsyncGenerator<Uint8Array, undefined> {
    this.#current = content;
    if (this.#isClosed) content.destroy();
    const described = this.#described(member, undefined);
    this.#add(localHeader(described));
    const start = this.#writtenBytes;
    const sum = { crc32: 0, bytes: 0 };
    for await (const piece of this.#packed(content, sum)) {
      this.#add(piece);
      if (this.#waitingBytes >= batchBytes) yield this.#batch();
    }
    const measured = { ...sum, storedBytes: this.#writtenBytes - start };
    this.#add(descriptor(measured));
    this.#records.push(centralRecord(described, measured));
    this.#current = undefined;
  }

  #packed(content: Readable, sum: { crc32: number; bytes: number }): AsyncIterable<Uint8Array> {
    const counted = async function* () {
      for await (const chunk of content as AsyncIterable<Uint8Array>) {
        sum.crc32 = crc32(chunk, sum.crc32);
        sum.bytes += chunk.length;
        yield chunk;
      }
    };
    if (this.#level === 0) return counted();
    const deflate = createDeflateRaw({ level: this.#level });
    const source = Readable.from(counted(), { objectMode: false });
    source.once('error', (error) => deflate.destroy(error));
    return source.pipe(deflate);
  }

  #described({ path, kind, mode, modifiedAt }: ZipMember, known: Measured | undefined): Described {
    const name = kind === 'directory' && !path.endsWith('/') ? `${path}/` : path;
    return {
      name: Buffer.from(name.replaceAll('\\', '/')),
      kind,
      mode: mode ?? (kind === 'file' ? 0o644 : 0o755),
      modifiedAt: modifiedAt ?? this.#now,
      isDeflated: known === undefined && this.#level > 0,
      offset: this.#writtenBytes,
      known,
    };
  }

  #add(bytes: Uint8Array): void {
    this.#waiting.push(bytes);
    this.#waitingBytes += bytes.length;
    this.#writtenBytes += bytes.length;
  }

  #batch(): Uint8Array {
    const batch = Buffer.concat(this.#waiting);
    this.#waiting = [];
    this.#waitingBytes = 0;
    return batch;
  }
}

function directoriesFirst(members: readonly ZipMember[]): ZipMember[] {
  const isDirectory = ({ kind }: ZipMember) => kind === 'directory';
  return [...members.filter(isDirectory), ...members.filter((member) => !isDirectory(member))];
}

async function opened({ path, open }: ZipMember): Promise<Uint8Array | Readable> {
  if (open === undefined) throw new TypeError(`Nothing opens '${path}'.`);
  return open();
}
