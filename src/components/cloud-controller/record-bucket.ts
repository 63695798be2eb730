import { ApiError } from '#contract/api/errors.ts';
import { Bucket, type BucketEntry, RevisionConflict } from '#ground/bucket.ts';
import type { Bus } from '#ground/bus.ts';
import { messageOf } from '#ground/errors.ts';
import type { Log } from '#ground/log.ts';
import { askAgain } from './ask-again.ts';
import type { Kind, Records } from './records.ts';

type AnyRecord = Records[Kind];

/** What a message of the bus may hold is 1 MiB; the rest is for its headers. */
const recordLimitBytes = 1_000_000;

/**
 * The bucket of the desired state. What an interruption of the bus leaves open is cleared up here: a request whose
 * answer was lost is made again, and when the bus does not come back in time it is an ApiError 503.
 */
export class RecordBucket {
  readonly #bus: Bus;
  readonly #bucket: Bucket<AnyRecord>;
  readonly #log: Log;

  private constructor(bus: Bus, bucket: Bucket<AnyRecord>, log: Log) {
    this.#bus = bus;
    this.#bucket = bucket;
    this.#log = log;
  }

  static async open(bus: Bus, log: Log): Promise<RecordBucket> {
    return new RecordBucket(bus, await Bucket.open<AnyRecord>(bus, 'cloud-controller'), log);
  }

  watch(onEntry: (entry: BucketEntry<AnyRecord>) => void): Promise<AsyncDisposable> {
    const onFailure = (key: string, error: unknown) =>
      this.#log.warn('record cannot be read', { key, error: messageOf(error) });
    return this.#bucket.watch(onEntry, { onFailure });
  }

  /** Whether nothing was ever written to it. */
  isNew(): Promise<boolean> {
    return this.#bucket.isNew();
  }

  /**
   * Stores a record that is still at `revision`, 0 for a new one.
   * @returns the new revision; by then the record is on disk
   * @throws RevisionConflict; ApiError 422 when the record is too large, 503
   */
  async write<K extends Kind>(kind: K, record: Records[K], revision: number): Promise<number> {
    const key = keyOf(kind, record.guid);
    const sizeBytes = Buffer.byteLength(JSON.stringify(record));
    if (sizeBytes > recordLimitBytes) throw tooLarge(kind, sizeBytes);
    let requests = 0;
    try {
      return await this.#reach(`store the ${kind}`, () => {
        requests += 1;
        return this.#bucket.put(key, record, revision);
      });
    } catch (error) {
      if (!(error instanceof RevisionConflict) || requests === 1) throw error;
      // Made twice, the write may have come into its own way: then what stands there is ours.
      const there = await this.read(kind, record.guid);
      if (JSON.stringify(there.value) === JSON.stringify(record)) return there.revision;
      throw error;
    }
  }

  /** What stands there now, with no value when nothing does. @throws ApiError 503 */
  async read<K extends Kind>(kind: K, guid: string): Promise<BucketEntry<AnyRecord>> {
    const key = keyOf(kind, guid);
    const entry = await this.#reach(`read the ${kind}`, () => this.#bucket.get(key));
    return entry ?? { key, value: undefined, revision: Number.POSITIVE_INFINITY, changedAt: new Date() };
  }

  /** @throws ApiError 503 */
  async delete(kind: Kind, guid: string): Promise<void> {
    await this.#reach(`delete the ${kind}`, () => this.#bucket.delete(keyOf(kind, guid)));
  }

  async #reach<T>(what: string, request: () => Promise<T>): Promise<T> {
    try {
      return await askAgain(this.#bus, request);
    } catch (error) {
      if (error instanceof RevisionConflict) throw error;
      this.#log.warn('desired state unreachable', { what, error: messageOf(error) });
      throw unreachable(what, error);
    }
  }
}

function keyOf(kind: Kind, guid: string): string {
  return `${kind}.${guid}`;
}

function unreachable(what: string, cause: unknown): ApiError {
  return new ApiError(
    'CF-ServiceUnavailable',
    `The platform could not ${what}: its message bus does not answer. Try again in a moment.`,
    { cause },
  );
}

function tooLarge(kind: Kind, sizeBytes: number): ApiError {
  const what = kind === 'app' ? 'Shorten its environment variables or its command.' : 'Shorten it.';
  return new ApiError(
    'CF-UnprocessableEntity',
    `This ${kind} would take ${sizeBytes} bytes; at most ${recordLimitBytes} can be stored. ${what}`,
  );
}
