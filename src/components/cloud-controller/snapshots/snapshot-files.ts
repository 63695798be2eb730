import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { damageOf } from '#ground/checked-file.ts';
import { systemCodeOf } from '#ground/errors.ts';
import { ensureDirectory, readIfThere, syncDirectory, writeFileDurably } from '#ground/files.ts';
import { type Read, readSnapshot, type Snapshot, snapshotText } from './snapshot.ts';

/** So many are kept; of those a push makes, most are of the same minute. */
const snapshotsKept = 10;

/** A file that should hold a snapshot and does not. */
export interface DamagedSnapshot {
  readonly file: string;
  readonly reason: string;
}

export interface NewestSnapshot {
  /** `undefined` when there is none that can be read. */
  readonly newest: { readonly file: string; readonly snapshot: Snapshot } | undefined;
  /** Newer ones that cannot be read, the newest first. */
  readonly passedOver: readonly DamagedSnapshot[];
}

export function snapshotsIn(dataDir: string): string {
  return join(dataDir, 'snapshots');
}

/** The snapshot that the next start takes as the desired state, whatever is stored. */
export function placedFileIn(dataDir: string): string {
  return join(snapshotsIn(dataDir), 'placed.state');
}

/** The newest snapshot that can be read. @throws the system's error when the directory may not be read */
export async function newestSnapshot(dataDir: string): Promise<NewestSnapshot> {
  const passedOver: DamagedSnapshot[] = [];
  for (const number of (await numbersIn(dataDir)).reverse()) {
    const file = fileOf(dataDir, number);
    const read = await readSnapshotFile(file);
    if (read === undefined) continue; // replaced by newer ones meanwhile
    if (read.ok) return { newest: { file, snapshot: read.snapshot }, passedOver };
    passedOver.push({ file, reason: read.reason });
  }
  return { newest: undefined, passedOver };
}

/** What a platform of this directory would begin with if its message bus knew nothing: a placed state, or the newest. */
export async function snapshotToStartFrom(dataDir: string): Promise<Snapshot | undefined> {
  const placed = await readSnapshotFile(placedFileIn(dataDir));
  return placed?.ok === true ? placed.snapshot : (await newestSnapshot(dataDir)).newest?.snapshot;
}

/** `undefined` when there is no such file. @throws the system's error when it may not be read */
export async function readSnapshotFile(file: string): Promise<Read | undefined> {
  try {
    const text = await readIfThere(file);
    return text === undefined ? undefined : readSnapshot(text);
  } catch (error) {
    const reason = damageOf(error);
    if (reason === undefined) throw error;
    return { ok: false, reason };
  }
}

/** Adds a snapshot and removes the oldest beyond those that are kept. It is on disk when this resolves. */
export async function addSnapshot(dataDir: string, snapshot: Snapshot): Promise<string> {
  await ensureDirectory(snapshotsIn(dataDir));
  const numbers = await numbersIn(dataDir);
  const file = fileOf(dataDir, (numbers.at(-1) ?? 0) + 1);
  await writeFileDurably(file, snapshotText(snapshot));
  for (const number of numbers.slice(0, Math.max(0, numbers.length - (snapshotsKept - 1)))) {
    await rm(fileOf(dataDir, number), { recursive: true, force: true });
  }
  return file;
}

/**
 * Has the next start of the platform of this directory begin with this state, in place of what is stored, whether that
 * can be read or not. No platform may run there. It is on disk when this resolves.
 */
export async function placeSnapshot(dataDir: string, snapshot: Snapshot): Promise<void> {
  await ensureDirectory(snapshotsIn(dataDir));
  await writeFileDurably(placedFileIn(dataDir), snapshotText(snapshot));
}

/** The placed state is stored: the next start need not take it again. */
export async function forgetPlaced(dataDir: string): Promise<void> {
  await rm(placedFileIn(dataDir), { recursive: true, force: true });
  await syncDirectory(snapshotsIn(dataDir));
}

function fileOf(dataDir: string, number: number): string {
  return join(snapshotsIn(dataDir), `${String(number).padStart(8, '0')}.state`);
}

/** In ascending order; they tell which is newer, because a clock may stand anywhere after a start. */
async function numbersIn(dataDir: string): Promise<number[]> {
  try {
    const names = await readdir(snapshotsIn(dataDir));
    const numbers = names.flatMap((name) => (/^\d{8,15}\.state$/.test(name) ? [Number.parseInt(name, 10)] : []));
    return numbers.sort((one, other) => one - other);
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT') return [];
    throw error;
  }
}
