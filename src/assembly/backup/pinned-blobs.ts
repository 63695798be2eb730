import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { blobFileIn, type NamedBlob } from '#components/cloud-controller/index.ts';
import { ActionableError, systemCodeOf } from '#ground/errors.ts';

const chunkBytes = 256 * 1024;

/** Bytes that are not what their name says: the disk has changed them. */
export class DamagedBlob extends Error {
  readonly sha256: string;

  constructor(sha256: string, cause?: unknown) {
    super(`The blob ${sha256} is damaged.`, { cause });
    this.name = 'DamagedBlob';
    this.sha256 = sha256;
  }
}

/** Blobs that are open, so that they can be read even when the platform deletes them meanwhile. Disposing closes them. */
export class PinnedBlobs implements AsyncDisposable {
  readonly #dataDir: string;
  readonly #open = new Map<string, FileHandle>();

  /** @param dataDir the cloud controller's */
  constructor(dataDir: string) {
    this.#dataDir = dataDir;
  }

  /** Opens those that are not open yet. @returns the ones that are not there, or not as long as they should be */
  async pin(blobs: readonly NamedBlob[]): Promise<NamedBlob[]> {
    const lost: NamedBlob[] = [];
    for (const blob of blobs) {
      if (this.#open.has(blob.sha256) || (await this.#pinOne(blob))) continue;
      lost.push(blob);
    }
    return lost;
  }

  /** Reads open blobs to their ends. @returns those whose bytes are not what their names say */
  async damagedOf(blobs: readonly NamedBlob[], signal: AbortSignal): Promise<NamedBlob[]> {
    const damaged: NamedBlob[] = [];
    for (const blob of blobs) {
      signal.throwIfAborted();
      if (this.#open.has(blob.sha256) && !(await this.#isWhole(blob.sha256))) damaged.push(blob);
    }
    return damaged;
  }

  /** The blob's bytes. @throws DamagedBlob at the end, or where they cannot be read */
  async *read(sha256: string): AsyncGenerator<Uint8Array> {
    const file = this.#open.get(sha256);
    const hash = createHash('sha256');
    for (let position = 0; file !== undefined; ) {
      // A new one each time: whoever takes a chunk may keep it for a while.
      const chunk = Buffer.allocUnsafe(chunkBytes);
      const bytesRead = await readAt(file, chunk, position, sha256);
      if (bytesRead === 0) break;
      position += bytesRead;
      hash.update(chunk.subarray(0, bytesRead));
      yield chunk.subarray(0, bytesRead);
    }
    if (hash.digest('hex') !== sha256) throw new DamagedBlob(sha256);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#open.values()].map((file) => file.close()));
  }

  async #isWhole(sha256: string): Promise<boolean> {
    try {
      for await (const _ of this.read(sha256));
      return true;
    } catch (error) {
      if (error instanceof DamagedBlob) return false;
      throw error;
    }
  }

  async #pinOne({ sha256, sizeBytes }: NamedBlob): Promise<boolean> {
    const file = await openIfThere(blobFileIn(this.#dataDir, sha256));
    if (file === undefined) return false;
    if ((await file.stat()).size !== sizeBytes) {
      await file.close();
      return false;
    }
    this.#open.set(sha256, file);
    return true;
  }
}

async function openIfThere(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, 'r');
  } catch (error) {
    const code = systemCodeOf(error);
    // EIO and its like: a card that cannot be read there any more.
    if (code === 'ENOENT' || code === 'EIO' || code === 'EUCLEAN') return undefined;
    if (code !== 'EMFILE' && code !== 'ENFILE') throw error;
    throw new ActionableError(
      'START_FAILED',
      'This platform has more packages and droplets than this process may have files open.',
      'Allow more in this shell, e.g. with `ulimit -n 65536`, and try again.',
      { cause: error },
    );
  }
}

async function readAt(file: FileHandle, into: Buffer, position: number, sha256: string): Promise<number> {
  try {
    return (await file.read(into, 0, into.length, position)).bytesRead;
  } catch (cause) {
    if (['EIO', 'EUCLEAN', 'EBADMSG'].includes(systemCodeOf(cause) ?? '')) throw new DamagedBlob(sha256, cause);
    throw cause;
  }
}
