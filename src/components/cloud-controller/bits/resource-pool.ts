import { createHash, randomBytes } from 'node:crypto';
import {
  closeSync,
  createReadStream,
  createWriteStream,
  fstatSync,
  futimesSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
} from 'node:fs';
import { mkdir, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Resource } from '#contract/api/resources.ts';
import { systemCodeOf } from '#ground/errors.ts';
import { ensureDirectory } from '#ground/files.ts';

/** The content of one file of some package. */
export interface PooledFile {
  /** In hex. */
  readonly sha1: string;
  readonly sizeBytes: number;
}

/** The pool does not have a file's content, or no longer in one piece; it has forgotten it by now. */
export class ResourceMissing extends Error {
  constructor(sha1: string, cause?: unknown) {
    super(`The content ${sha1} is not stored here.`, { cause });
    this.name = 'ResourceMissing';
  }
}

/** Smaller files travel faster than one can ask for them; larger ones would fill the pool. */
const smallestBytes = 1024;
const largestBytes = 64 * 1024 * 1024;

const askedAtOnce = 64;
/** Up to here a content is read in one go: a stream takes ten times as long, and most packages are thousands of small files. */
const readAtOnceBytes = 1024 * 1024;
/** What was used last is trimmed last; nobody needs to know it more exactly. */
const useNotedEveryMs = 60 * 60 * 1000;

/** A file as the API names it. */
export function pooledFileOf({ checksum, size_in_bytes }: Resource): PooledFile {
  return { sha1: checksum.value, sizeBytes: size_in_bytes };
}

export function fitsPool(sizeBytes: number): boolean {
  return sizeBytes >= smallestBytes && sizeBytes <= largestBytes;
}

/**
 * Single files of packages, by sha1, so that a push sends only what is new. A cache: nothing in it is synced to disk,
 * every content is verified when it is read, and what is damaged counts as missing.
 */
export class ResourcePool {
  readonly #directory: string;
  readonly #run = randomBytes(6).toString('hex');
  #arrivals = 0;

  private constructor(directory: string) {
    this.#directory = directory;
  }

  static async open(directory: string): Promise<ResourcePool> {
    await ensureDirectory(join(directory, 'incoming'));
    return new ResourcePool(directory);
  }

