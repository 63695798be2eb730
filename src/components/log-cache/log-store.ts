import { EventEmitter, once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { LogBatch } from '#contract/logs.ts';
import { AppLog, type AppLogLimits } from './app-log.ts';
import { type LogQuery, linesOf, type StoredLine } from './envelope.ts';

/** How many deleted apps are remembered. */
const removedKept = 1_000;

/** The logs of all apps, one directory each. */
export class LogStore {
  readonly #directory: string;
  readonly #limits: AppLogLimits;
  readonly #logs = new Map<string, AppLog>();
  readonly #removed: string[] = [];
  readonly #arrivals = new EventEmitter().setMaxListeners(0);

  constructor(directory: string, limits: AppLogLimits) {
    this.#directory = directory;
    this.#limits = limits;
  }

  async append(batch: LogBatch): Promise<void> {
    const written = this.#logOf(batch.source_id).append(linesOf(batch));
    this.#arrivals.emit(batch.source_id);
    await written;
  }

  async read(sourceId: string, query: LogQuery): Promise<StoredLine[]> {
    return isSourceId(sourceId) ? this.#logOf(sourceId).read(query) : [];
  }

  /** Resolves when the source logs something, or after `limitMs`. */
  async awaitLines(sourceId: string, limitMs: number): Promise<void> {
    await once(this.#arrivals, sourceId, { signal: AbortSignal.timeout(limitMs) }).catch(() => {});
  }

  async remove(sourceId: string): Promise<void> {
    if (!isSourceId(sourceId)) return;
    const log = this.#logOf(sourceId);
    await log.remove();
    // The last lines of a deleted app come after the news of its end: for a while its log goes on dropping them.
    this.#removed.push(sourceId);
    const forgotten = this.#removed.length > removedKept ? this.#removed.shift() : undefined;
    if (forgotten !== undefined) this.#logs.delete(forgotten);
  }

  /** Ids of everything that ever logged and was not removed. */
  async sources(): Promise<string[]> {
    const names = await readdir(this.#directory);
    return names.filter(isSourceId);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#logs.values()].map((log) => log.close()));
  }

  #logOf(sourceId: string): AppLog {
    if (!isSourceId(sourceId)) throw new RangeError(`'${sourceId}' cannot be the name of a log.`);
    const known = this.#logs.get(sourceId);
    if (known !== undefined) return known;
    const log = new AppLog(join(this.#directory, sourceId), this.#limits);
    this.#logs.set(sourceId, log);
    return log;
  }
}

/** Source ids become names of directories. */
function isSourceId(text: string): boolean {
  return /^[\w-][\w.-]{0,127}$/.test(text);
}
