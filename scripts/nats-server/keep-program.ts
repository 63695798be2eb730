import { chmod, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { systemCodeOf } from '#ground/errors.ts';
import { ensureDirectory, syncDirectory, temporaryNameFor } from '#ground/files.ts';
import { waitFor } from '#ground/wait.ts';
import { askVersion, isNewEnough, tooOld } from '#packaging/nats-server-program.ts';
import { type KeptProgram, sha256Of, writeKeptProgram } from '#packaging/program-records.ts';

/**
 * Keeps a nats-server in `directory` under a name made from its content, after it ran once. Whoever is killed or races
 * here leaves a whole copy or none: temporary name, fsync, rename.
 * @throws ActionableError PROGRAM_TOO_OLD; Error when the program does not run on this machine
 */
export async function keepProgram(directory: string, bytes: Uint8Array, origin: string): Promise<KeptProgram> {
  await ensureDirectory(directory);
  const temporary = temporaryNameFor(join(directory, 'nats-server'));
  try {
    await writeProgram(temporary, bytes);
    const version = await versionOfNewFile(temporary);
    if (!isNewEnough(version)) throw tooOld(`The program from ${origin}`, version);
    const sha256 = await sha256Of(temporary);
    const file = `nats-server-${sha256.slice(0, 16)}`;
    await rename(temporary, join(directory, file));
    await syncDirectory(directory);
    const { size, mtimeMs } = await stat(join(directory, file));
    const kept = { file, version, sha256, origin, size, mtimeMs };
    await writeKeptProgram(directory, kept);
    await removeLeftovers(directory);
    return kept;
  } finally {
    await rm(temporary, { force: true });
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

async function writeProgram(path: string, bytes: Uint8Array): Promise<void> {
  const file = await open(path, 'wx', 0o700);
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
  await chmod(path, 0o755);
}

const leftoverAfterMs = 3_600_000;

/** Temporary files of runs that were killed; young ones may belong to a run that is still at it. */
async function removeLeftovers(directory: string): Promise<void> {
  for (const name of await readdir(directory)) {
    if (!name.endsWith('.tmp')) continue;
    const path = join(directory, name);
    const age = await stat(path).then(
      ({ mtimeMs }) => Date.now() - mtimeMs,
      () => 0, // its run has finished meanwhile
    );
    if (age > leftoverAfterMs) await rm(path, { force: true });
  }
}
