import { stat } from 'node:fs/promises';
import { blobFileIn } from '../portable/state-file.ts';
import type { Records } from '../records.ts';
import type { AnyRecord } from '../stored-record.ts';
import type { StateEvidence } from './open-desired-state.ts';
import { planRestore, type RestorePlan, type StoredMessage } from './plan-restore.ts';
import { namesOf, whateverFollowed, whateverThereWas } from './record-names.ts';
import { noEvents, type Snapshot } from './snapshot.ts';
import { newestSnapshot, placedFileIn, placeSnapshot, readSnapshotFile } from './snapshot-files.ts';

/** What is left of a damaged desired state, beside its snapshots. */
export interface StateRemains {
  /** Of the component that found it damaged; `undefined` when it did not come so far. */
  readonly evidence: StateEvidence | undefined;
  /** What the server's files held before it opened them. */
  readonly messages: readonly StoredMessage[];
}

/** What came out of it, in names for people. */
export interface PlacedState {
  /** Whether it was placed just now, and not by somebody before. */
  readonly isNew: boolean;
  /** When the snapshot was written that it is made from, ISO 8601; `undefined` when there was none. */
  readonly writtenAt: string | undefined;
  /** Whether there was nothing it could be made from. */
  readonly isEmpty: boolean;
  readonly restored: readonly string[];
  readonly older: readonly string[];
  readonly lost: readonly string[];
}

/**
 * Puts the best desired state together that can be had of a damaged one, and places it for the next start, which is to
 * find an empty store. When a state was placed already, that one stays.
 */
export async function placeRemains(dataDir: string, { evidence, messages }: StateRemains): Promise<PlacedState> {
  const placed = await readSnapshotFile(placedFileIn(dataDir));
  if (placed?.ok === true) {
    const { writtenAt, records } = placed.snapshot;
    return { isNew: false, writtenAt, isEmpty: records.length === 0, restored: [], older: [], lost: [] };
  }
  const newest = (await newestSnapshot(dataDir)).newest?.snapshot;
  const plan = planRestore({
    delivered: evidence?.found.entries ?? new Map(),
    lastRevision: evidence?.lastRevision ?? 0,
    id: evidence?.id,
    messages,
    newest,
  });
  await placeSnapshot(dataDir, snapshotOfPlan(plan, newest));
  const names = (keys: readonly string[]) => namesOf(keys, plan.records);
  return {
    isNew: true,
    writtenAt: newest?.writtenAt,
    isEmpty: newest === undefined && plan.records.size === 0,
    restored: names(plan.restored),
    older: names(plan.older),
    lost: [...names(plan.lost), ...unreadIn(plan, newest), ...(await lostBlobs(dataDir, plan.records))],
  };
}

function snapshotOfPlan({ records }: RestorePlan, newest: Snapshot | undefined): Snapshot {
  return {
    writtenAt: newest?.writtenAt ?? new Date().toISOString(),
    program: newest?.program ?? '',
    store: null,
    revision: 0,
    events: noEvents,
    records: [...records].map(([key, record]) => ({ key, revision: 0, json: JSON.stringify(record) })),
  };
}

function unreadIn({ unreadChanges }: RestorePlan, newest: Snapshot | undefined): string[] {
  if (unreadChanges === 0) return [];
  if (unreadChanges === undefined) return [newest === undefined ? whateverThereWas : whateverFollowed];
  const changes = unreadChanges === 1 ? 'one change' : `${unreadChanges} changes`;
  return [newest === undefined ? changes : `${changes} after the snapshot`];
}

/** An older state may run droplets that were given up since. */
async function lostBlobs(dataDir: string, records: ReadonlyMap<string, AnyRecord>): Promise<string[]> {
  const lost: string[] = [];
  for (const [key, record] of records) {
    if (!key.startsWith('app.')) continue;
    const { name, currentDroplet } = record as Records['app'];
    if (currentDroplet === null) continue;
    const droplet = records.get(`droplet.${currentDroplet}`) as Records['droplet'] | undefined;
    if (droplet === undefined || !(await hasBlobs(dataDir, droplet))) {
      lost.push(`the droplet that app ${name} ran`);
    }
  }
  return lost;
}

async function hasBlobs(dataDir: string, { sha256, layer }: Records['droplet']): Promise<boolean> {
  const needed = layer === undefined ? [sha256] : [sha256, layer.sha256];
  const found = await Promise.all(needed.map((each) => isThere(blobFileIn(dataDir, each))));
  return !found.includes(false);
}

function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
