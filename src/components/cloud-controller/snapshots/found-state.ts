import type { Intake } from '../store.ts';
import { type AnyRecord, isOwnKey, partsOf } from '../stored-record.ts';
import type { Snapshot } from './snapshot.ts';

/** What stands under a key. */
export type Found =
  | { readonly revision: number; readonly is: 'record'; readonly record: AnyRecord }
  /** Deleted, and known to be. */
  | { readonly revision: number; readonly is: 'deleted' }
  /** A record of ours once. */
  | { readonly revision: number; readonly is: 'damaged' };

/** What a bucket held when it was opened, for whoever must judge whether that is all. */
export class FoundState implements Intake {
  readonly entries = new Map<string, Found>();

  take(key: string, { revision, value, isIntact }: Parameters<Intake['take']>[1]): void {
    const parts = partsOf(key);
    if (parts === undefined) return;
    if (isIntact && value === undefined) this.entries.set(key, { revision, is: 'deleted' });
    else if (isIntact && isRecordOf(parts.guid, value))
      this.entries.set(key, { revision, is: 'record', record: value });
    // What others write under names of their own is no concern of ours.
    else if (isOwnKey(key)) this.entries.set(key, { revision, is: 'damaged' });
  }
}

/** Only we write such records, so one under this key has its kind's shape. */
export function isRecordOf(guid: string, value: unknown): value is AnyRecord {
  return typeof value === 'object' && value !== null && 'guid' in value && value.guid === guid;
}

export interface Bucket {
  readonly id: string | undefined;
  readonly lastRevision: number;
  /** How many records its server had and could not read, at least. */
  readonly missing: number;
  readonly found: FoundState;
}

/**
 * What is wrong with a bucket that was opened, in words for people; none when it holds what it should. A bucket that is
 * merely ahead of its newest snapshot is in order: snapshots are written after the records, and a power cut comes between.
 */
export function problemsOf({ id, lastRevision, missing, found }: Bucket, newest: Snapshot | undefined): string[] {
  const problems: string[] = [];
  const count = (number: number, what: string) => {
    if (number > 0) problems.push(`${number} ${number === 1 ? 'record' : 'records'} ${what}`);
  };
  const entries = [...found.entries];
  count(entries.filter(([, { is }]) => is === 'damaged').length, 'unreadable');
  count(missing, 'not delivered by the server');
  if (newest === undefined) return problems;
  if (id === undefined) return [...problems, 'its own mark missing'];
  if (newest.store !== id) return problems; // of a bucket that was given up: there is nothing to compare
  const known = new Map(newest.records.map(({ key, revision }) => [key, revision]));
  const states = [...known].map(([key, revision]) => ({ entry: found.entries.get(key), revision }));
  count(states.filter(({ entry }) => entry === undefined).length, 'missing');
  count(
    states.filter(({ entry, revision }) => entry !== undefined && entry.revision < revision).length,
    'older than before',
  );
  const isUndead = ([key, entry]: [string, Found]) =>
    entry.is === 'record' && entry.revision <= newest.revision && !known.has(key);
  count(entries.filter(isUndead).length, 'back after their deletion');
  if (lastRevision < newest.revision) problems.push('the last changes missing');
  return problems;
}
