import { type FileHandle, mkdir, open, rename, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { messageOf } from '#ground/errors.ts';
import type { Log } from '#ground/log.ts';
import { textBytes } from '#ground/text-bytes.ts';
import { timeOf, type Visit } from './access-log.ts';

export interface AccessFileOptions {
  /** `-` is the standard output. */
  readonly path: string;
  /** Lines are collected for so long. */
  readonly everyMs: number;
  /** A file that is longer becomes `<path>.1`, in place of the one before it. */
  readonly maxBytes: number;
  /** Other processes write into the file as well. */
  readonly isShared?: boolean;
  /** Where one of them alone renames it: has that done. */
  readonly full?: (() => void) | undefined;
  /** In place of the standard output. */
  readonly lines?: ((text: string) => void) | undefined;
}

const writtenAt = 64 * 1024;
/** A disk that is slower than the requests for so long costs lines, not memory. */
const mostPending = 8 * 1024 * 1024;

/** One line of JSON for each request. Losing lines is told in the log; no request ever waits for the disk. */
export class AccessFile implements AsyncDisposable {
  readonly #options: AccessFileOptions;
  readonly #log: Log;
  #pending = '';
  #lost = 0;
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> | undefined;
  #file: FileHandle | undefined;
  #bytes = 0;
  #isClosed = false;

  constructor(options: AccessFileOptions, log: Log) {
    this.#options = options;
    this.#log = log;
  }

  add(visit: Visit): void {
    if (this.#isClosed) return; // requests may outlive their router
    if (this.#pending.length > mostPending) {
      this.#lost += 1;
      return;
    }
    this.#pending += `${jsonOf(visit)}\n`;
    if (this.#pending.length > writtenAt) this.#write();
    else this.#timer ??= setTimeout(() => this.#write(), this.#options.everyMs);
  }

  /** Another process has found the file too long. */
  turnOver(): void {
    if (this.#isClosed || this.#writing !== undefined) return; // it asks again
    this.#writing = this.#append('')
      .catch(() => {}) // who writes next finds the same
      .finally(() => this.#written());
  }

  /** Writes what is left. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    await this.#writing;
    this.#write();
    await this.#writing;
    await this.#file?.close();
  }

  #write(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#pending === '' || this.#writing !== undefined) return;
    const text = this.#pending;
    this.#pending = '';
    this.#writing = this.#append(text)
      .catch((error: unknown) => this.#log.warn('access lines lost', { error: messageOf(error) }))
      .finally(() => this.#written());
  }

  #written(): void {
    this.#writing = undefined;
    if (this.#lost > 0) this.#log.warn('access lines lost', { lines: this.#lost, error: 'the disk is too slow' });
    this.#lost = 0;
    if (this.#pending.length > writtenAt) this.#write();
    else if (this.#pending !== '') this.#timer ??= setTimeout(() => this.#write(), this.#options.everyMs);
  }

  async #append(text: string): Promise<void> {
    const { path, lines = (all: string) => process.stdout.write(all) } = this.#options;
    if (path === '-') {
      lines(text);
      return;
    }
    await this.#turnOver();
    if (this.#file === undefined) {
      await mkdir(dirname(path), { recursive: true });
      this.#file = await open(path, 'a', 0o600);
      this.#bytes = (await this.#file.stat()).size;
    }
    const { bytesWritten } = await this.#file.write(textBytes(text));
    this.#bytes += bytesWritten;
  }

  /** Closes a file that has got too long, or that another process has renamed. */
  async #turnOver(): Promise<void> {
    const { path, maxBytes, isShared = false, full } = this.#options;
    if (this.#file === undefined) return;
    const [own, named] = isShared ? await Promise.all([this.#file.stat(), stat(path).catch(() => undefined)]) : [];
    const isOurs = own === undefined || own.ino === named?.ino;
    if (isOurs && (own?.size ?? this.#bytes) < maxBytes) return;
    if (isOurs && full !== undefined) return full();
    await this.#file.close();
    this.#file = undefined;
    if (isOurs) await rename(path, `${path}.1`);
  }
}

/** Put together by hand, which takes half the time of an object and `JSON.stringify`. */
function jsonOf(visit: Visit): string {
  const { status, bytesReceived, bytesSent, durationMs } = visit;
  return (
    `{"time":"${timeOf(visit.at)}"${field('app', visit.app)}${field('index', visit.index)}` +
    `${field('host', visit.host)}${field('method', visit.method)}${field('target', visit.target)}` +
    `${field('protocol', `HTTP/${visit.httpVersion}`)},"status":${status},"received":${bytesReceived},` +
    `"sent":${bytesSent},"ms":${durationMs.toFixed(3)},"client":"${visit.client}"` +
    `${field('instance', visit.endpoint)}${field('forwarded_for', visit.forwardedFor)}` +
    `,"request_id":"${visit.requestId}"${field('referer', visit.referer)}${field('user_agent', visit.userAgent)}}`
  );
}

/** What cannot stand between quotes as it is. */
const harmful = /["\\]|[^\x20-\x7e\xa0-\ud7ff]/;

function field(name: string, value: string | undefined): string {
  if (value === undefined) return '';
  return harmful.test(value) ? `,"${name}":${JSON.stringify(value)}` : `,"${name}":"${value}"`;
}
