import { closeSync, constants, fstatSync, ftruncateSync, openSync, readSync, statSync } from 'node:fs';
import type { LogLine } from '#contract/logs.ts';
import { systemCodeOf } from '#ground/errors.ts';
import { LineSplitter } from './split-lines.ts';

/** How far a file was read: which file, and up to which byte. */
export interface Position {
  readonly inode: number;
  readonly offset: number;
}

export interface LogFileOptions {
  readonly path: string;
  readonly stream: LogLine['stream'];
  /** Where the reading goes on, if it is still the same file. */
  readonly from: Position | undefined;
  /** Bytes on disk after which what was read is given back. */
  readonly maxBytes: number;
}

export interface ReadLimits {
  readonly arrears: number;
  readonly kept: number;
}

const longestLine = 16 * 1024;

/**
 * A log file an app writes and we read. The calls are synchronous: what is read was written a moment ago and lies in
 * memory.
 *
 * The file is kept small by emptying it once all of it was read. The app notices nothing: its descriptor was not opened
 * for appending, so it goes on writing at its old offset, and the file becomes a hole followed by the new lines. So do
 * we: our offset stays. Only an app that appends starts at 0 again, which shows as a file shorter than our offset.
 */
export class LogFile {
  readonly stream: LogLine['stream'];
  readonly #path: string;
  readonly #maxBytes: number;
  readonly #lines = new LineSplitter(longestLine);
  #descriptor: number | undefined;
  #inode: number;
  #offset: number;
  /** What stands at our offset may be the end of a hole: bytes that came between our last look and the emptying. */
  #isAtHole: boolean;
  #pendingSinceMs: number | undefined;

  constructor({ path, stream, from, maxBytes }: LogFileOptions) {
    this.#path = path;
    this.#maxBytes = maxBytes;
    this.stream = stream;
    this.#inode = from?.inode ?? 0;
    this.#offset = from?.offset ?? 0;
    this.#isAtHole = this.#offset > 0;
  }

  /** Up to where lines were handed out: those without an end are read again by whoever comes after us. */
  get position(): Position {
    return { inode: this.#inode, offset: this.#offset - this.#lines.pendingBytes };
  }

  /** When the beginning of a line came whose end has not come yet. */
  get pendingSinceMs(): number | undefined {
    return this.#pendingSinceMs;
  }

  /**
   * Reads at most `buffer.length` bytes.
   * @param limits with more than `arrears` bytes unread all but the last `kept` of them are dropped
   * @returns `dropped` bytes, and whether nothing more is there
   */
  read(buffer: Buffer, nowMs: number, limits: ReadLimits): { lines: string[]; dropped: number; isDone: boolean } {
    const descriptor = this.#open();
    if (descriptor === undefined) return { lines: [], dropped: 0, isDone: true };
    const { size, blocks } = fstatSync(descriptor);
    if (size > 0 && size < this.#offset) this.#restart(0);
    const dropped = size - this.#offset > limits.arrears ? size - limits.kept - this.#offset : 0;
    if (dropped > 0) this.#restart(this.#offset + dropped);
    const bytesRead = this.#offset < size ? readSync(descriptor, buffer, 0, buffer.length, this.#offset) : 0;
    const lines = this.#take(buffer.subarray(0, bytesRead), nowMs);
    const isDone = this.#offset >= size;
    const bytesPerBlock = 512;
    if (isDone && blocks * bytesPerBlock > this.#maxBytes) this.#empty(descriptor);
    return { lines, dropped, isDone };
  }

  /** The beginning of a line whose end has not come. */
  flush(): string | undefined {
    this.#pendingSinceMs = undefined;
    return this.#lines.flush();
  }

  /** Whether the app put another file in place of the one that is read. */
  isReplaced(): boolean {
    if (this.#descriptor === undefined) return false;
    try {
      return statSync(this.#path).ino !== this.#inode;
    } catch {
      return true;
    }
  }

  close(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }

  #open(): number | undefined {
    if (this.#descriptor !== undefined) return this.#descriptor;
    try {
      // Never through a link, and never waiting for the other end of a pipe: an app may put anything there.
      const flags = constants.O_RDWR | constants.O_NOFOLLOW | constants.O_NONBLOCK;
      const descriptor = openSync(this.#path, flags);
      const status = fstatSync(descriptor);
      if (!status.isFile()) {
        closeSync(descriptor);
        return undefined;
      }
      this.#descriptor = descriptor;
      if (status.ino !== this.#inode) this.#restart(0);
      this.#inode = status.ino;
      return descriptor;
    } catch (error) {
      if (systemCodeOf(error) === undefined) throw error;
      return undefined; // not there yet, or nothing that can be read
    }
  }

  #restart(offset: number): void {
    this.#offset = offset;
    this.#lines.reset();
    this.#pendingSinceMs = undefined;
  }

  #take(bytes: Buffer, nowMs: number): string[] {
    this.#offset += bytes.length;
    const lines = this.#lines.push(this.#isAtHole ? this.#withoutHole(bytes) : bytes);
    if (this.#lines.pendingBytes === 0) this.#pendingSinceMs = undefined;
    else this.#pendingSinceMs = lines.length > 0 ? nowMs : (this.#pendingSinceMs ?? nowMs);
    return lines;
  }

  #withoutHole(bytes: Buffer): Buffer {
    const firstWritten = bytes.findIndex((byte) => byte !== 0);
    if (firstWritten < 0) return Buffer.alloc(0);
    this.#isAtHole = false;
    return bytes.subarray(firstWritten);
  }

  #empty(descriptor: number): void {
    ftruncateSync(descriptor, 0);
    this.#isAtHole = true;
  }
}
