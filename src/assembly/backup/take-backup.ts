import type { Readable } from 'node:stream';
import {
  type Account,
  blobsOf,
  type DesiredState,
  type NamedBlob,
  partOf,
  without,
} from '#components/cloud-controller/index.ts';
import { ActionableError } from '#ground/errors.ts';
import type { BackupRecord } from './backup-record.ts';
import { DamagedBlob, PinnedBlobs } from './pinned-blobs.ts';
import { writeBackup } from './write-backup.ts';

/** A platform that is backed up. */
export interface BackupSource {
  /** The desired state as it is now. Asked again when blobs it names are gone: the platform may have replaced them. */
  state(): Promise<DesiredState>;
  readonly account: Account | undefined;
  readonly domain: string;
  /** The cloud controller's directory. */
  readonly dataDir: string;
}

export interface BackupOptions {
  /** Names of the apps that are wanted; all when absent. */
  readonly apps?: readonly string[] | undefined;
  /** Leaves out bits that are damaged or missing, with what needs them. */
  readonly skipDamaged: boolean;
  readonly version: string;
  readonly signal: AbortSignal;
  /** How far it is, in bytes. */
  readonly progress: (done: number, all: number) => void;
  /** Takes the archive, to its end. */
  readonly write: (archive: Readable) => Promise<void>;
}

export interface TakenBackup {
  readonly record: BackupRecord;
  readonly state: DesiredState;
  /** What had to be left out. */
  readonly lost: readonly NamedBlob[];
}

/** How often a platform may replace bits between our reading of its state and our opening of them. */
const attempts = 20;

/** @throws ActionableError NOT_FOUND for a name that no app has; DAMAGED */
export async function takeBackup(source: BackupSource, options: BackupOptions): Promise<TakenBackup> {
  await using blobs = new PinnedBlobs(source.dataDir);
  const { state, lost } = await collect(source, options, blobs);
  const damaged = options.skipDamaged ? await blobs.damagedOf(blobsOf(state), options.signal) : [];
  const left = [...lost, ...damaged];
  if (left.length > 0 && !options.skipDamaged) throw damagedBits(left);
  const whole = without(state, new Set(left.map(({ sha256 }) => sha256)));
  const { account, domain } = source;
  const content = { state: whole, account, domain, version: options.version, blobs };
  const { record, archive } = writeBackup(content, new Date(), options.progress);
  try {
    await options.write(archive);
  } catch (error) {
    if (!(error instanceof DamagedBlob)) throw error;
    throw damagedBits(
      blobsOf(state).filter(({ sha256 }) => sha256 === error.sha256),
      error,
    );
  }
  return { record, state: whole, lost: left };
}

/** A state and its bits, which are open then. Bits that two states in a row name and nobody finds are lost. */
async function collect(source: BackupSource, { apps, signal }: BackupOptions, blobs: PinnedBlobs) {
  let before: readonly NamedBlob[] = [];
  for (let attempt = 1; ; attempt += 1) {
    signal.throwIfAborted();
    const state = chosen(await source.state(), apps);
    const lost = await blobs.pin(blobsOf(state));
    const isLost = lost.every(({ sha256 }) => before.some((each) => each.sha256 === sha256));
    if (isLost || attempt === attempts) return { state, lost };
    before = lost;
  }
}

function chosen(state: DesiredState, apps: readonly string[] | undefined): DesiredState {
  if (apps === undefined) return state;
  const unknown = apps.filter((wanted) => !state.app.some(({ name }) => name === wanted));
  if (unknown.length === 0) return partOf(state, (name) => apps.includes(name));
  throw new ActionableError(
    'NOT_FOUND',
    `There is no app named '${unknown.join("', '")}'.`,
    '`localpaas apps` shows what there is.',
  );
}

function damagedBits(lost: readonly NamedBlob[], cause?: unknown): ActionableError {
  const apps = [...new Set(lost.flatMap(({ apps }) => apps))];
  const which = apps.length > 5 ? `${apps.slice(0, 5).join(', ')} and ${apps.length - 5} more apps` : apps.join(', ');
  return new ActionableError(
    'DAMAGED',
    `Bits of ${which} are damaged or missing on this disk (${lost.length === 1 ? 'one file' : `${lost.length} files`}, ${lost[0]?.sha256.slice(0, 12)}…).`,
    'Push these apps again and repeat it, or save the rest with `--skip-damaged`. Look after the disk: it loses data.',
    { cause },
  );
}
