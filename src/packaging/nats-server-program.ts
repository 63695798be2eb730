import { access, constants, stat } from 'node:fs/promises';
import { delimiter, join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { startChild } from '#ground/child.ts';
import { ActionableError, messageOf } from '#ground/errors.ts';
import { within } from '#ground/wait.ts';
import { isIntact, readKeptProgram, rememberedVersion } from './program-records.ts';

export interface NatsServerProgram {
  readonly path: string;
  /** As in `2.10.27`. */
  readonly version: string;
  /** How it was found, for people. */
  readonly origin: string;
}

interface Places {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The cache of this installation; what is known of programs is kept below it. */
  readonly cacheDir: string;
  /** Where programs lie that PATH may not name; Debian's two when absent. */
  readonly systemDirectories?: readonly string[];
}

/**
 * Servers before this one can lose a whole JetStream stream when their process is killed, also with `sync_interval:
 * always` (nats-io/nats-server issue 6888): the desired state of all apps, here.
 */
const oldestNatsServer = '2.10.23';

/** Debian puts the server where a user's PATH often does not look. */
const systemDirectories = ['/usr/local/sbin', '/usr/sbin'];

const setUp = 'Run `npm run setup`, which fetches one for localpaas alone, or name one: LOCALPAAS_NATS_SERVER=<path>.';

/**
 * Finds a nats-server that is new enough: the one LOCALPAAS_NATS_SERVER names, and then no other; the copy in the
 * cache; one on PATH or in the system's directories.
 * @throws ActionableError PROGRAM_NOT_FOUND, PROGRAM_TOO_OLD
 */
export async function findNatsServer(places: Places): Promise<NatsServerProgram> {
  const directory = natsServerDirectory(places.cacheDir);
  const named = places.env['LOCALPAAS_NATS_SERVER'];
  if (named !== undefined && named !== '') return namedProgram(resolve(named), directory);

  const kept = await keptProgram(directory);
  if (kept !== undefined) return kept;
  const searchPath = (places.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  return installedProgram([...searchPath, ...(places.systemDirectories ?? systemDirectories)], directory);
}

/** Where a fetched nats-server and what is known of others are kept. */
export function natsServerDirectory(cacheDir: string): string {
  return join(cacheDir, 'nats-server');
}

/**
 * Asks a nats-server for its version by running it.
 * @throws Error when it cannot be run or is something else
 */
export async function askVersion(path: string): Promise<string> {
  await using child = await startChild({
    program: path,
    args: ['--version'],
    env: {},
    stdio: ['ignore', 'pipe', 'pipe'],
    graceMs: 100,
  });
  const [said, complained] = await within(
    5_000,
    `the version of ${path}`,
    Promise.all([textOf(child.stdout), textOf(child.stderr)]),
  );
  const version = /^nats-server: v(\d+\.\d+\.\d+)/m.exec(said)?.[1];
  if (version !== undefined) return version;
  throw new Error(
    `'${path} --version' answers '${(said || complained).trim().slice(0, 200)}', which no nats-server says`,
  );
}

/** Whether a nats-server of this version keeps what it was given. */
export function isNewEnough(version: string): boolean {
  const [oldest, found] = [oldestNatsServer, version].map((text) => text.split('.').map(Number));
  const at = found?.findIndex((number, index) => number !== oldest?.[index]) ?? -1;
  return at < 0 || Number(found?.[at]) > Number(oldest?.[at]);
}

export function tooOld(path: string, version: string): ActionableError {
  return new ActionableError(
    'PROGRAM_TOO_OLD',
    `${path} is nats-server ${version}; localpaas needs ${oldestNatsServer} or newer, because earlier ones can lose stored state when they are killed.`,
    setUp,
  );
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

async function keptProgram(directory: string): Promise<NatsServerProgram | undefined> {
  const kept = await readKeptProgram(directory);
  if (kept === undefined || !isNewEnough(kept.version) || !(await isIntact(directory, kept))) return undefined;
  return { path: join(directory, kept.file), version: kept.version, origin: kept.origin };
}

async function installedProgram(folders: readonly string[], directory: string): Promise<NatsServerProgram> {
  let refusal = new ActionableError('PROGRAM_NOT_FOUND', 'localpaas needs nats-server, and found none.', setUp);
  for (const folder of new Set(folders)) {
    const path = resolve(folder, 'nats-server');
    if (!(await isProgram(path))) continue;
    try {
      const version = await rememberedVersion(directory, path, () => askVersion(path));
      if (isNewEnough(version)) return { path, version, origin: 'installed on this machine' };
      refusal = tooOld(path, version);
    } catch (cause) {
      const complaint = `The nats-server found does not run: ${messageOf(cause)}.`;
      refusal = new ActionableError('PROGRAM_NOT_FOUND', complaint, setUp, { cause });
    }
  }
  throw refusal;
}

async function isProgram(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false; // whatever the reason, it cannot be used: the next directory may have one
  }
}

async function textOf(stream: NodeJS.ReadableStream | null): Promise<string> {
  return stream === null ? '' : text(stream);
}
