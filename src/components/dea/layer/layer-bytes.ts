import { createHash } from 'node:crypto';
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { isAbsolute } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import type { LayerSource } from '#contract/dea.ts';
import { ActionableError, messageOf } from '#ground/errors.ts';
import { call } from '#ground/http-client.ts';
import { publicPartOf } from '../fetch-droplet.ts';

const chunkBytes = 256 * 1024;
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
    const local = usesFile && file && isAbsolute(file) ? openFile(file) : undefined;
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

  /**
   * Reads the rest.
   * @param mostRest so many bytes of it; with more of them the question stays open
   * @throws ActionableError START_FAILED when these are other bytes than they should be
   */
  async verify(mostRest = Number.POSITIVE_INFINITY): Promise<void> {
    let rest = 0;
    for await (const { length } of this) {
      rest += length;
      if (rest > mostRest) return;
    }
    const found = this.#hash.digest('hex');
    if (found === this.#sha256) return;
    throw noLayer(`what ${this.#source.origin} holds has the SHA-256 ${found}, not ${this.#sha256}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#source.close();
  }
}

/**
 * `undefined` when there is no such file here. The calls are synchronous: it was written a moment ago and lies in memory, and
 * somebody waits for it.
 */
function openFile(path: string): Source | undefined {
  let descriptor: number;
  try {
    // What is no file may be a pipe, and waited for.
    descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch {
    return undefined;
  }
  const close = () => closeSync(descriptor);
  if (fstatSync(descriptor).isFile()) return { origin: path, bytes: bytesOf(descriptor), close };
  close();
  return undefined;
}

async function* bytesOf(descriptor: number): AsyncGenerator<Uint8Array, void> {
  for (;;) {
    const chunk = Buffer.allocUnsafe(chunkBytes);
    const length = readSync(descriptor, chunk, 0, chunkBytes, null);
    if (length === 0) return;
    yield chunk.subarray(0, length);
    // A large one is read in turns with what others do.
    if (length === chunkBytes) await turn();
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
