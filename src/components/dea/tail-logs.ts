import { type FSWatcher, watch } from 'node:fs';
import { join } from 'node:path';
import { batchesOf } from '#contract/log-batches.ts';
import { type LogLine, nextTimestamp } from '#contract/logs.ts';
import { readableSize } from '#ground/bytes.ts';
import { messageOf } from '#ground/errors.ts';
import { sleep, within } from '#ground/wait.ts';
import { LastLines } from './last-lines.ts';
import { LogFile, type Position, type ReadLimits } from './log-file.ts';
import { type LogName, logNames } from './log-names.ts';

export type Positions = Readonly<Record<string, Position>>;

export interface TailOptions {
  /** The `logs` directory of an instance, which exists. */
  readonly directory: string;
  readonly from: Positions;
  /** Used for reading; may be shared. Its size over `batchMs` is how fast a file is read at most. */
  readonly buffer: Buffer;
  /** Names of what runs beside the app, and has log files of its own. */
  readonly sidecars?: readonly string[];
  /** @param sidecar which wrote the lines; the app itself when absent */
  readonly publish: (lines: readonly LogLine[], sidecar?: string) => void;
  /** Resolves when all that was published was heard; rejects when it cannot have been, and then comes again. */
  readonly heard: () => Promise<void>;
  /** Told how far lines were heard. */
  readonly onPositions: (positions: Positions) => void;
  /** Told of output that is not delivered, as a line for the user. */
  readonly onDropped: (text: string) => void;
  readonly maxFileBytes: number;
  readonly batchMs: number;
  readonly partialLineMs: number;
}

/** A log file that is read. */
interface Followed {
  readonly file: LogFile;
  /** Absent for the app itself. */
  readonly sidecar: string | undefined;
}

interface Written {
  readonly line: LogLine;
  readonly sidecar: string | undefined;
}

/** For systems that report no changes, or too late. */
const lookEveryMs = 1_000;
const lookWithoutWatchMs = 200;
const retryMs = 200;
/** Of a flood the end is kept: it may be the last that comes for a long time. */
const keptBytes = 64 * 1024;
/** When an app has ended its last words count, and not all of its last megabytes. */
const finalBytes = 512 * 1024;

/**
 * Follows the log files of an instance until it is disposed, which leaves the rest to whoever comes next, or until
 * `finish`, which delivers the rest. Memory is bounded: no more is read before the last was heard.
 */
export class LogTail implements AsyncDisposable {
  readonly #options: TailOptions;
  readonly #files: ReadonlyMap<string, Followed>;
  readonly #stop = new AbortController();
  readonly #ended: Promise<void>;
  #outbox: Written[] = [];
  readonly #lastLines = new LastLines();
  #isDirty = true;
  #wake: () => void = () => {};

  constructor(options: TailOptions) {
    this.#options = options;
    const followed = ({ name, stream, sidecar }: LogName): [string, Followed] => {
      const path = join(options.directory, name);
      const file = new LogFile({ path, stream, from: options.from[name], maxBytes: options.maxFileBytes });
      return [name, { file, sidecar }];
    };
    this.#files = new Map(logNames(options.sidecars ?? []).map(followed));
    this.#ended = this.#follow();
  }

  /** The last lines the app wrote: of its complaints, if it had any. */
  get lastLines(): readonly string[] {
    return this.lastLinesOf(undefined);
  }

  /** The same of a sidecar. */
  lastLinesOf(sidecar: string | undefined): readonly string[] {
    return this.#lastLines.of(sidecar);
  }

