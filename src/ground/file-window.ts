import { type FileHandle, open } from 'node:fs/promises';
import { Readable } from 'node:stream';

const chunkBytes = 64 * 1024;

/** Reads a file here and there, mostly forwards, with few system calls: it reads ahead. */
export class FileWindow implements AsyncDisposable {
  readonly size: number;
  readonly #file: FileHandle;
  readonly #aheadBytes: number;
  #window: Buffer = Buffer.alloc(0);
  #start = 0;

  private constructor(file: FileHandle, size: number, aheadBytes: number) {
    this.#file = file;
    this.size = size;
    this.#aheadBytes = aheadBytes;
  }

  static async open(path: string, aheadBytes = 512 * 1024): Promise<FileWindow> {
    const file = await open(path, 'r');
    try {
      return new FileWindow(file, (await file.stat()).size, aheadBytes);
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** Exactly these bytes, to be read only. @throws RangeError when the file ends before */
  async bytesAt(position: number, length: number): Promise<Buffer> {
    const end = position + length;
    if (position < 0 || end > this.size) throw new RangeError('the file ends too early');
    if (position < this.#start || end > this.#start + this.#window.length) await this.#fill(position, length);
    return this.#window.subarray(position - this.#start, end - this.#start);
  }

  /** The bytes from `start` up to and without `end`. */
  stream(start: number, end: number): Readable {
    return Readable.from(this.#chunks(start, end), { objectMode: false });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#file.close();
  }

  /** The handle's own streams would close it when they are destroyed. */
  async *#chunks(start: number, end: number): AsyncGenerator<Buffer> {
    for (let position = start; position < end; ) {
      const chunk = Buffer.allocUnsafe(Math.min(chunkBytes, end - position));
      const { bytesRead } = await this.#file.read(chunk, 0, chunk.length, position);
      if (bytesRead === 0) return;
      position += bytesRead;
      yield chunk.subarray(0, bytesRead);
    }
  }

  async #fill(position: number, length: number): Promise<void> {
    const wanted = Math.min(Math.max(length, this.#aheadBytes), this.size - position);
    // A new buffer each time: somebody may still hold a part of the old one.
    const buffer = Buffer.allocUnsafe(wanted);
    let filled = 0;
    while (filled < wanted) {
      const { bytesRead } = await this.#file.read(buffer, filled, wanted - filled, position + filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    if (filled < length) throw new RangeError('the file ends too early');
    this.#window = buffer.subarray(0, filled);
    this.#start = position;
  }
}
