import { constants } from 'node:fs';
import { access, chmod, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { sha256Of } from '#ground/digest.ts';
import { systemCodeOf } from '#ground/errors.ts';
import { ensureDirectory, syncDirectory, temporaryNameFor } from '#ground/files.ts';
import { waitFor } from '#ground/wait.ts';
import { askVersion, isNewEnough, tooOld } from './nats-server-version.ts';
import { currentBoot, type KeptProgram, writeKeptProgram } from './program-records.ts';

/**
 * Keeps a nats-server in `directory` under a name made from its content, after it ran once, and a record of it. Whoever
 * is killed or races here, or has the plug pulled, leaves a whole copy or none.
 * @throws ActionableError PROGRAM_TOO_OLD; Error when the program does not run on this machine
 */
export async function keepProgram(directory: string, bytes: Uint8Array, origin: string): Promise<KeptProgram> {
  const placed = await placeProgram(directory, [bytes], { origin });
  return recordProgram(directory, { ...placed, origin });
}

interface Origin {
  /** For people. */
  readonly origin: string;
  /** Called when another thread writes it. Throws when it is not what it should be. */
  readonly whileWriting?: () => void;
  /** Its sha256; it is not computed when that is known. */
  readonly sha256?: string;
  /** Its version; it is not run when that is known. */
  readonly version?: string;
}
type Placed = Pick<KeptProgram, 'file' | 'version' | 'sha256'>;

/**
 * The first half: the program can be used, but may not survive a power cut.
 * @param pieces of the program, in order
 * @throws as `keepProgram`, and what `whileWriting` throws
 */
export async function placeProgram(
  directory: string,
  pieces: readonly Uint8Array[],
  { origin, whileWriting = () => {}, version: known, sha256: told }: Origin,
): Promise<Placed> {
  await ensureDirectory(directory);
  const temporary = temporaryNameFor(join(directory, 'nats-server'));
  try {
    const writing = write(temporary, pieces, whileWriting);
    const sha256 = told ?? sha256Of(...pieces);
    await writing;
    await chmod(temporary, 0o755);
    if (known !== undefined) await access(temporary, constants.X_OK);
    const version = known ?? (await versionOfNewFile(temporary));
    if (!isNewEnough(version)) throw tooOld(`The program from ${origin}`, version);
    const file = `nats-server-${sha256.slice(0, 16)}`;
    await rename(temporary, join(directory, file));
    return { file, version, sha256 };
  } finally {
    await rm(temporary, { force: true });
  }
}

async function write(path: string, pieces: readonly Uint8Array[], meanwhile: () => void): Promise<void> {
  const file = await open(path, 'wx', 0o700);
  try {
    const writing = file.writev(pieces);
    writing.catch(() => {}); // awaited below
    meanwhile();
    const { bytesWritten } = await writing;
    const size = pieces.reduce((sum, { length }) => sum + length, 0);
    // The system says then what stands in the way.
    if (bytesWritten < size) await file.writeFile(Buffer.concat(pieces).subarray(bytesWritten));
  } finally {
    await file.close();
  }
}

/** The second half. @param record the name of the file which says what is known of it */
export async function recordProgram(
  directory: string,
  placed: Omit<KeptProgram, 'size' | 'mtimeMs'>,
  record?: string,
): Promise<KeptProgram> {
  const file = await open(join(directory, placed.file), 'r');
  try {
    await file.sync();
    const { size, mtimeMs } = await file.stat();
    await syncDirectory(directory);
    const kept = { ...placed, size, mtimeMs, checkedIn: await currentBoot() };
    await writeKeptProgram(directory, kept, record);
    await removeLeftovers(directory);
    return kept;
  } finally {
    await file.close();
  }
}

/** A process which forks right now may hold our file open for writing, for the blink until it executes its program. */
async function versionOfNewFile(path: string): Promise<string> {
  const ask = async () => {
    try {
      return await askVersion(path);
    } catch (error) {
      if (systemCodeOf(error) === 'ETXTBSY') return undefined;
      throw error;
    }
  };
  return waitFor('the new nats-server to run', ask, { limitMs: 5_000, everyMs: 20 });
}

const leftoverAfterMs = 3_600_000;

/** Temporary files of runs that were killed; young ones may belong to a run that is still at it. */
export async function removeLeftovers(directory: string): Promise<void> {
  for (const name of await readdir(directory)) {
    if (!name.endsWith('.tmp')) continue;
    const path = join(directory, name);
    const age = await stat(path).then(
      ({ mtimeMs }) => Date.now() - mtimeMs,
      () => 0, // its run has finished meanwhile
    );
    if (age > leftoverAfterMs) await rm(path, { recursive: true, force: true });
  }
}
