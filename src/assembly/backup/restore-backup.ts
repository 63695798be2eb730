import { closeSync, createReadStream, existsSync, fsyncSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { lchown, lstat, readdir, stat, statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Transform } from 'node:stream';
import { blobFileIn, movedTo, placeState, writeAccount } from '#components/cloud-controller/index.ts';
import { readableSize } from '#ground/bytes.ts';
import { ActionableError, explainDiskError } from '#ground/errors.ts';
import { syncDirectory } from '#ground/files.ts';
import type { TarSink } from '#ground/tar-stream.ts';
import { type Home, openHome } from '../home.ts';
import type { BackupRecord } from './backup-record.ts';
import { type CheckedBackup, type ReadBackupOptions, readBackup } from './read-backup.ts';
import { asideDirectory, checkMovable, dropStage, openStage, switchState } from './switch-state.ts';

export interface RestoreOptions {
  readonly signal: AbortSignal;
  /** Where the routes of the backup's domain are to go; they stay when absent. */
  readonly domain?: string | undefined;
  readonly progress: Progress;
}

/** Told of how far the work is. */
export interface Progress {
  step(what: 'checking' | 'writing'): void;
  bytes(done: number, all: number): void;
}

export interface Restored {
  readonly backup: CheckedBackup;
  /** Where the state before lies now; `undefined` when there was none. */
  readonly aside: string | undefined;
}

/** Reads a backup and checks all of it, writing nothing. @throws ActionableError BAD_INPUT */
export async function checkBackup(
  path: string,
  options: ReadBackupOptions,
  bytes: Progress['bytes'],
): Promise<CheckedBackup> {
  const { size } = await stat(path);
  let done = 0;
  const counted = new Transform({
    transform(chunk: Buffer, _encoding, passOn) {
      done += chunk.length;
      bytes(done, size);
      passOn(null, chunk);
    },
  });
  const file = createReadStream(path, { highWaterMark: 256 * 1024 });
  file.on('error', (error) => counted.destroy(error));
  try {
    return await readBackup(file.pipe(counted), options);
  } finally {
    file.destroy();
  }
}

/**
 * Puts a backup into a home whose lock is held. The whole file is checked before anything is written; then the new state
 * is prepared beside the old one, checked again as it is written, and exchanged for it at once. When anything fails
 * before that the home is as it was.
 * @throws ActionableError BAD_INPUT, DISK_FULL, HOME_NOT_WRITABLE
 */
export async function restoreBackup(home: Home, path: string, options: RestoreOptions): Promise<Restored> {
  const { signal, progress } = options;
  await checkMovable(home);
  const freeBytes = await freeBytesFor(home);
  progress.step('checking');
  const checked = await checkBackup(path, { signal, begins: (record) => checkRoom(record, freeBytes) }, progress.bytes);
  progress.step('writing');
  await openHome(home);
  const stage = await openStage(home);
  try {
    const backup = await prepare(join(stage.path, 'cloud-controller'), path, options);
    if (backup.record.createdAt !== checked.record.createdAt) throw changedMeanwhile(path);
    await giveToOwnerOf(home.path, [stage.name, 'run', 'logs', 'cli', 'nats-server']);
    await syncTree(stage.path);
    signal.throwIfAborted();
    const aside = await switchState(home, stage.name, new Date());
    await giveToOwnerOf(home.path, aside === undefined ? [] : [asideDirectory]);
    return { backup, aside };
  } catch (error) {
    await dropStage(home, stage.name);
    throw explainDiskError(error, `${home.path} has no room for this backup; it is as it was`);
  }
}

async function prepare(dataDir: string, path: string, { signal, domain, progress }: RestoreOptions) {
  using files = new BlobFiles(dataDir);
  const backup = await checkBackup(path, { signal, blob: (sha256) => files.open(sha256) }, progress.bytes);
  const { account, record, state } = backup;
  await placeState(dataDir, domain === undefined ? state : movedTo(state, record.domain, domain));
  if (account !== undefined) await writeAccount(dataDir, account);
  return backup;
}

/** Writes blobs, one after the other, each on disk when it has ended. Disposing closes the one that has not. */
class BlobFiles implements Disposable {
  readonly #dataDir: string;
  #descriptor: number | undefined;

  constructor(dataDir: string) {
    this.#dataDir = dataDir;
  }

  open(sha256: string): TarSink {
    const path = blobFileIn(this.#dataDir, sha256);
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    const descriptor = openSync(path, 'wx', 0o600);
    this.#descriptor = descriptor;
    return {
      bytes(chunk) {
        for (let written = 0; written < chunk.length; ) written += writeSync(descriptor, chunk, written);
      },
      end: () => {
        fsyncSync(descriptor);
        this[Symbol.dispose]();
      },
    };
  }

  [Symbol.dispose](): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }
}

function checkRoom({ members }: BackupRecord, freeBytes: number): void {
  const neededBytes = members.reduce((sum, { bytes }) => sum + onDisk(bytes), 0);
  if (neededBytes <= freeBytes) return;
  throw new ActionableError(
    'DISK_FULL',
    `The backup needs ${readableSize(neededBytes)}, and ${readableSize(freeBytes)} are free where the home lies.`,
    'Free some space, or restore into a home on another disk: `--home DIR`.',
  );
}

/** A file takes whole blocks, and its directory one more. */
function onDisk(bytes: number): number {
  const blockBytes = 4096;
  return (Math.ceil(bytes / blockBytes) + 1) * blockBytes;
}

/** On the disk on which the home lies or will lie. */
async function freeBytesFor(home: Home): Promise<number> {
  let place = home.path;
  while (!existsSync(place)) place = dirname(place);
  const { bavail, bsize } = await statfs(place);
  return bavail * bsize;
}

/** Root may restore for a service; what it writes has to be the service's then. */
async function giveToOwnerOf(home: string, names: readonly string[]): Promise<void> {
  const { uid, gid } = await stat(home);
  if (process.getuid?.() !== 0 || uid === 0) return;
  for (const name of names) for await (const path of treeBelow(join(home, name))) await lchown(path, uid, gid);
}

/** The files were synced as they were written. */
async function syncTree(path: string): Promise<void> {
  for await (const each of treeBelow(path)) if ((await lstat(each)).isDirectory()) await syncDirectory(each);
}

async function* treeBelow(path: string): AsyncGenerator<string> {
  yield path;
  if (!(await lstat(path)).isDirectory()) return;
  for (const name of await readdir(path)) yield* treeBelow(join(path, name));
}

function changedMeanwhile(path: string): ActionableError {
  return new ActionableError('BAD_INPUT', `${path} became another file while it was read.`, 'Try again.');
}
