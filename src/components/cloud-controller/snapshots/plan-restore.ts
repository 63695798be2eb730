import { desiredStateBucket } from '#contract/stored-state.ts';
import { jsonIn } from '#ground/json-in.ts';
import { type AnyRecord, DamagedRecord, isOwnKey, partsOf, recordIn } from '../stored-record.ts';
import { type Found, isRecordOf } from './found-state.ts';
import type { Snapshot } from './snapshot.ts';

/** A message of the bucket's stream, from the files of its server. */
export interface StoredMessage {
  readonly sequence: number;
  readonly subject: string;
  readonly headers: string;
  readonly data: Buffer;
}

/** What is left of the desired state after something was damaged. */
export interface Remains {
  /** What the server still delivered; empty when it did not even start. */
  readonly delivered: ReadonlyMap<string, Found>;
  /** What its files still held, in the order in which it was written. */
  readonly messages: readonly StoredMessage[];
  /** The last change the server knew of; 0 when it did not even start. */
  readonly lastRevision: number;
  /** Which bucket it was, if that is known. */
  readonly id: string | undefined;
  /** The newest snapshot that can be read. */
  readonly newest: Snapshot | undefined;
}

/** The best that can be had of a desired state, and how it compares with what was. */
export interface RestorePlan {
  readonly records: ReadonlyMap<string, AnyRecord>;
  /** Keys of records that the server did not deliver, or only older ones. */
  readonly restored: readonly string[];
  /** Keys of records of which a later state was stored and cannot be read. */
  readonly older: readonly string[];
  /** Keys of records of which no state can be read. */
  readonly lost: readonly string[];
  /** How many changes there were after the snapshot, if there is one, of which nothing is known; undefined when not even that is. */
  readonly unreadChanges: number | undefined;
}

const subjectPrefix = `$KV.${desiredStateBucket}.`;
const identitySubject = `${subjectPrefix}store.identity`;
const deletionHeader = /^KV-Operation: *(?:DEL|PURGE)\r?$/m;

/**
 * Puts together what there is: of each record the newest state that can be read, wherever it is. Whatever is older than
 * the snapshot and not in it was deleted.
 */
export function planRestore(remains: Remains): RestorePlan {
  const newest = comparable(remains);
  const { states, damaged } = gather(remains, newest);
  const known = new Set(newest?.records.map(({ key }) => key));
  const wasDeleted = (key: string, revision: number) => !known.has(key) && revision <= (newest?.revision ?? -1);
  const records = new Map<string, AnyRecord>();
  const restored: string[] = [];
  for (const [key, found] of states) {
    if (found.is !== 'record' || wasDeleted(key, found.revision)) continue;
    records.set(key, found.record);
    const there = remains.delivered.get(key);
    if (there?.is !== 'record' || there.revision < found.revision) restored.push(key);
  }
  const isUnread = ([key, revision]: [string, number]) =>
    revision > (states.get(key)?.revision ?? -1) && !wasDeleted(key, revision);
  const unread = [...damaged].filter(isUnread).map(([key]) => key);
  return {
    records,
    restored,
    older: unread.filter((key) => records.has(key)),
    lost: unread.filter((key) => !records.has(key)),
    unreadChanges: unreadChangesIn(remains, newest),
  };
}

/** The newest state of each key that can be read, wherever it is; and the newest revision that cannot. */
function gather({ delivered, messages }: Remains, newest: Snapshot | undefined) {
  const states = new Map<string, Found>();
  const damaged = new Map<string, number>();
  const learn = (key: string, found: Found) => {
    if (found.is === 'damaged') damaged.set(key, Math.max(found.revision, damaged.get(key) ?? 0));
    else if (found.revision > (states.get(key)?.revision ?? -1)) states.set(key, found);
  };
  for (const { key, revision, json } of newest?.records ?? []) learn(key, foundIn(key, revision, jsonIn(json)));
  for (const [key, found] of delivered) learn(key, found);
  for (const message of messages) {
    const key = keyIn(message.subject);
    if (key !== undefined) learn(key, foundIn(key, message.sequence, valueIn(message)));
  }
  return { states, damaged };
}

/** Revisions of a snapshot of another bucket say nothing about this one's: then it only fills gaps. */
function comparable({ newest, id, messages }: Remains): Snapshot | undefined {
  const identity = messages.findLast(({ subject }) => subject === identitySubject);
  const storedId = id ?? (identity === undefined ? undefined : jsonIn(identity.data.toString()));
  if (newest === undefined || storedId === undefined || storedId === newest.store) return newest;
  return { ...newest, revision: -1, records: newest.records.map((record) => ({ ...record, revision: 0 })) };
}

function unreadChangesIn({ messages, lastRevision }: Remains, newest: Snapshot | undefined): number | undefined {
  const seen = new Set(messages.map(({ sequence }) => sequence));
  const last = Math.max(lastRevision, ...seen);
  const known = Math.max(newest?.revision ?? 0, 0);
  // Nothing is left, or not even what the snapshot knows: its end is gone, and nobody knows where that was.
  if (last === 0 || last < known) return undefined;
  let unread = 0;
  for (let revision = known + 1; revision <= last; revision += 1) if (!seen.has(revision)) unread += 1;
  return unread;
}

function keyIn(subject: string): string | undefined {
  const key = subject.startsWith(subjectPrefix) ? subject.slice(subjectPrefix.length) : undefined;
  return key !== undefined && isOwnKey(key) ? key : undefined;
}

/** `undefined` for a deletion; what is no JSON is no record either. */
function valueIn({ headers, data }: StoredMessage): unknown {
  return deletionHeader.test(headers) ? undefined : (jsonIn(data.toString()) ?? null);
}

function foundIn(key: string, revision: number, value: unknown): Found {
  if (value === undefined) return { revision, is: 'deleted' };
  try {
    const record = recordIn(key, value);
    if (isRecordOf(partsOf(key)?.guid ?? '', record)) return { revision, is: 'record', record };
  } catch (error) {
    if (!(error instanceof DamagedRecord)) throw error;
  }
  return { revision, is: 'damaged' };
}
