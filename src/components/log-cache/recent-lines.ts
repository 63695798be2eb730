import { type LogQuery, type StoredLine, select } from './envelope.ts';
import { bytesOf, linesIn } from './line-bytes.ts';

/** Lines one after the other, as they are written, and between which times they are. */
interface Block {
  readonly room: Buffer;
  used: number;
  count: number;
  firstNs: bigint;
  lastNs: bigint;
}

/** Of the first block, and of each later one: most logs are short. */
const blockBytes = { first: 4 * 1024, later: 64 * 1024 };

/**
 * The newest lines of a log. They are kept as bytes, in room that is used again, and read when somebody asks: as objects,
 * of which a busy app makes thousands in a second, they would live just long enough to fill the heap with garbage.
 */
export class RecentLines {
  readonly #blocks: Block[] = [];
  #spare: Buffer | undefined;
  #count = 0;

  get count(): number {
    return this.#count;
  }

  get oldestNs(): bigint | undefined {
    return this.#blocks[0]?.firstNs;
  }

  /** @param bytes the same lines as `bytesOf` has them; they are copied */
  add(lines: readonly StoredLine[], bytes = bytesOf(lines)): void {
    if (lines.length === 0) return;
    const times = lines.map(({ t }) => t).sort(inTime);
    const [firstNs, lastNs] = [BigInt(times[0] ?? '0'), BigInt(times.at(-1) ?? '0')];
    const newest = this.#blocks.at(-1);
    const fits = newest !== undefined && newest.used + bytes.length <= newest.room.length;
    const block = fits ? newest : { room: this.#roomFor(bytes.length), used: 0, count: 0, firstNs, lastNs };
    if (!fits) this.#blocks.push(block);
    bytes.copy(block.room, block.used);
    block.used += bytes.length;
    block.count += lines.length;
    if (firstNs < block.firstNs) block.firstNs = firstNs;
    if (lastNs > block.lastNs) block.lastNs = lastNs;
    this.#count += lines.length;
  }

  /** Forgets the oldest lines, and keeps at least so many of the newest. */
  trimTo(least: number): void {
    for (let [oldest] = this.#blocks; oldest !== undefined; [oldest] = this.#blocks) {
      if (this.#count - oldest.count < least) return;
      this.#blocks.shift();
      this.#count -= oldest.count;
      if (oldest.room.length === blockBytes.later) this.#spare = oldest.room;
    }
  }

  clear(): void {
    this.#blocks.length = 0;
    this.#spare = undefined;
    this.#count = 0;
  }

  /** Reads no more blocks than it takes. */
  select(query: LogQuery): StoredLine[] {
    const { startNs, endNs, limit, descending } = query;
    const inRange = this.#blocks.filter(({ firstNs, lastNs }) => lastNs >= startNs && firstNs < endNs);
    const found: StoredLine[][] = [];
    let count = 0;
    for (const { room, used } of descending ? inRange.reverse() : inRange) {
      if (count >= limit) break;
      const lines = select(linesIn(room.subarray(0, used)), {
        ...query,
        limit: Number.POSITIVE_INFINITY,
        descending: false,
      });
      found.push(lines);
      count += lines.length;
    }
    return select((descending ? found.reverse() : found).flat(), query);
  }

  #roomFor(bytes: number): Buffer {
    const usual = this.#blocks.length === 0 ? blockBytes.first : blockBytes.later;
    const spare = this.#spare;
    if (spare === undefined || spare.length < bytes) return Buffer.allocUnsafeSlow(Math.max(usual, bytes));
    this.#spare = undefined;
    return spare;
  }
}

/** Digits without zeros before them. */
function inTime(one: string, other: string): number {
  return one.length - other.length || (one < other ? -1 : Number(one > other));
}
