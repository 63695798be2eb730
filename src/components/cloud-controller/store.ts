import { setTimeout as pause } from 'node:timers/promises';
import { ApiError } from '#contract/api/errors.ts';
import { type BucketEntry, RevisionConflict } from '#ground/bucket.ts';
import type { Bus } from '#ground/bus.ts';
import type { Log } from '#ground/log.ts';
import { waitFor } from '#ground/wait.ts';
import { type Change, Mirror } from './mirror.ts';
import { Mutex } from './mutex.ts';
import { RecordBucket } from './record-bucket.ts';
import type { Kind, Records } from './records.ts';
import { type AnyRecord, keyOf, kinds, partsOf } from './stored-record.ts';

/** Told of everything that was there when a store was opened; `isIntact` is false for what cannot be read. */
export interface Intake {
  take(key: string, entry: { readonly revision: number; readonly value: unknown; readonly isIntact: boolean }): void;
}

/** A record, and what it takes to find it again. */
export interface StoreEntry {
  readonly key: string;
  readonly revision: number;
  readonly record: AnyRecord;
}

/** Somebody who writes without a pause wins half of the races against us. */
const attempts = 20;
/** The server syncs one write after the other, but need not wait for us in between. */
const writesAtOnce = 32;

/**
 * The desired state: JetStream is the truth, memory follows it. Reads come from memory at once; a write is in memory
 * when its promise resolves, and by then it is on disk. What others write arrives by watching, and so does a write of
 * our own that was reported as failed because its answer was lost.
 */
export class Store implements AsyncDisposable {
  readonly #bucket: RecordBucket;
  readonly #mirror: Mirror;
  readonly #mutex = new Mutex();
  #watch: AsyncDisposable | undefined;
  #id: string | undefined;
  #lastRevision = 0;
  #missing = 0;
  #followed = 0;
  #written = 0;

  private constructor(bucket: RecordBucket, log: Log) {
    this.#bucket = bucket;
    this.#mirror = new Mirror(log);
  }

