import { type KV, type KvEntry, Kvm, KvWatchInclude } from '@nats-io/kv';
import { Bus } from './bus.ts';
import { sleep, within } from './wait.ts';

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
  readonly onFailure?: (key: string, error: unknown, revision: number) => void;
  /** How long the next value may be waited for, in ms, until all that was there has come. */
  readonly stallLimitMs?: number;
}

/** What is watched. Disposing it ends that. */
export interface Watch extends AsyncDisposable {
  /** Of the last change that was ever made before watching began; 0 when nothing was ever written. */
  readonly lastRevision: number;
  /** How many values the server has and cannot read, at least: its store is damaged unless this is 0. */
  readonly missing: number;
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

  /** Deletes the key and its history. */
  async delete(key: string): Promise<void> {
    await this.#kv.purge(key);
  }

  /**
   * Calls `onEntry` for every key there is (for every kept value with `history`), then for every change.
   * Resolves when all that was there at the time of the call has been delivered, as far as the server can.
   * @throws Error when it delivers nothing any more although there is something
   */
  async watch(onEntry: (entry: BucketEntry<Value>) => void, options: WatchOptions = {}): Promise<Watch> {
    const { history = false, onFailure = () => {}, stallLimitMs = 8_000 } = options;
    const { streamInfo } = await this.#kv.status();
    const watcher = await this.#kv.watch({ include: history ? KvWatchInclude.AllHistory : KvWatchInclude.LastValue });
    const progress = new Progress(await pendingFor(watcher));
    let newest = 0;
    const ended = (async () => {
      for await (const entry of watcher) {
        newest = Math.max(newest, entry.revision);
        try {
          onEntry(entryOf<Value>(entry));
        } catch (error) {
          onFailure(entry.key, error, entry.revision);
        }
        progress.came();
      }
    })();
    const stop = async () => {
      watcher.stop();
      await Promise.all([ended, forget(watcher)]);
    };
    try {
      await Promise.race([progress.completed(stallLimitMs, () => isDry(watcher)), ended]);
    } catch (error) {
      await stop();
      throw error;
    }
    const lastRevision = streamInfo.state.last_seq;
    // Nothing takes the place of the last change, so it is always there.
    const missing = Math.max(progress.missing, newest < lastRevision ? 1 : 0);
    return { lastRevision, missing, [Symbol.asyncDispose]: stop };
  }
}

/** How often the server is asked for news while nothing comes. */
const askEveryMs = 150;

/**
 * How much of what was there when watching began is still to come. One that is replaced meanwhile does not come, but its
 * successor does.
 */
class Progress {
  #pending: number;
  #complete: () => void = () => {};

  constructor(pending: number) {
    this.#pending = pending;
  }

  get missing(): number {
    return Math.max(0, this.#pending);
  }

  came(): void {
    this.#pending -= 1;
    if (this.#pending <= 0) this.#complete();
  }

  /**
   * Resolves when everything came, or nothing more will.
   * @param isDry whether the server has delivered whatever it is going to
   * @throws Error when nothing came for so long
   */
  async completed(stallLimitMs: number, isDry: () => Promise<boolean>): Promise<void> {
    if (this.#pending <= 0) return;
    const stop = new AbortController();
    const complete = new Promise<void>((resolve) => {
      this.#complete = resolve;
    });
    try {
      await Promise.race([complete, this.#runDry(stallLimitMs, isDry, stop.signal)]);
    } finally {
      stop.abort(new Error('All values have come.'));
    }
  }

  /** What is on its way has come before the second of two questions. */
  async #runDry(limitMs: number, isDry: () => Promise<boolean>, signal: AbortSignal): Promise<void> {
    let pending = -1;
    let wasDry = false;
    let idleSince = performance.now();
    while (!signal.aborted) {
      await sleep(askEveryMs, signal).catch(() => {});
      if (pending !== this.#pending) {
        pending = this.#pending;
        idleSince = performance.now();
        wasDry = false;
        continue;
      }
      const dry: boolean = await isDry().catch(() => false); // the server is busy or away
      if (dry && wasDry && pending === this.#pending) return;
      if (performance.now() - idleSince >= limitMs)
        throw new Error(`The message bus's server delivers nothing any more`);
      wasDry = dry;
    }
  }
}

/**
 * Removes what the server keeps for a watcher. Otherwise it keeps it for five minutes on disk, and every start of the
 * server within that time reads it: the library only stops listening. Without a server there is nobody to tell.
 */
async function forget(watcher: object): Promise<void> {
  const deleted = consumerOf(watcher)?.delete() ?? Promise.resolve(true);
  await within(500, 'the watcher to be forgotten', deleted).catch(() => {});
}

/** How many values the server said it would deliver, when watching began. */
async function pendingFor(watcher: object): Promise<number> {
  return (await consumerOf(watcher)?.info(true))?.num_pending ?? 0;
}

async function isDry(watcher: object): Promise<boolean> {
  return (await consumerOf(watcher)?.info())?.num_pending === 0;
}

interface Consumer {
  delete(): Promise<boolean>;
  info(cached?: boolean): Promise<{ readonly num_pending: number }>;
}

/** The iterator carries its consumer in `_data`, which the types do not say. */
function consumerOf(watcher: object): Consumer | undefined {
  return (watcher as { _data?: Consumer })._data;
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
