import { access, constants, mkdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import * as v from 'valibot';
import { ActionableError, messageOf } from '#ground/errors.ts';
import { readIfThere } from '#ground/files.ts';

/** The places below a home directory. */
export interface Home {
  readonly path: string;
  /** What is true only while the platform runs. */
  readonly platformFile: string;
  /** How our own command line is logged in. */
  readonly loginFile: string;
  readonly logFile: string;
  /** The directory of one component alone. */
  directoryOf(component: string): string;
}

/** What a running platform tells about itself, in `run/platform.json`. */
export const PlatformRecord = v.looseObject({
  pid: v.number(),
  /** Tells this process from a later one with its pid. */
  startedAt: v.string(),
  /** Where the API answers, e.g. `http://127.0.0.1:8080`. */
  url: v.string(),
  domain: v.string(),
  version: v.string(),
  bus: v.string(),
  natsServerPid: v.number(),
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
    logFile: join(path, 'logs', 'localpaas.log'),
    directoryOf: (component) => join(path, component),
  };
}

const directories = ['run', 'cli', 'logs', 'nats-server'];

/** Makes the home and checks that it can be used. @throws ActionableError HOME_NOT_WRITABLE */
export async function openHome(home: Home): Promise<void> {
  try {
    await Promise.all(directories.map((name) => mkdir(join(home.path, name), { recursive: true, mode: 0o700 })));
    await access(home.path, constants.W_OK);
  } catch (cause) {
    throw new ActionableError(
      'HOME_NOT_WRITABLE',
      `localpaas cannot keep its files in ${home.path}: ${messageOf(cause)}.`,
      'Make that directory writable, or choose another with `--home DIR` or LOCALPAAS_HOME.',
      { cause },
    );
  }
}

/** What the platform of this home last told about itself; it may have been killed since. */
export async function readPlatformRecord(home: Home): Promise<PlatformRecord | undefined> {
  const text = await readIfThere(home.platformFile);
  if (text === undefined) return undefined;
  try {
    return v.parse(PlatformRecord, JSON.parse(text));
  } catch {
    return undefined; // cut short by a power cut, or written by another version: as good as none
  }
}
