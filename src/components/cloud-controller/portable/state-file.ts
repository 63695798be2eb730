import { join } from 'node:path';
import { readSnapshot, type Snapshot, snapshotText } from '../snapshots/snapshot.ts';
import { placedFileIn, placeSnapshot, readSnapshotFile, snapshotToStartFrom } from '../snapshots/snapshot-files.ts';
import { snapshotOfState, stateInSnapshot } from '../snapshots/state-in-snapshot.ts';
import { isOwnKey } from '../stored-record.ts';
import { type DesiredState, whyNoState } from './desired-state.ts';

/** A state as a text, in the format of the snapshots, with a checksum of its own. */
export function stateText(state: DesiredState, at: Date): string {
  return snapshotText(snapshotOfState(state, at));
}

/** The state in a text from outside, every record of which was looked at, or what is wrong with it. */
export function readState(text: string): DesiredState | { readonly reason: string } {
  const read = readSnapshot(text);
  if (!read.ok) return { reason: read.reason };
  const stranger = read.snapshot.records.find(({ key }) => !isOwnKey(key));
  if (stranger !== undefined) return { reason: `it holds ${JSON.stringify(stranger.key.slice(0, 80))}` };
  const state = stateInSnapshot(read.snapshot);
  const reason = whyNoState(state);
  return reason === undefined ? state : { reason };
}

/** The state that waits for the next start of the platform of this directory, if one was placed. */
export async function placedState(dataDir: string): Promise<DesiredState | undefined> {
  const read = await readSnapshotFile(placedFileIn(dataDir));
  return goodStateIn(read?.ok === true ? read.snapshot : undefined);
}

/** What the platform of this directory last wrote down; `undefined` when there is nothing that can be read. */
export async function writtenState(dataDir: string): Promise<DesiredState | undefined> {
  return goodStateIn(await snapshotToStartFrom(dataDir));
}

/** Has the next platform of this directory begin with this state. */
export async function placeState(dataDir: string, state: DesiredState): Promise<void> {
  await placeSnapshot(dataDir, snapshotOfState(state, new Date()));
}

export function blobFileIn(dataDir: string, sha256: string): string {
  return join(dataDir, 'blobs', sha256.slice(0, 2), sha256);
}

function goodStateIn(snapshot: Snapshot | undefined): DesiredState | undefined {
  if (snapshot === undefined) return undefined;
  const state = stateInSnapshot(snapshot);
  return whyNoState(state) === undefined ? state : undefined;
}