  /** Reads what is there without delivering it yet, so that `lastLines` are really the last. */
  catchUp(): void {
    while (this.#read({ arrears: finalBytes, kept: finalBytes }));
  }

  /** Delivers all that is left of an app that has ended, as far as the bus takes it within `limitMs`. */
  async finish(limitMs: number): Promise<void> {
    this.#stop.abort();
    await this.#ended;
    this.catchUp();
    for (const { file, sidecar } of this.#files.values()) {
      const rest = file.flush();
      if (rest !== undefined) this.#collect([rest], file.stream, sidecar);
    }
    this.#close();
    await this.#deliverUntil(performance.now() + limitMs);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#ended;
    this.#close();
  }

  async #follow(): Promise<void> {
    const watcher = this.#watch();
    const { batchMs } = this.#options;
    try {
      while (!this.#stop.signal.aborted) {
        await this.#change(watcher === undefined ? lookWithoutWatchMs : lookEveryMs);
        do {
          await sleep(batchMs, this.#stop.signal);
          this.#flushOld(Date.now());
        } while (await this.#round());
      }
    } catch (error) {
      if (!this.#stop.signal.aborted) this.#options.onDropped(`The log cannot be read any more: ${messageOf(error)}.`);
    } finally {
      watcher?.close();
    }
  }

  #watch(): FSWatcher | undefined {
    try {
      const watcher = watch(this.#options.directory, () => {
        this.#isDirty = true;
        this.#wake();
      });
      watcher.on('error', () => {}); // then there are no more events, and the regular look finds the lines
      return watcher;
    } catch {
      return undefined; // the system has no watches left
    }
  }

  /** Resolves when something changed, or it is time to look anyway. */
  async #change(limitMs: number): Promise<void> {
    if (!this.#isDirty) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, limitMs);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
        this.#stop.signal.addEventListener('abort', this.#wake, { once: true });
      });
      this.#stop.signal.removeEventListener('abort', this.#wake);
    }
    if (!this.#isDirty) for (const { file } of this.#files.values()) if (file.isReplaced()) file.close();
    this.#isDirty = false;
  }

  /** @returns whether there is more to read */
  async #round(): Promise<boolean> {
    const { maxFileBytes, heard, onPositions } = this.#options;
    const hasMore = this.#read({ arrears: maxFileBytes, kept: keptBytes });
    while (this.#outbox.length > 0) {
      const lines = [...this.#outbox];
      this.#publish(lines);
      try {
        await heard();
      } catch {
        await sleep(retryMs, this.#stop.signal);
        continue;
      }
      this.#outbox.splice(0, lines.length);
      if (this.#outbox.length === 0) onPositions(this.#positions());
    }
    return hasMore;
  }

  /** Without a bus nobody hears the last words; the instance must be cleaned up all the same. */
  async #deliverUntil(endsAt: number): Promise<void> {
    while (this.#outbox.length > 0 && performance.now() < endsAt) {
      this.#publish(this.#outbox);
      try {
        await within(endsAt - performance.now(), 'the log to be heard', this.#options.heard());
        this.#outbox = [];
      } catch {
        await sleep(Math.min(retryMs, Math.max(0, endsAt - performance.now())));
      }
    }
  }

  #read(limits: ReadLimits): boolean {
    let hasMore = false;
    for (const [name, { file, sidecar }] of this.#files) {
      const { lines, dropped, isDone } = file.read(this.#options.buffer, Date.now(), limits);
      if (dropped > 0) {
        this.#options.onDropped(
          `${readableSize(dropped)} of ${name} were left out: the app writes faster than its log is read.`,
        );
      }
      this.#collect(lines, file.stream, sidecar);
      hasMore ||= !isDone;
    }
    return hasMore;
  }

  /** Lines whose end does not come, such as a prompt. */
  #flushOld(nowMs: number): void {
    for (const { file, sidecar } of this.#files.values()) {
      if (file.pendingSinceMs === undefined || nowMs - file.pendingSinceMs < this.#options.partialLineMs) continue;
      const line = file.flush();
      if (line !== undefined) this.#collect([line], file.stream, sidecar);
    }
  }

  #collect(lines: readonly string[], stream: LogLine['stream'], sidecar: string | undefined): void {
    for (const text of lines) this.#outbox.push({ line: { timestamp: nextTimestamp(), stream, text }, sidecar });
    this.#lastLines.add(lines, stream, sidecar);
  }

  #publish(entries: readonly Written[]): void {
    for (const sidecar of new Set(entries.map((each) => each.sidecar))) {
      const lines = entries.filter((each) => each.sidecar === sidecar).map(({ line }) => line);
      for (const batch of batchesOf(lines)) this.#options.publish(batch, sidecar);
    }
  }

  #positions(): Positions {
    return Object.fromEntries([...this.#files].map(([name, { file }]) => [name, file.position]));
  }

  #close(): void {
    for (const { file } of this.#files.values()) file.close();
  }
}
