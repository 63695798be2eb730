import { type LogEnvelope, LogRead } from '#contract/api/resources.ts';
import { sleep } from '#ground/wait.ts';
import type { ApiClient } from './api-client.ts';

/** A line of an app's log. */
export interface LogLine {
  /** Nanoseconds since 1970. */
  readonly at: bigint;
  /** `APP/PROC/WEB`, `STG`, `RTR`, … */
  readonly source: string;
  readonly instance: string;
  readonly stream: 'OUT' | 'ERR';
  readonly text: string;
}

interface Query {
  /** Inclusive; everything when absent. */
  readonly from?: bigint;
  readonly limit?: number;
  readonly newestFirst?: boolean;
  readonly signal?: AbortSignal;
}

/** Earlier than any line. */
const beginning = -6_795_364_578_871_345_152n;
const pageSize = 1_000;
/** Lines of several instances may arrive in another order than they were printed, up to this much later. */
const disorderNs = 1_000_000_000n;
const disorderMs = 2_000;
/** The shortest time from one look to the next. */
const pauseMs = 40;

/** Where a log ended when somebody looked. */
export interface LogMark {
  settle(limitMs?: number): Promise<bigint>;
}

/** How far a reader has come. */
interface Position {
  readonly from: bigint;
  next: bigint;
  readonly seen: SeenLines;
  /** When lines came last, as of `performance.now()`. */
  lastAt: number;
}

/** Reads the log of an app from the log store. */
export class LogReader {
  readonly #api: ApiClient;
  readonly #path: string;

  constructor(api: ApiClient, appGuid: string) {
    this.#api = api;
    this.#path = `/api/v1/read/${encodeURIComponent(appGuid)}`;
  }

  /** The newest lines, oldest first. */
  async recent(limit: number, from?: bigint): Promise<LogLine[]> {
    const lines = await this.#read({ limit, newestFirst: true, ...(from === undefined ? {} : { from }) });
    return lines.reverse();
  }

  /**
   * Remembers where the log ends now. The store does not answer soon when there is no line yet, so nobody waits for
   * the answer longer than `limitMs` from `settle` on, which returns the moment after the newest line, or the beginning
   * when no answer came.
   */
  mark(): LogMark {
    const stop = new AbortController();
    let from = beginning;
    const answered = this.#read({ limit: 1, newestFirst: true, signal: stop.signal }).then(
      ([newest]) => {
        if (newest !== undefined && !stop.signal.aborted) from = newest.at + 1n;
      },
      () => {}, // aborted, or no log to be had: then its beginning is as good
    );
    return {
      async settle(limitMs = 0) {
        const timer = setTimeout(() => stop.abort(), limitMs);
        await answered;
        clearTimeout(timer);
        return from;
      },
    };
  }

  /**
   * Lines from `from` on, as they come, until the signal aborts; then it ends without an error.
   * @param enough when it has aborted, one more look is taken and that is the last
   */
  async *follow(from: bigint, signal: AbortSignal, enough?: AbortSignal): AsyncGenerator<LogLine[], void> {
    const position = { from, next: from, seen: new SeenLines(), lastAt: Number.NEGATIVE_INFINITY };
    const hurry = enough === undefined ? signal : AbortSignal.any([signal, enough]);
    for (let isLast = false; !isLast && !signal.aborted; ) {
      isLast = enough?.aborted === true;
      const nextLookAt = performance.now() + pauseMs;
      const fresh = await this.#fresh(position, signal).catch((error: unknown) => {
        if (signal.aborted) return [];
        throw error;
      });
      if (fresh.length > 0) yield fresh;
      // Several lines at once cost as little as one; and a store that holds nothing back must not be asked all the time.
      const restMs = fresh.length < pageSize ? nextLookAt - performance.now() : 0;
      if (restMs > 0) await sleep(restMs, hurry).catch(() => {}); // whoever hurries is looked after above
    }
  }

  /** What came since the last look; nothing when nothing came for a while. */
  async #fresh(position: Position, signal: AbortSignal): Promise<LogLine[]> {
    const askedAt = performance.now();
    const lines = await this.#read({ from: position.next, signal });
    for (const { at } of lines) position.next = laterOf(position.next, at + 1n);
    const mayBeLate = lines.length === 0 && askedAt - position.lastAt < disorderMs;
    const earliest = laterOf(position.from, position.next - disorderNs);
    const fresh = position.seen.add(mayBeLate ? await this.#read({ from: earliest, signal }) : lines);
    if (fresh.length > 0) position.lastAt = performance.now();
    return fresh;
  }

  async #read({ from = beginning, limit = pageSize, newestFirst = false, signal }: Query): Promise<LogLine[]> {
    const query = new URLSearchParams({ envelope_types: 'LOG', start_time: String(from), limit: String(limit) });
    if (newestFirst) query.set('descending', 'true');
    const answer = await this.#api.exchange(`${this.#path}?${query}`, {
      endpoint: 'log-cache',
      ...(signal === undefined ? {} : { signal }),
    });
    const { envelopes } = await this.#api.read(answer, LogRead, 'a read of the log');
    return envelopes.batch.map(lineOf);
  }
}

/** Tells lines that were shown from those that were not. */
class SeenLines {
  readonly #keys = new Set<string>();

  /** @returns those of `lines` that are new */
  add(lines: readonly LogLine[]): LogLine[] {
    const fresh = lines.filter((line) => !this.#keys.has(keyOf(line)));
    for (const line of fresh) this.#keys.add(keyOf(line));
    for (const key of this.#keys) {
      if (this.#keys.size <= 5 * pageSize) break;
      this.#keys.delete(key);
    }
    return fresh;
  }
}

function keyOf({ at, source, instance }: LogLine): string {
  return `${at} ${source} ${instance}`;
}

function laterOf(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}

function lineOf(envelope: LogEnvelope): LogLine {
  return {
    at: BigInt(envelope.timestamp),
    source: envelope.tags.source_type,
    instance: envelope.instance_id,
    stream: envelope.log.type,
    text: Buffer.from(envelope.log.payload, 'base64').toString('utf8'),
  };
}
