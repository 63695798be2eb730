import { ApiError } from '#contract/api/errors.ts';
import { desiredStateBucket } from '#contract/stored-state.ts';
import { Bucket, type BucketEntry, RevisionConflict, type Watch } from '#ground/bucket.ts';
import type { Bus } from '#ground/bus.ts';
import { messageOf } from '#ground/errors.ts';
import type { Log } from '#ground/log.ts';
import { askAgain } from './ask-again.ts';
import type { Kind, Records } from './records.ts';
import { DamagedRecord, keyOf, recordIn, storedRecordOf } from './stored-record.ts';

/** Under this key stands what tells this bucket from one that was made in its place. */
const identityKey = 'store.identity';

export interface RecordWatch {
  /** A record as it stands now; what it is was not looked at. */
  readonly onEntry: (entry: BucketEntry<unknown>) => void;
  /** Which bucket this is, by the name it was given. */
  readonly onIdentity: (id: string) => void;
  /** Something that is no record of ours, or was one. */
  readonly onFailure: (key: string, error: unknown, revision: number) => void;
}

/** What a message of the bus may hold is 1 MiB; the rest is for its headers. */
export const recordLimitBytes = 1_000_000;

/**
 * The bucket of the desired state. What an interruption of the bus leaves open is cleared up here: a request whose
 * answer was lost is made again, and when the bus does not come back in time it is an ApiError 503.
 */
export class RecordBucket {
  readonly #bus: Bus;
  readonly #bucket: Bucket<unknown>;
  readonly #log: Log;

  private constructor(bus: Bus, bucket: Bucket<unknown>, log: Log) {
    this.#bus = bus;
    this.#bucket = bucket;
    this.#log = log;
  }

  static async open(bus: Bus, log: Log): Promise<RecordBucket> {
    return new RecordBucket(bus, await Bucket.open<unknown>(bus, desiredStateBucket), log);
  }

  watch({ onEntry, onIdentity, onFailure }: RecordWatch): Promise<Watch> {
    const take = (entry: BucketEntry<unknown>) => {
      const { key, value } = entry;
      if (key !== identityKey) onEntry({ ...entry, value: recordIn(key, value) });
      else if (typeof value === 'string') onIdentity(value);
    };
    const failed = (key: string, error: unknown, revision: number) => {
      this.#log.warn('record cannot be read', { key, error: messageOf(error) });
      onFailure(key, error, revision);
    };
    return this.#bucket.watch(take, { onFailure: failed });
  }

  /** Tells this bucket from every other one, from now on. @throws ApiError 503 */
  async identify(id: string): Promise<void> {
    await this.#reach('name its store', () => this.#bucket.put(identityKey, id));
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
        return this.#bucket.put(key, storedRecordOf(record), revision);
      });
    } catch (error) {
      if (!(error instanceof RevisionConflict) || requests === 1) throw error;
      // Made twice, the write may have come into its own way: then what stands there is ours.
      const there = await this.read(kind, record.guid);
      if (JSON.stringify(there.value) === JSON.stringify(record)) return there.revision;
      throw error;
    }
  }

  /** What stands there now; a record that was deleted has no value. @throws ApiError 503 */
  async read(kind: Kind, guid: string): Promise<BucketEntry<unknown>> {
    const key = keyOf(kind, guid);
    const entry = await this.#reach(`read the ${kind}`, () => this.#bucket.get(key));
    // A deleted record leaves a mark, so this one was lost by the server.
    if (entry === undefined) throw damaged(kind, new DamagedRecord(key));
    try {
      return { ...entry, value: recordIn(key, entry.value) };
    } catch (error) {
      throw damaged(kind, error);
    }
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

function unreachable(what: string, cause: unknown): ApiError {
  return new ApiError(
    'CF-ServiceUnavailable',
    `The platform could not ${what}: its message bus does not answer. Try again in a moment.`,
    { cause },
  );
}

function damaged(kind: Kind, cause: unknown): ApiError {
  return new ApiError(
    'CF-ServiceUnavailable',
    `This ${kind} is damaged where it is stored. Stop localpaas and start it again: it restores what it can.`,
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
