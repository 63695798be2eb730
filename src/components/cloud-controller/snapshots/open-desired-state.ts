import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { desiredStateStream } from '#contract/stored-state.ts';
import type { ComponentContext } from '#ground/component.ts';
import { reportDamage } from '#ground/damage.ts';
import { DamagedStore } from '#ground/damaged-store.ts';
import { messageOf } from '#ground/errors.ts';
import { setAside } from '#ground/set-aside.ts';
import { Store } from '../store.ts';
import { type Bucket, FoundState, problemsOf } from './found-state.ts';
import { planRestore } from './plan-restore.ts';
import { namesOf, whateverFollowed } from './record-names.ts';
import { type EventsExtent, noEvents, type Snapshot } from './snapshot.ts';
import {
  type DamagedSnapshot,
  forgetPlaced,
  type NewestSnapshot,
  newestSnapshot,
  placedFileIn,
  readSnapshotFile,
} from './snapshot-files.ts';

export interface DesiredStateOpened {
  readonly store: Store;
  /** The newest snapshot, when it is one of this very bucket. */
  readonly newest: Snapshot | undefined;
  /** How far the events once went. */
  readonly events: EventsExtent;
  /** Whether the bucket was filled anew: what its records refer to may be gone, and what is there be referred to by none. */
  readonly isRestored: boolean;
}

/** What could be read of a bucket that is damaged. */
export interface StateEvidence {
  readonly id: string | undefined;
  readonly lastRevision: number;
  readonly found: FoundState;
}

/**
 * Opens the desired state and looks whether it is all there. A state that was placed is taken in its stead; one that
 * JetStream has lost altogether comes back from its newest snapshot.
 * @throws DamagedStore with a StateEvidence
 */
export async function openDesiredState(context: ComponentContext): Promise<DesiredStateOpened> {
  const { dataDir, log } = context;
  const snapshots = newestSnapshot(dataDir);
  snapshots.catch(() => {}); // first comes what is wrong with the store
  const placing = placedSnapshot(context);
  placing.catch(() => {});
  const { store, found } = await openStore(context);
  try {
    const [known, placed] = await Promise.all([snapshots, placing]);
    for (const damaged of known.passedOver) await giveUpSnapshot(context, damaged, known);
    const events = known.newest?.snapshot.events ?? noEvents;
    const wanted = placed ?? (store.isNew ? known.newest?.snapshot : undefined);
    if (wanted !== undefined) {
      await fill(store, wanted);
      await forgetPlaced(dataDir);
      if (placed === undefined) tellOfLoss(context, wanted);
      log.info('desired state restored', { records: wanted.records.length, writtenAt: wanted.writtenAt });
      return { store, newest: undefined, events, isRestored: true };
    }
    const newest = known.newest?.snapshot;
    const problems = problemsOf(bucketOf(store, found), newest);
    if (problems.length > 0) throw new DamagedStore(desiredStateStream, problems, { evidence: bucketOf(store, found) });
    if (store.id === undefined) await store.identify(randomUUID());
    return { store, newest: newest?.store === store.id ? newest : undefined, events, isRestored: false };
  } catch (error) {
    await store[Symbol.asyncDispose]();
    throw error;
  }
}

async function openStore({ bus, log, signal }: ComponentContext): Promise<{ store: Store; found: FoundState }> {
  const found = new FoundState();
  try {
    return { store: await Store.open(bus, log, found), found };
  } catch (cause) {
    signal.throwIfAborted();
    const evidence: StateEvidence = { id: undefined, lastRevision: 0, found };
    throw new DamagedStore(desiredStateStream, [messageOf(cause)], { cause, evidence });
  }
}

function bucketOf({ id, lastRevision, missing }: Store, found: FoundState): Bucket & StateEvidence {
  return { id, lastRevision, missing, found };
}

/** The store gets its name last: without one, a start that was interrupted in between is seen to be unfinished. */
async function fill(store: Store, snapshot: Snapshot): Promise<void> {
  const nothing = { delivered: new Map(), messages: [], lastRevision: 0, id: undefined };
  await store.replaceAll(planRestore({ ...nothing, newest: snapshot }).records);
  await store.identify(randomUUID());
}

function tellOfLoss({ log }: ComponentContext, snapshot: Snapshot): void {
  if (snapshot.records.length === 0) return;
  const { records } = planRestore({
    delivered: new Map(),
    messages: [],
    lastRevision: 0,
    id: undefined,
    newest: snapshot,
  });
  reportDamage(log, {
    found: "The message bus's store has lost the desired state of all apps.",
    done: `It was restored from its snapshot of ${snapshot.writtenAt}.`,
    restored: namesOf([...records.keys()], records),
    lost: [whateverFollowed],
  });
}

/** @returns undefined when no state was placed, or none that can be read */
async function placedSnapshot({ dataDir, log }: ComponentContext): Promise<Snapshot | undefined> {
  const file = placedFileIn(dataDir);
  const read = await readSnapshotFile(file);
  if (read === undefined || read.ok) return read?.snapshot;
  reportDamage(log, {
    found: `The state that was to be restored cannot be read: ${read.reason}.`,
    done: 'The state before it is kept.',
    keptIn: await setAside(file, join(dataDir, 'damaged')),
    next: 'Restore it once more, from another copy.',
  });
  return undefined;
}

async function giveUpSnapshot(
  { dataDir, log }: ComponentContext,
  { file, reason }: DamagedSnapshot,
  { newest }: NewestSnapshot,
): Promise<void> {
  reportDamage(log, {
    found: `A snapshot of the desired state cannot be read: ${reason}.`,
    done:
      newest === undefined
        ? 'There is no other one; a new one is written.'
        : 'The one before it counts; a new one is written.',
    keptIn: await setAside(file, join(dataDir, 'damaged')),
  });
}