  /** Resolves when memory holds everything the bucket holds, as far as its server can read it. */
  static async open(bus: Bus, log: Log, intake?: Intake): Promise<Store> {
    const store = new Store(await RecordBucket.open(bus, log), log);
    let told = intake;
    const watch = await store.#bucket.watch({
      onEntry: (entry) => {
        told?.take(entry.key, { ...entry, isIntact: true });
        store.#follow(entry);
      },
      onIdentity: (id) => {
        store.#id = id;
      },
      onFailure: (key, _, revision) => told?.take(key, { revision, value: undefined, isIntact: false }),
    });
    told = undefined;
    store.#watch = watch;
    store.#lastRevision = watch.lastRevision;
    store.#missing = watch.missing;
    return store;
  }

  /** Whether nothing had ever been stored when it was opened. */
  get isNew(): boolean {
    return this.#lastRevision === 0 && this.#mirror.isEmpty;
  }

  /** The last change anybody had made when it was opened. */
  get lastRevision(): number {
    return this.#lastRevision;
  }

  /** How many records its server had and could not read, at least. */
  get missing(): number {
    return this.#missing;
  }

  /** Every change up to this one is in memory; some later ones may be too. */
  get followed(): number {
    return this.#followed;
  }

  /** Waits a moment until watching has told of our own writes. */
  async catchUp(): Promise<void> {
    const hasCaughtUp = () => (this.#followed >= this.#written ? true : undefined);
    await waitFor('news of our own writes', hasCaughtUp, { limitMs: 1_000 }).catch(() => {}); // the bus is away
  }

  /** Tells this bucket from one that is made in its place; `undefined` until it was given one. */
  get id(): string | undefined {
    return this.#id;
  }

  /** @throws ApiError 503 */
  async identify(id: string): Promise<void> {
    await this.#bucket.identify(id);
    this.#id = id;
  }

  entries(): StoreEntry[] {
    return kinds.flatMap((kind) =>
      this.all(kind).map((record) => {
        const revision = this.revisionOf(kind, record.guid);
        return { key: keyOf(kind, record.guid), revision, record };
      }),
    );
  }

  /** Makes these all that is stored; a record that is the same already stays as it is. @throws ApiError 503 */
  async replaceAll(records: ReadonlyMap<string, AnyRecord>): Promise<void> {
    const gone = this.entries().filter(({ key }) => !records.has(key));
    const works = [
      ...gone.map(
        ({ key }) =>
          () =>
            this.#drop(key),
      ),
      ...[...records].map(
        ([key, record]) =>
          () =>
            this.#set(key, record),
      ),
    ];
    for (let at = 0; at < works.length; at += writesAtOnce) {
      await Promise.all(works.slice(at, at + writesAtOnce).map((work) => work()));
    }
  }

  get<K extends Kind>(kind: K, guid: string): Records[K] | undefined {
    return this.#mirror.get(kind, guid);
  }

  /** Grows with each change of a record; 0 when there is none. */
  revisionOf(kind: Kind, guid: string): number {
    return this.#mirror.entry(kind, guid)?.revision ?? 0;
  }

  /** All records of a kind, oldest first. The list is shared: do not change it. */
  all<K extends Kind>(kind: K): readonly Records[K][] {
    return this.#mirror.all(kind);
  }

  /** @throws ApiError 422 when the record is too large, 503 when it cannot be stored now */
  async create<K extends Kind>(kind: K, record: Records[K]): Promise<Records[K]> {
    return this.#mutex.run(keyOf(kind, record.guid), async () => {
      const revision = await this.#bucket.write(kind, record, 0).catch((error: unknown) => {
        if (!(error instanceof RevisionConflict)) throw error;
        throw new ApiError('CF-UniquenessError', `There is a ${kind} ${record.guid} already.`, { cause: error });
      });
      this.#wrote(kind, record, revision);
      return record;
    });
  }

  /**
   * Replaces a record by what `change` makes of it; `change` may run several times, and refuses by throwing an ApiError.
   * When it returns the very record it was given, nothing is written. `updatedAt` is set here.
   * @throws ApiError 404 when there is no such record, 422 when it becomes too large, 503 when it cannot be stored now
   */
  async update<K extends Kind>(kind: K, guid: string, change: (record: Records[K]) => Records[K]): Promise<Records[K]> {
    return this.#mutex.run(keyOf(kind, guid), async () => {
      for (let attempt = 1; attempt < attempts; attempt += 1) {
        const conflict = await this.#replace(kind, guid, change).catch(conflictOf);
        if (!(conflict instanceof RevisionConflict)) return conflict;
        if (attempt > 1) await pause(Math.random() * 2 * attempt);
        this.#mirror.follow(await this.#bucket.read(kind, guid));
      }
      return this.#replace(kind, guid, change).catch((error: unknown) => {
        throw error instanceof RevisionConflict ? busy(kind, error) : error;
      });
    });
  }

  /** Deletes a record; one that does not exist is no error. @throws ApiError 503 */
  async delete(kind: Kind, guid: string): Promise<void> {
    await this.#mutex.run(keyOf(kind, guid), async () => {
      if (this.#mirror.entry(kind, guid) === undefined) return;
      await this.#bucket.delete(kind, guid);
      this.#mirror.remove(kind, guid);
    });
  }

  /** Runs `work` while no other work of the same key runs here: to look whether a name is free, then take it. */
  exclusively<T>(key: string, work: () => Promise<T>): Promise<T> {
    return this.#mutex.run(`work:${key}`, work);
  }

  /** Calls `listener` for each change of records of a kind, whoever made it. */
  onChange<K extends Kind>(kind: K, listener: (change: Change<K>) => void): Disposable {
    return this.#mirror.onChange(kind, listener);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#watch?.[Symbol.asyncDispose]();
  }

  #follow(entry: BucketEntry<unknown>): void {
    this.#mirror.follow(entry);
    this.#followed = Math.max(this.#followed, entry.revision);
  }

  async #set(key: string, record: AnyRecord): Promise<void> {
    const parts = partsOf(key);
    if (parts === undefined) return;
    const there = this.#mirror.entry(parts.kind, parts.guid);
    if (there !== undefined && JSON.stringify(there.record) === JSON.stringify(record)) return;
    this.#wrote(parts.kind, record, await this.#bucket.write(parts.kind, record, there?.revision ?? 0));
  }

  #wrote<K extends Kind>(kind: K, record: Records[K], revision: number): void {
    this.#mirror.put(kind, record, revision);
    this.#written = Math.max(this.#written, revision);
  }

  async #drop(key: string): Promise<void> {
    const parts = partsOf(key);
    if (parts !== undefined) await this.delete(parts.kind, parts.guid);
  }

  /** One try of an update. @throws RevisionConflict when somebody else was faster */
  async #replace<K extends Kind>(
    kind: K,
    guid: string,
    change: (record: Records[K]) => Records[K],
  ): Promise<Records[K]> {
    const current = this.#mirror.entry(kind, guid);
    if (current === undefined) throw notFound(kind);
    const changed = change(current.record);
    if (changed === current.record) return changed;
    const next = { ...changed, updatedAt: new Date().toISOString() };
    this.#wrote(kind, next, await this.#bucket.write(kind, next, current.revision));
    return next;
  }
}

/** The conflict as a value; every other error goes on. */
function conflictOf(error: unknown): RevisionConflict {
  if (error instanceof RevisionConflict) return error;
  throw error;
}

function notFound(kind: Kind): ApiError {
  return new ApiError('CF-ResourceNotFound', `${kind.charAt(0).toUpperCase()}${kind.slice(1)} not found`);
}

function busy(kind: Kind, cause: unknown): ApiError {
  return new ApiError('CF-ServiceUnavailable', `Others keep changing this ${kind}. Try again in a moment.`, { cause });
}
