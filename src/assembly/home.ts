import { access, constants, mkdir, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import * as v from 'valibot';
import { signalProcess } from '#ground/child.ts';
import type { Damage } from '#ground/damage.ts';
import { ActionableError, messageOf } from '#ground/errors.ts';
import { readIfThere, removeTemporaries } from '#ground/files.ts';
import { pathsIn } from './mend/mender.ts';

/** The places below a home directory. */
export interface Home {
  readonly path: string;
  /** What is true only while the platform runs. */
  readonly platformFile: string;
  /** How our own command line is logged in. */
  readonly loginFile: string;
  /** The same two of a cloud controller that runs alone. */
  readonly partsFile: string;
  readonly partsLoginFile: string;
  readonly logFile: string;
  /** The directory of one component alone. */
  directoryOf(component: string): string;
}

/** What a cloud controller that runs alone tells about itself, in `run/parts.json`. */
export const PartsRecord = v.looseObject({
  pid: v.number(),
  /** Tells this process from a later one with its pid. */
  startedAt: v.string(),
  /** Where the API answers, e.g. `http://127.0.0.1:8080`. */
  url: v.string(),
  domain: v.string(),
  version: v.string(),
});
export type PartsRecord = v.InferOutput<typeof PartsRecord>;

/** What a running platform tells about itself, in `run/platform.json`. */
export const PlatformRecord = v.looseObject({
  ...PartsRecord.entries,
  bus: v.string(),
  natsServerPid: v.number(),
  /** The file it runs: the executable, or what Node runs in a checkout. */
  program: v.optional(v.string()),
});
export type PlatformRecord = v.InferOutput<typeof PlatformRecord>;

/** `--home`, else `$LOCALPAAS_HOME`, else `~/.localpaas`. */
export function homeOf(flag: string | undefined, env: Readonly<Record<string, string | undefined>>): Home {
  // An empty variable is an unset one: nobody means the working directory by it.
  const path = resolve(flag || env['LOCALPAAS_HOME'] || join(env['HOME'] || homedir(), '.localpaas'));
  return {
    path,
    platformFile: join(path, 'run', 'platform.json'),
    loginFile: join(path, 'cli', 'login.json'),
    partsFile: join(path, 'run', 'parts.json'),
    partsLoginFile: join(path, 'cli', 'parts-login.json'),
    logFile: join(path, 'logs', 'localpaas.log'),
    directoryOf: (component) => join(path, component),
  };
}

const directories = ['run', 'cli', 'logs', 'nats-server'];

/**
 * Makes the home and checks that it can be used. What stands in the place of one of its directories is set aside.
 * @returns what there is to say about that
 * @throws ActionableError HOME_NOT_WRITABLE
 */
export async function openHome(home: Home): Promise<readonly Damage[]> {
  const damages: Damage[] = [];
  for (;;) {
    try {
      await Promise.all(directories.map((name) => mkdir(join(home.path, name), { recursive: true, mode: 0o700 })));
      await Promise.all([access(home.path, constants.W_OK), refuseDirectory(home.logFile)]);
      return damages;
    } catch (cause) {
      const damage = await mend(cause, home);
      if (damage === undefined) throw notWritable(home, cause);
      damages.push(damage);
    }
  }
}

async function mend(error: unknown, home: Home): Promise<Damage | undefined> {
  const paths = pathsIn(error, home.path);
  if (paths.length === 0) return undefined;
  const { setWrongAside } = await import('./mend/mend-file.ts');
  return setWrongAside(paths, home.path).catch(() => undefined); // then it cannot be written, and why not is known
}

/** @throws the system's error EISDIR */
async function refuseDirectory(path: string): Promise<void> {
  const isDirectory = await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
  if (isDirectory) throw Object.assign(new Error(`${path} is a directory`), { code: 'EISDIR', path });
}

function notWritable(home: Home, cause: unknown): ActionableError {
  return new ActionableError(
    'HOME_NOT_WRITABLE',
    `localpaas cannot keep its files in ${home.path}: ${messageOf(cause)}.`,
    'Make that directory writable, or choose another with `--home DIR` or LOCALPAAS_HOME.',
    { cause },
  );
}

/**
 * Removes what a killed platform left half-written; called by the one platform of this home, before it writes. A command
 * may be writing its login at this moment.
 */
export async function tidyHome(home: Home): Promise<void> {
  const own = ['run', 'nats-server', 'cloud-controller', 'cloud-controller/snapshots', 'dea'].map((name) =>
    removeTemporaries(join(home.path, name)),
  );
  const isAnother = (pid: number) => pid !== process.pid && signalProcess(pid, 0);
  await Promise.all([...own, removeTemporaries(join(home.path, 'cli'), isAnother)]);
}

/** What the platform of this home last told about itself; it may have been killed since. */
export function readPlatformRecord(home: Home): Promise<PlatformRecord | undefined> {
  return readRecord(home.platformFile, PlatformRecord);
}

/** What a cloud controller alone last told about itself; it may have been killed since. */
export function readPartsRecord(home: Home): Promise<PartsRecord | undefined> {
  return readRecord(home.partsFile, PartsRecord);
}

async function readRecord<S extends v.GenericSchema>(file: string, schema: S): Promise<v.InferOutput<S> | undefined> {
  const text = await readIfThere(file);
  if (text === undefined) return undefined;
  try {
    return v.parse(schema, JSON.parse(text));
  } catch {
    return undefined; // cut short by a power cut, or written by another version: as good as none
  }
}
