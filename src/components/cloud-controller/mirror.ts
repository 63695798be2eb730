import type { BucketEntry } from '#ground/bucket.ts';
import { messageOf } from '#ground/errors.ts';
import type { Log } from '#ground/log.ts';
import type { Kind, Records } from './records.ts';
import { kinds, partsOf } from './stored-record.ts';

/** A record came, went or became another. */
export interface Change<K extends Kind> {
  readonly guid: string;
  /** `undefined` when it was deleted. */
  readonly now: Records[K] | undefined;
  /** `undefined` when it is new. */
  readonly before: Records[K] | undefined;
}

interface Entry<K extends Kind> {
  readonly record: Records[K];
  readonly revision: number;
}

/**
 * The bucket's records in memory. News of one key may come twice and out of order (from our own write, and from
 * watching); the higher revision wins.
 */
export class Mirror {
  readonly #shelves: { readonly [K in Kind]: Shelf<K> };
  readonly #log: Log;

  constructor(log: Log) {
    this.#log = log;
    this.#shelves = {
      app: new Shelf<'app'>(log),
      package: new Shelf<'package'>(log),
      build: new Shelf<'build'>(log),
      droplet: new Shelf<'droplet'>(log),
      route: new Shelf<'route'>(log),
      buildpack: new Shelf<'buildpack'>(log),
      task: new Shelf<'task'>(log),
      revision: new Shelf<'revision'>(log),
      deployment: new Shelf<'deployment'>(log),
    };
  }

  get isEmpty(): boolean {
    return kinds.every((kind) => this.#shelves[kind].all().length === 0);
  }

  get<K extends Kind>(kind: K, guid: string): Records[K] | undefined {
    return this.#shelves[kind].entry(guid)?.record;
  }

  entry<K extends Kind>(kind: K, guid: string): Entry<K> | undefined {
    return this.#shelves[kind].entry(guid);
  }

  /** Oldest first. */
  all<K extends Kind>(kind: K): readonly Records[K][] {
    return this.#shelves[kind].all();
  }

  put<K extends Kind>(kind: K, record: Records[K], revision: number): void {
    this.#shelves[kind].put(record, revision);
  }

  /** After our own delete, whose revision nobody tells. */
  remove(kind: Kind, guid: string): void {
    this.#shelves[kind].remove(guid);
  }

  onChange<K extends Kind>(kind: K, listener: (change: Change<K>) => void): Disposable {
    return this.#shelves[kind].onChange(listener);
  }

  /** Takes in what the bucket says. What is no record of ours is logged and left alone. */
  follow({ key, value, revision }: BucketEntry<unknown>): void {
    const parts = partsOf(key);
    if (parts === undefined) this.#log.warn('unknown record', { key });
    else if (value === undefined) this.#shelves[parts.kind].gone(parts.guid, revision);
    else if (isRecordOf(parts.guid, value)) this.#take(parts.kind, value, revision);
    else this.#log.warn('record cannot be read', { key, revision });
  }

  #take<K extends Kind>(kind: K, value: { guid: string }, revision: number): void {
    // Only this component writes the bucket, so a record under this key has this kind's shape.
    this.#shelves[kind].put(value as Records[K], revision);
  }
}

function isRecordOf(guid: string, value: unknown): value is { guid: string } {
  return typeof value === 'object' && value !== null && 'guid' in value && value.guid === guid;
}

/** The records of one kind. */
class Shelf<K extends Kind> {
  readonly #entries = new Map<string, Entry<K>>();
  /** Revisions of records we deleted, until watching tells of it: older news must not bring them back. */
  readonly #tombstones = new Map<string, number>();
  readonly #listeners = new Set<(change: Change<K>) => void>();
  readonly #log: Log;
  #sorted: readonly Records[K][] | undefined;

  constructor(log: Log) {
    this.#log = log;
  }

  entry(guid: string): Entry<K> | undefined {
    return this.#entries.get(guid);
  }

  all(): readonly Records[K][] {
    this.#sorted ??= [...this.#entries.values()].map(({ record }) => record).sort(byCreation);
    return this.#sorted;
  }

  put(record: Records[K], revision: number): void {
    const before = this.#entries.get(record.guid);
    if (revision <= (before?.revision ?? this.#tombstones.get(record.guid) ?? 0)) return;
    this.#tombstones.delete(record.guid);
    this.#entries.set(record.guid, { record, revision });
    this.#tell({ guid: record.guid, now: record, before: before?.record });
  }

  remove(guid: string): void {
    const before = this.#entries.get(guid);
    if (before === undefined) return;
    this.#tombstones.set(guid, before.revision);
    this.#entries.delete(guid);
    this.#tell({ guid, now: undefined, before: before.record });
  }

  /** Watching tells in order, so after this nothing older can come. */
  gone(guid: string, revision: number): void {
    this.#tombstones.delete(guid);
    const before = this.#entries.get(guid);
    if (before === undefined || before.revision > revision) return;
    this.#entries.delete(guid);
    this.#tell({ guid, now: undefined, before: before.record });
  }

  onChange(listener: (change: Change<K>) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  #tell(change: Change<K>): void {
    this.#sorted = undefined;
    for (const listener of this.#listeners) {
      try {
        listener(change);
      } catch (error) {
        this.#log.error('change not handled', { guid: change.guid, error: messageOf(error) });
      }
    }
  }
}

function byCreation(one: Records[Kind], other: Records[Kind]): number {
  if (one.createdAt !== other.createdAt) return one.createdAt < other.createdAt ? -1 : 1;
  return 0;
}
