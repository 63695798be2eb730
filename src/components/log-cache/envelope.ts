import type { LogBatch } from '#contract/logs.ts';

/** One stored line. Keys are short because each line of each app is written with them. */
export interface StoredLine {
  /** Nanoseconds since 1970, as digits. */
  readonly t: string;
  /** Source type: `APP/PROC/WEB`, `STG`, `RTR`, … */
  readonly s: string;
  /** Index of the instance. */
  readonly i: string;
  /** Whether it came on stderr. */
  readonly e: boolean;
  /** The text. */
  readonly m: string;
}

/** What a reader of log-cache asks for. */
export interface LogQuery {
  /** Nanoseconds, inclusive. May be negative, which means "from the beginning". */
  readonly startNs: bigint;
  /** Nanoseconds, exclusive. */
  readonly endNs: bigint;
  readonly limit: number;
  /** The newest lines first, and the newest `limit` of them; else the oldest. */
  readonly descending: boolean;
}

export function linesOf(batch: LogBatch): StoredLine[] {
  const { source_type: s, instance_id: i } = batch;
  return batch.lines.map((line) => ({ t: line.timestamp, s, i, e: line.stream === 'ERR', m: line.text }));
}

/** @param lines in order of time */
export function select(lines: readonly StoredLine[], { startNs, endNs, limit, descending }: LogQuery): StoredLine[] {
  const matching = lines.filter((line) => BigInt(line.t) >= startNs && BigInt(line.t) < endNs);
  return descending ? matching.slice(-limit).reverse() : matching.slice(0, limit);
}

/** The line as log-cache 3 writes it. Clients decode strictly: no other fields, and the payload in base64. */
export function envelopeOf(sourceId: string, line: StoredLine): object {
  return {
    timestamp: line.t,
    source_id: sourceId,
    instance_id: line.i,
    tags: { source_type: line.s },
    log: { payload: Buffer.from(line.m).toString('base64'), type: line.e ? 'ERR' : 'OUT' },
  };
}

const maxLimit = 1000;
const farFuture = 2n ** 63n;

/** All lines of a log. */
export const everything: LogQuery = {
  startNs: 0n,
  endNs: farFuture,
  limit: Number.POSITIVE_INFINITY,
  descending: false,
};

/** @throws RangeError naming the parameter that is no number */
export function queryOf(parameters: URLSearchParams): LogQuery {
  const number = (name: string, fallback: bigint): bigint => {
    const text = parameters.get(name);
    if (text === null || text === '') return fallback;
    if (!/^-?\d{1,20}$/.test(text)) throw new RangeError(`${name} must be a whole number, not '${text}'`);
    return BigInt(text);
  };
  const limit = Number(number('limit', 100n));
  return {
    startNs: number('start_time', 0n),
    endNs: number('end_time', farFuture),
    limit: limit <= 0 || limit > maxLimit ? maxLimit : limit,
    descending: parameters.get('descending') === 'true',
  };
}
