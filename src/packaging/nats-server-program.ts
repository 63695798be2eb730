import { delimiter, join, resolve } from 'node:path';
import { ActionableError, messageOf } from '#ground/errors.ts';
import { isProgram } from '#ground/programs.ts';
import type { CarriedFiles } from './carried-files.ts';
import { carriedNatsServer } from './carried-nats-server.ts';
import { carriedFiles } from './executable.ts';
import { askVersion, howToGetAnother, isNewEnough, type NatsServerProgram, tooOld } from './nats-server-version.ts';
import { isIntact, readKeptProgram, rememberedVersion } from './program-records.ts';

interface Places {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The cache of this installation; what is known of programs is kept below it. */
  readonly cacheDir: string;
  /** What this program carries when it is one executable; found out when absent. */
  readonly carried?: CarriedFiles;
  /** Called when an executable unpacks its nats-server, which takes other processors' time. */
  readonly whileUnpacking?: () => unknown;
  /** Where programs lie that PATH may not name; Debian's two when absent. */
  readonly systemDirectories?: readonly string[];
}

/** Debian puts the server where a user's PATH often does not look. */
const systemDirectories = ['/usr/local/sbin', '/usr/sbin'];

/**
 * Finds a nats-server that is new enough: the one LOCALPAAS_NATS_SERVER names, and then no other; the one an executable
 * carries, or the copy in a checkout's cache; one on PATH or in the system's directories.
 * @throws ActionableError PROGRAM_NOT_FOUND, PROGRAM_TOO_OLD, CACHE_NOT_USABLE, EXECUTABLE_DAMAGED
 */
export async function findNatsServer(places: Places): Promise<NatsServerProgram> {
  const directory = natsServerDirectory(places.cacheDir);
  const named = places.env['LOCALPAAS_NATS_SERVER'];
  if (named !== undefined && named !== '') return namedProgram(resolve(named), directory);

  const carried = places.carried ?? carriedFiles();
  const own = carried === undefined ? await keptProgram(directory) : await carriedProgram(carried, places);
  if (own !== undefined && !(own instanceof Error)) return own;
  const searchPath = (places.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  try {
    return await installedProgram([...searchPath, ...(places.systemDirectories ?? systemDirectories)], directory);
  } catch (error) {
    throw own ?? error;
  }
}

/** Where a fetched nats-server and what is known of others are kept. */
export function natsServerDirectory(cacheDir: string): string {
  return join(cacheDir, 'nats-server');
}

async function namedProgram(path: string, directory: string): Promise<NatsServerProgram> {
  let version: string;
  try {
    version = await rememberedVersion(directory, path, () => askVersion(path));
  } catch (cause) {
    throw new ActionableError(
      'PROGRAM_NOT_FOUND',
      `LOCALPAAS_NATS_SERVER names ${path}, which is no nats-server that runs here: ${messageOf(cause)}.`,
      'Correct LOCALPAAS_NATS_SERVER, or unset it to let localpaas look for a nats-server itself.',
      { cause },
    );
  }
  if (!isNewEnough(version)) throw tooOld(path, version);
  return { path, version, origin: 'named by LOCALPAAS_NATS_SERVER' };
}

/** The error when what is carried cannot be used here, for instance because the system's C library is too old for it. */
async function carriedProgram(
  files: CarriedFiles,
  { env, whileUnpacking }: Places,
): Promise<NatsServerProgram | ActionableError> {
  try {
    return await carriedNatsServer(files, env, whileUnpacking);
  } catch (error) {
    if (error instanceof ActionableError && error.code !== 'EXECUTABLE_DAMAGED') return error;
    throw error;
  }
}

async function keptProgram(directory: string): Promise<NatsServerProgram | undefined> {
  const kept = await readKeptProgram(directory);
  if (kept === undefined || !isNewEnough(kept.version) || !(await isIntact(directory, kept))) return undefined;
  return { path: join(directory, kept.file), version: kept.version, origin: kept.origin };
}

async function installedProgram(folders: readonly string[], directory: string): Promise<NatsServerProgram> {
  let refusal = new ActionableError(
    'PROGRAM_NOT_FOUND',
    'localpaas needs nats-server, and found none.',
    howToGetAnother(),
  );
  for (const folder of new Set(folders)) {
    const path = resolve(folder, 'nats-server');
    if (!isProgram(path)) continue;
    try {
      const version = await rememberedVersion(directory, path, () => askVersion(path));
      if (isNewEnough(version)) return { path, version, origin: 'installed on this machine' };
      refusal = tooOld(path, version);
    } catch (cause) {
      const complaint = `The nats-server found does not run: ${messageOf(cause)}.`;
      refusal = new ActionableError('PROGRAM_NOT_FOUND', complaint, howToGetAnother(), { cause });
    }
  }
  throw refusal;
}
