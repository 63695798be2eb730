import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { isAbsolute } from 'node:path';
import type { LayerSource } from '#contract/dea.ts';
import { ActionableError, messageOf } from '#ground/errors.ts';
import { call } from '#ground/http-client.ts';
import { publicPartOf } from '../fetch-droplet.ts';

const chunkBytes = 256 * 1024;
/** What may follow the end of a tar: tools fill its last block. */
const longestRest = 1024 * 1024;

interface Source {
  /** For messages. */
  readonly origin: string;
  readonly bytes: AsyncIterator<Uint8Array>;
  close(): void | Promise<void>;
}

/** The bytes of a layer while they come, and whether they are those it should have. */
export class LayerBytes implements AsyncIterable<Uint8Array>, AsyncDisposable {
  readonly #source: Source;
  readonly #sha256: string;
  readonly #hash = createHash('sha256');

  private constructor(source: Source, sha256: string) {
    this.#source = source;
    this.#sha256 = sha256.toLowerCase();
  }

  /**
   * @param usesFile whether the file that the source names may be read where it is
   * @throws ActionableError START_FAILED; the signal's reason
   */
  static async open({ sha256, uri, file }: LayerSource, usesFile: boolean, signal: AbortSignal): Promise<LayerBytes> {
    const local = usesFile && file && isAbsolute(file) ? await openFile(file) : undefined;
    return new LayerBytes(local ?? (await ask(uri, signal)), sha256);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void> {
    for (;;) {
      // Not `for await`: whoever reads no further leaves the rest for `verify`.
      const next = await this.#source.bytes.next();
      if (next.done === true) return;
      this.#hash.update(next.value);
      yield next.value;
    }
  }

  /** Reads the rest. @throws ActionableError START_FAILED when these are other bytes than they should be */
  async verify(): Promise<void> {
    let rest = 0;
    for await (const { length } of this) {
      rest += length;
      if (rest > longestRest) throw noLayer(`what ${this.#source.origin} holds goes on behind its end`);
    }
    const found = this.#hash.digest('hex');
    if (found === this.#sha256) return;
    throw noLayer(`what ${this.#source.origin} holds has the SHA-256 ${found}, not ${this.#sha256}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#source.close();
  }
}

/** `undefined` when there is no such file here. */
async function openFile(path: string): Promise<Source | undefined> {
  // What is no file may be a pipe, and waited for.
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK).catch(() => undefined);
  if (file === undefined) return undefined;
  if ((await file.stat()).isFile()) return { origin: path, bytes: bytesOf(file), close: () => file.close() };
  await file.close();
  return undefined;
}

async function* bytesOf(file: FileHandle): AsyncGenerator<Uint8Array, void> {
  for (;;) {
    const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(chunkBytes), 0, chunkBytes, null);
    if (bytesRead === 0) return;
    yield buffer.subarray(0, bytesRead);
  }
}

async function ask(uri: string, signal: AbortSignal): Promise<Source> {
  const origin = publicPartOf(uri);
  const answer = await call(uri, { signal }).catch((cause: unknown) => {
    signal.throwIfAborted();
    throw noLayer(`${origin} cannot be reached: ${messageOf(cause)}`, cause);
  });
  if (answer.status === 200) {
    const { stream } = answer;
    return { origin, bytes: bytesOfAnswer(stream, origin), close: () => void stream.destroy() };
  }
  answer.discard();
  throw noLayer(`${origin} answered ${answer.status}`);
}

async function* bytesOfAnswer(stream: AsyncIterable<Uint8Array>, origin: string): AsyncGenerator<Uint8Array, void> {
  try {
    yield* stream;
  } catch (cause) {
    throw noLayer(`the download from ${origin} broke off: ${messageOf(cause)}`, cause);
  }
}

function noLayer(why: string, cause?: unknown): ActionableError {
  return new ActionableError('START_FAILED', `The layer cannot be had: ${why}.`, 'Push the app again.', { cause });
}
