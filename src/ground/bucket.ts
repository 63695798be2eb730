import { type KV, type KvEntry, Kvm, KvWatchInclude } from '@nats-io/kv';
import { Bus } from './bus.ts';
import { within } from './wait.ts';

/** One value of a bucket as it stands now. */
export interface BucketEntry<Value> {
  readonly key: string;
  /** `undefined` when the key was deleted. */
  readonly value: Value | undefined;
  /** Grows with each change of the bucket; pass it back to change just what was read. */
  readonly revision: number;
  readonly changedAt: Date;
}

export interface WatchOptions {
  /** Every kept value, not only the newest of each key. */
  readonly history?: boolean;
  /** Told of a value that is not JSON, or that `onEntry` threw at; watching goes on. Anybody on the bus may write. */
  readonly onFailure?: (key: string, error: unknown) => void;
}

/** Somebody else changed the key since it was read: read again and decide again. */
export class RevisionConflict extends Error {
  constructor(key: string, cause: unknown) {
    super(`'${key}' was changed by somebody else in the meantime.`, { cause });
    this.name = 'RevisionConflict';
  }
}

/**
 * A JetStream key-value bucket of JSON values. A write is on disk when its promise resolves, provided the
 * server runs with `sync_interval: always`.
 */
export class Bucket<Value> {
  readonly #kv: KV;

  private constructor(kv: KV) {
    this.#kv = kv;
  }

  /** @param history how many values per key are kept, at most 64 */
  static async open<Value>(bus: Bus, name: string, { history = 1 }: { history?: number } = {}): Promise<Bucket<Value>> {
    const kv = await new Kvm(Bus.connectionOf(bus)).create(name, { history });
    return new Bucket<Value>(kv);
  }

  /**
   * Writes `value`. With `revision`, only if the key is still at it; 0 means "only if there is no such key".
   * @returns the new revision
   * @throws RevisionConflict
   */
  async put(key: string, value: Value, revision?: number): Promise<number> {
    const data = JSON.stringify(value);
    if (revision === undefined) return this.#kv.put(key, data);
    try {
      return await (revision === 0 ? this.#kv.create(key, data) : this.#kv.update(key, data, revision));
    } catch (error) {
      if (isWrongRevision(error)) throw new RevisionConflict(key, error);
      throw error;
    }
  }

  /** What stands under `key` on the server now; `undefined` when nothing ever did. */
  async get(key: string): Promise<BucketEntry<Value> | undefined> {
    const entry = await this.#kv.get(key);
    return entry === null ? undefined : entryOf<Value>(entry);
  }

  /** Whether nothing was ever written to it, not even what was deleted since. */
  async isNew(): Promise<boolean> {
    const { streamInfo } = await this.#kv.status();
    return streamInfo.state.last_seq === 0;
  }

  /** Deletes the key and its history. */
  async delete(key: string): Promise<void> {
    await this.#kv.purge(key);
  }

  /**
   * Calls `onEntry` for every key there is (for every kept value with `history`), then for every change.
   * Resolves when all that was there at the time of the call has been delivered.
   */
  async watch(
    onEntry: (entry: BucketEntry<Value>) => void,
    { history = false, onFailure = () => {} }: WatchOptions = {},
  ): Promise<AsyncDisposable> {
    const status = await this.#kv.status();
    const watcher = await this.#kv.watch({ include: history ? KvWatchInclude.AllHistory : KvWatchInclude.LastValue });
    let pending = status.values;
    let caughtUp: () => void = () => {};
    const ready = new Promise<void>((resolve) => {
      caughtUp = resolve;
    });
    if (pending === 0) caughtUp();
    const ended = (async () => {
      for await (const entry of watcher) {
        try {
          onEntry(entryOf<Value>(entry));
        } catch (error) {
          onFailure(entry.key, error);
        }
        pending -= 1;
        if (entry.delta === 0 || pending === 0) caughtUp();
      }
    })();
    await Promise.race([ready, ended]);
    return {
      async [Symbol.asyncDispose](): Promise<void> {
        watcher.stop();
        await Promise.all([ended, forget(watcher)]);
      },
    };
  }
}

/**
 * Removes what the server keeps for a watcher. Otherwise it keeps it for five minutes on disk, and every start of the
 * server within that time reads it: the library only stops listening. Without a server there is nobody to tell.
 */
async function forget(watcher: object): Promise<void> {
  // The iterator carries its consumer in `_data`, which the types do not say.
  const { _data: consumer } = watcher as { _data?: { delete(): Promise<boolean> } };
  await within(500, 'the watcher to be forgotten', consumer?.delete() ?? Promise.resolve(true)).catch(() => {});
}

function entryOf<Value>(entry: KvEntry): BucketEntry<Value> {
  return {
    key: entry.key,
    value: entry.operation === 'PUT' ? entry.json<Value>() : undefined,
    revision: entry.revision,
    changedAt: entry.created,
  };
}

function isWrongRevision(error: unknown): boolean {
  const wrongLastSequence = 10071;
  return typeof error === 'object' && error !== null && 'code' in error && error.code === wrongLastSequence;
}