  /** Whether it is worth naming this file instead of sending it. Its content is not verified here. */
  async holds({ sha1, sizeBytes }: PooledFile): Promise<boolean> {
    if (!fitsPool(sizeBytes)) return false;
    try {
      return (await stat(this.#pathOf(sha1))).size === sizeBytes;
    } catch (error) {
      if (systemCodeOf(error) === 'ENOENT') return false;
      throw error;
    }
  }

  /** Those of the files whose content is here. */
  async select(resources: readonly Resource[]): Promise<Resource[]> {
    const held: Resource[] = [];
    for (let at = 0; at < resources.length; at += askedAtOnce) {
      const some = resources.slice(at, at + askedAtOnce);
      const are = await Promise.all(some.map((each) => this.holds(pooledFileOf(each))));
      held.push(...some.filter((_, position) => are[position]));
    }
    return held;
  }

  /**
   * The content: of a small file its bytes, of a larger one a stream, which fails with ResourceMissing at its end when it
   * is not what its name says.
   * @throws ResourceMissing for what is not here, has another size, or is small and no longer in one piece
   */
  open({ sha1, sizeBytes }: PooledFile): Buffer | Readable {
    if (sizeBytes <= readAtOnceBytes) return this.#bytesOf(sha1, sizeBytes);
    if (statSync(this.#pathOf(sha1), { throwIfNoEntry: false })?.size !== sizeBytes) throw new ResourceMissing(sha1);
    return this.#read(sha1);
  }

  #bytesOf(sha1: string, sizeBytes: number): Buffer {
    const path = this.#pathOf(sha1);
    const bytes = smallContentOf(path, sha1);
    if (createHash('sha1').update(bytes).digest('hex') !== sha1) {
      rmSync(path, { force: true });
      throw new ResourceMissing(sha1, new Error('it is damaged'));
    }
    if (bytes.length === sizeBytes) return bytes;
    throw new ResourceMissing(sha1, new Error(`it has ${bytes.length} bytes, not ${sizeBytes}`));
  }

  #read(sha1: string): Readable {
    const path = this.#pathOf(sha1);
    const digest = createHash('sha1');
    const verified = new Transform({
      transform(chunk: Buffer, _encoding, pass) {
        digest.update(chunk);
        pass(null, chunk);
      },
      flush(pass) {
        const found = digest.digest('hex');
        pass(found === sha1 ? null : new ResourceMissing(sha1, new Error(`its sha1 is ${found}`)));
      },
      destroy(error, pass) {
        source.destroy();
        const damaged = error instanceof ResourceMissing;
        if (damaged) void rm(path, { force: true }).then(() => pass(error), pass);
        else pass(error);
      },
    });
    const source = createReadStream(path);
    source.once('error', (error) =>
      verified.destroy(systemCodeOf(error) === 'ENOENT' ? new ResourceMissing(sha1, error) : error),
    );
    // What was used last is trimmed last.
    source.once('open', () => void utimes(path, new Date(), new Date()).catch(() => {}));
    return source.pipe(verified);
  }

  /** Reads `content` to its end and keeps it under its sha1. */
  async add(content: Readable): Promise<void> {
    this.#arrivals += 1;
    const path = join(this.#directory, 'incoming', `${this.#run}-${this.#arrivals}`);
    const digest = createHash('sha1');
    const hashed = async function* (chunks: AsyncIterable<Buffer>) {
      for await (const bytes of chunks) {
        digest.update(bytes);
        yield bytes;
      }
    };
    try {
      await pipeline(content, hashed, createWriteStream(path, { flags: 'wx', mode: 0o600 }));
      const shelved = this.#pathOf(digest.digest('hex'));
      await mkdir(dirname(shelved), { recursive: true, mode: 0o700 });
      await rename(path, shelved);
    } catch (error) {
      await rm(path, { force: true });
      throw error;
    }
  }

  /** Removes half-written files of a killed run, then what was not used for longest until `limitBytes` are left. */
  async trim(limitBytes: number): Promise<void> {
    const incoming = join(this.#directory, 'incoming');
    for (const name of await readdir(incoming)) {
      if (!name.startsWith(`${this.#run}-`)) await rm(join(incoming, name), { force: true });
    }
    const files = await this.#files();
    let total = files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    for (const { path, sizeBytes } of files.sort((one, other) => one.usedMs - other.usedMs)) {
      if (total <= limitBytes) return;
      await rm(path, { force: true });
      total -= sizeBytes;
    }
  }

  async #files(): Promise<{ path: string; sizeBytes: number; usedMs: number }[]> {
    const files = [];
    for (const shelf of await readdir(this.#directory)) {
      if (shelf === 'incoming') continue;
      for (const name of await readdir(join(this.#directory, shelf))) {
        const path = join(this.#directory, shelf, name);
        const { size, mtimeMs } = await stat(path);
        files.push({ path, sizeBytes: size, usedMs: mtimeMs });
      }
    }
    return files;
  }

  #pathOf(sha1: string): string {
    return join(this.#directory, sha1.slice(0, 2), sha1);
  }
}

/** Asynchronous calls take several times as long for thousands of small files. @throws ResourceMissing */
function smallContentOf(path: string, sha1: string): Buffer {
  const file = openedFor(path, sha1);
  try {
    const { size, mtimeMs } = fstatSync(file);
    if (size > readAtOnceBytes) throw new ResourceMissing(sha1, new Error(`it has ${size} bytes`));
    const now = new Date();
    if (now.getTime() - mtimeMs > useNotedEveryMs) futimesSync(file, now, now);
    return readFileSync(file);
  } finally {
    closeSync(file);
  }
}

function openedFor(path: string, sha1: string): number {
  try {
    return openSync(path, 'r');
  } catch (error) {
    throw systemCodeOf(error) === 'ENOENT' ? new ResourceMissing(sha1, error) : error;
  }
}
