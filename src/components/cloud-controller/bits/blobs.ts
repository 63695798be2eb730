import { createHash, randomBytes } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { readableSize } from '#ground/bytes.ts';
import { damageOf } from '#ground/checked-file.ts';
import { ActionableError, explainDiskError, systemCodeOf } from '#ground/errors.ts';
import { ensureDirectory, syncDirectory } from '#ground/files.ts';
import { Mutex } from '../mutex.ts';

/** What is known of some bytes. The digests are in hex. */
export interface Blob {
  readonly sha256: string;
  readonly sha1: string;
  readonly sizeBytes: number;
}

/** Bytes that have arrived, in a file that goes away when this is disposed. */
export interface IncomingBlob extends Blob, AsyncDisposable {
  readonly path: string;
  /** Puts it into the store for good: on disk, also after a power cut, when this resolves. */
  keep(): Promise<HeldBlob>;
}

/** Read and written at once: each call of the system waits for a thread. */
const pieceBytes = 512 * 1024;

/** A stored blob. Disposed, it is deleted unless some record refers to it by then. */
export interface HeldBlob extends Blob, AsyncDisposable {}

/**
 * Packages and droplets at rest: files named by their sha256, `<directory>/<2 hex>/<sha256>`. What arrives is written
 * to `<directory>/incoming/` first, so a blob is there as a whole or not at all.
 */
export class Blobs {
  readonly #directory: string;
  readonly #isReferenced: (sha256: string) => boolean;
  /** Blobs whose record is about to be written, and how often. */
  readonly #held = new Map<string, number>();
  /** Tells the files of this run from those a killed one left. */
  readonly #run = randomBytes(6).toString('hex');
  /** The same bytes may come while they are being deleted. */
  readonly #mutex = new Mutex();
  #arrivals = 0;

  private constructor(directory: string, isReferenced: (sha256: string) => boolean) {
    this.#directory = directory;
    this.#isReferenced = isReferenced;
  }

  /** @param isReferenced whether some record refers to a blob */
  static async open(directory: string, isReferenced: (sha256: string) => boolean): Promise<Blobs> {
    await ensureDirectory(join(directory, 'incoming'));
    return new Blobs(directory, isReferenced);
  }

  pathOf(sha256: string): string {
    return join(this.#directory, sha256.slice(0, 2), sha256);
  }

  read(sha256: string): Readable {
    return createReadStream(this.pathOf(sha256), { highWaterMark: pieceBytes });
  }

  /** @returns undefined when there is no such blob */
  async sizeOf(sha256: string): Promise<number | undefined> {
    try {
      return (await stat(this.pathOf(sha256))).size;
    } catch (error) {
      if (systemCodeOf(error) === 'ENOENT') return undefined;
      throw error;
    }
  }

  /** Whether a blob is what its name says; its bytes are read for that. */
  async look(sha256: string): Promise<'whole' | 'damaged' | 'missing'> {
    const digest = createHash('sha256');
    try {
      await pipeline(this.read(sha256), digest);
    } catch (error) {
      if (systemCodeOf(error) === 'ENOENT') return 'missing';
      if (damageOf(error) === undefined) throw error;
      return 'damaged';
    }
    return digest.digest('hex') === sha256 ? 'whole' : 'damaged';
  }

  /**
   * Reads `content` to its end.
   * @param what it is, for messages: `the package`
   * @throws ActionableError BAD_INPUT when there are more than `limitBytes`, DISK_FULL
   */
  async take(content: Readable, what: string, limitBytes = Number.POSITIVE_INFINITY): Promise<IncomingBlob> {
    this.#arrivals += 1;
    const path = join(this.#directory, 'incoming', `${this.#run}-${this.#arrivals}`);
    try {
      const blob = await writeHashing(path, content, { what, limitBytes });
      return {
        ...blob,
        path,
        keep: () => this.#keep(path, blob, what),
        [Symbol.asyncDispose]: () => rm(path, { force: true }),
      };
    } catch (error) {
      await rm(path, { force: true });
      throw explainDiskError(error, `${what} cannot be stored`);
    }
  }

  /** Deletes a blob unless a record refers to it or is about to. */
  collect(sha256: string, giveUp = (path: string): Promise<unknown> => rm(path, { force: true })): Promise<void> {
    return this.#mutex.run(sha256, async () => {
      if (!this.#held.has(sha256) && !this.#isReferenced(sha256)) await giveUp(this.pathOf(sha256));
    });
  }

  /**
   * Removes what a killed run left: half-written files, and blobs no record refers to.
   * @param giveUp what is done with such a blob's file; it is deleted when absent
   * @returns how many
   */
  async sweep(giveUp = (path: string): Promise<unknown> => rm(path, { force: true })): Promise<number> {
    const incoming = join(this.#directory, 'incoming');
    const halfWritten = (await readdir(incoming)).filter((name) => !name.startsWith(`${this.#run}-`));
    for (const name of halfWritten) await rm(join(incoming, name), { force: true });

    let removed = halfWritten.length;
    for (const shelf of await readdir(this.#directory)) {
      if (!/^[0-9a-f]{2}$/.test(shelf)) continue;
      for (const sha256 of await readdir(join(this.#directory, shelf))) {
        if (this.#held.has(sha256) || this.#isReferenced(sha256)) continue;
        await this.collect(sha256, giveUp);
        removed += 1;
      }
    }
    return removed;
  }

  async #keep(path: string, blob: Blob, what: string): Promise<HeldBlob> {
    const release = this.#hold(blob.sha256);
    try {
      await this.#mutex.run(blob.sha256, () => moveDurably(path, this.pathOf(blob.sha256)));
    } catch (error) {
      await release();
      throw explainDiskError(error, `${what} cannot be stored`);
    }
    return { ...blob, [Symbol.asyncDispose]: release };
  }

  #hold(sha256: string): () => Promise<void> {
    this.#held.set(sha256, (this.#held.get(sha256) ?? 0) + 1);
    return async () => {
      const left = (this.#held.get(sha256) ?? 1) - 1;
      if (left > 0) this.#held.set(sha256, left);
      else this.#held.delete(sha256);
      await this.collect(sha256);
    };
  }
}

async function writeHashing(
  path: string,
  content: Readable,
  { what, limitBytes }: { what: string; limitBytes: number },
): Promise<Blob> {
  const [sha256, sha1] = [createHash('sha256'), createHash('sha1')];
  let sizeBytes = 0;
  const hashed = async function* (chunks: AsyncIterable<Buffer>) {
    for await (const bytes of chunks) {
      sizeBytes += bytes.length;
      if (sizeBytes > limitBytes) throw tooLarge(what, limitBytes);
      sha256.update(bytes);
      sha1.update(bytes);
      yield bytes;
    }
  };
  await pipeline(content, hashed, createWriteStream(path, { flags: 'wx', mode: 0o600, highWaterMark: pieceBytes }));
  return { sha256: sha256.digest('hex'), sha1: sha1.digest('hex'), sizeBytes };
}

function tooLarge(what: string, limitBytes: number): ActionableError {
  return new ActionableError(
    'BAD_INPUT',
    `The upload of ${what} is larger than ${readableSize(limitBytes)}.`,
    'Leave out what the app does not need, e.g. with a `.cfignore` file.',
  );
}

async function moveDurably(from: string, to: string): Promise<void> {
  const file = await open(from, 'r+');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
  const shelf = dirname(to);
  const made = await mkdir(shelf, { recursive: true, mode: 0o700 });
  await rename(from, to);
  await syncDirectory(shelf);
  if (made !== undefined) await syncDirectory(dirname(shelf));
}
