import { type FileHandle, open, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { systemCodeOf } from '#ground/errors.ts';
import { ensureDirectory } from '#ground/files.ts';
import { jsonIn } from '#ground/json-in.ts';
import { type LogQuery, type StoredLine, select } from './envelope.ts';

export interface AppLogLimits {
  readonly fileBytes: number;
  readonly recentLines: number;
}

/**
 * The log of one app: two files of JSON lines, the older of which goes when the newer is full, and the newest lines in
 * memory. What was appended is in the system's hands when `append` resolves, so a killed platform loses nothing.
 */
export class AppLog {
  readonly #directory: string;
  readonly #limits: AppLogLimits;
  #file: FileHandle | undefined;
  #size = 0;
  #recent: StoredLine[] = [];
  /** False while older lines than those in memory may lie on disk. */
  #isWhole = false;
  #isRemoved = false;
  #queue: Promise<void> = Promise.resolve();

  constructor(directory: string, limits: AppLogLimits) {
    this.#directory = directory;
    this.#limits = limits;
  }

  /** Appends lines in the order of the calls. @throws the system's error, e.g. ENOSPC; memory has the lines even so */
  async append(lines: readonly StoredLine[]): Promise<void> {
    if (this.#isRemoved) return;
    this.#recent.push(...lines);
    if (this.#recent.length > this.#limits.recentLines * 2) {
      this.#recent = this.#recent.slice(-this.#limits.recentLines);
      this.#isWhole = false;
    }
    await this.#inTurn(() => this.#write(lines));
  }

  async read(query: LogQuery): Promise<StoredLine[]> {
    const oldest = this.#recent[0];
    const coversStart = oldest !== undefined && BigInt(oldest.t) <= query.startNs;
    const coversNewest = query.descending && this.#recent.length >= query.limit && query.endNs > nowNs();
    if (this.#isWhole || coversStart || coversNewest) return select(this.#recent, query);
    let stored: StoredLine[] = [];
    await this.#inTurn(async () => {
      stored = [...(await this.#load('previous.jsonl')), ...(await this.#load('current.jsonl'))];
    });
    if (stored.length <= this.#limits.recentLines) {
      // Lines that came meanwhile are in memory already, and will be on disk too.
      const newest = stored.at(-1);
      const later =
        newest === undefined ? this.#recent : this.#recent.filter((line) => BigInt(line.t) > BigInt(newest.t));
      this.#recent = [...stored, ...later];
      this.#isWhole = true;
    }
    return select(stored, query);
  }

  /** Removes the files, for an app that was deleted. What is still appended afterwards is dropped. */
  async remove(): Promise<void> {
    this.#isRemoved = true;
    this.#recent = [];
    await this.close();
    await this.#inTurn(() => rm(this.#directory, { recursive: true, force: true }));
  }

  async close(): Promise<void> {
    await this.#inTurn(async () => {
      await this.#file?.close();
      this.#file = undefined;
    });
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    const done = this.#queue.then(work);
    this.#queue = done.catch(() => {}); // one failed write must not fail those after it
    return done;
  }

  async #write(lines: readonly StoredLine[]): Promise<void> {
    if (this.#isRemoved) return;
    const text = `${lines.map((line) => JSON.stringify(line)).join('\n')}\n`;
    const file = await this.#openFile();
    await file.appendFile(text);
    this.#size += Buffer.byteLength(text);
    if (this.#size < this.#limits.fileBytes) return;
    await file.close();
    this.#file = undefined;
    await rename(this.#path('current.jsonl'), this.#path('previous.jsonl'));
  }

  async #openFile(): Promise<FileHandle> {
    if (this.#file !== undefined) return this.#file;
    await ensureDirectory(this.#directory);
    const file = await open(this.#path('current.jsonl'), 'a', 0o600);
    const { size } = await file.stat();
    // A line cut short by a power cut must not swallow the next one.
    if (size > 0) await file.appendFile('\n');
    this.#size = size;
    this.#file = file;
    return file;
  }

  async #load(name: string): Promise<StoredLine[]> {
    try {
      return (await readFile(this.#path(name), 'utf8')).split('\n').flatMap(lineIn);
    } catch (error) {
      if (systemCodeOf(error) === 'ENOENT') return [];
      throw error;
    }
  }

  #path(name: string): string {
    return join(this.#directory, name);
  }
}

function lineIn(text: string): StoredLine[] {
  // A line may be cut short by a power cut, or damaged.
  const line = text === '' ? undefined : jsonIn(text);
  return isStoredLine(line) ? [line] : [];
}

function isStoredLine(line: unknown): line is StoredLine {
  const { t, s, i, m } = (typeof line === 'object' && line !== null ? line : {}) as Record<string, unknown>;
  return typeof t === 'string' && /^\d+$/.test(t) && [s, i, m].every((text) => typeof text === 'string');
}

function nowNs(): bigint {
  return BigInt(Date.now()) * 1_000_000n;
}
