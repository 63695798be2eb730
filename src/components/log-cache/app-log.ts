import { type FileHandle, open, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { systemCodeOf } from '#ground/errors.ts';
import { ensureDirectory } from '#ground/files.ts';
import { everything, type LogQuery, type StoredLine, select } from './envelope.ts';
import { bytesOf, linesIn } from './line-bytes.ts';
import { RecentLines } from './recent-lines.ts';

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
  readonly #recent = new RecentLines();
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
    const bytes = bytesOf(lines);
    this.#recent.add(lines, bytes);
    if (this.#recent.count > this.#limits.recentLines * 2) {
      this.#recent.trimTo(this.#limits.recentLines);
      this.#isWhole = false;
    }
    await this.#inTurn(() => this.#write(bytes));
  }

  async read(query: LogQuery): Promise<StoredLine[]> {
    const { oldestNs } = this.#recent;
    const coversStart = oldestNs !== undefined && oldestNs <= query.startNs;
    const coversNewest = query.descending && this.#recent.count >= query.limit && query.endNs > nowNs();
    if (this.#isWhole || coversStart || coversNewest) return this.#recent.select(query);
    let stored: StoredLine[] = [];
    await this.#inTurn(async () => {
      stored = [...(await this.#load('previous.jsonl')), ...(await this.#load('current.jsonl'))];
    });
    if (stored.length <= this.#limits.recentLines) this.#keepWhole(stored);
    return select(stored, query);
  }

  /** Lines that came meanwhile are in memory already, and will be on disk too. */
  #keepWhole(stored: readonly StoredLine[]): void {
    const newestNs = BigInt(stored.at(-1)?.t ?? '-1');
    const later = this.#recent.select({ ...everything, startNs: newestNs + 1n });
    this.#recent.clear();
    this.#recent.add(stored);
    this.#recent.add(later);
    this.#isWhole = true;
  }

  /** Removes the files, for an app that was deleted. What is still appended afterwards is dropped. */
  async remove(): Promise<void> {
    this.#isRemoved = true;
    this.#recent.clear();
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

  async #write(bytes: Buffer): Promise<void> {
    if (this.#isRemoved) return;
    const file = await this.#openFile();
    await file.appendFile(bytes);
    this.#size += bytes.length;
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
      return linesIn(await readFile(this.#path(name)));
    } catch (error) {
      if (systemCodeOf(error) === 'ENOENT') return [];
      throw error;
    }
  }

  #path(name: string): string {
    return join(this.#directory, name);
  }
}

function nowNs(): bigint {
  return BigInt(Date.now()) * 1_000_000n;
}
