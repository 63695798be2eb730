import { access, constants, lstat, readdir, readlink, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ActionableError, messageOf } from '#ground/errors.ts';
import { ensureDirectory } from '#ground/files.ts';
import { cacheDirectories } from './cache-directories.ts';

type Env = Readonly<Record<string, string | undefined>>;

interface Work<T> {
  /** What an earlier run left in this directory; `undefined` when it has nothing, or nothing that can be used. */
  readonly find: (directory: string) => Promise<T | undefined>;
  /** Unpacks it there. */
  readonly make: (directory: string) => Promise<T>;
}

/**
 * What is found in one of the cache directories, else what is made in the best where that succeeds.
 * @param what is unpacked, for people
 * @throws ActionableError CACHE_NOT_USABLE saying what is wrong with each; any other that `make` throws
 */
export async function inCache<T>(env: Env, what: string, { find, make }: Work<T>): Promise<T> {
  const directories = cacheDirectories(env);
  for (const directory of directories) {
    // What keeps us from looking there will keep us from writing there, and then it is told.
    const found = await find(directory).catch(() => undefined);
    if (found !== undefined) return found;
  }
  const failures: string[] = [];
  for (const directory of directories) {
    try {
      return await make(await ensureDirectory(directory));
    } catch (error) {
      failures.push(`- ${directory}: ${whatIsWrong(error)}`);
    }
  }
  throw new ActionableError(
    'CACHE_NOT_USABLE',
    `localpaas could not unpack ${what}:\n${failures.join('\n')}`,
    'Name a directory with 200 MB of room from which programs may be executed: LOCALPAAS_CACHE=DIR.',
  );
}

/** What is wrong with a directory. @throws the error when it is not about the directory */
function whatIsWrong(error: unknown): string {
  const cause = systemErrorIn(error);
  if (error instanceof ActionableError && (cause === undefined || error.code === 'EXECUTABLE_DAMAGED')) throw error;
  return cause === undefined ? messageOf(error) : explained(cause);
}

/** Whether a file may be executed, which a file system can forbid for all that is on it. */
export async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

/** Removes what lies at a path, unless it is of this kind: a file replaces a file only. */
export async function makeWay(path: string, kind: 'file' | 'directory'): Promise<void> {
  const found = await lstat(path).catch(() => undefined); // most often it is not there
  if (found === undefined || (kind === 'directory' ? found.isDirectory() : found.isFile())) return;
  await rm(path, { recursive: true, force: true });
}

/** The system's error among an error and its causes. */
function systemErrorIn(error: unknown): NodeJS.ErrnoException | undefined {
  for (let each = error; each instanceof Error; each = each.cause) {
    if ('syscall' in each) return each as NodeJS.ErrnoException; // only the system's have one
  }
  return undefined;
}

const explanations: Readonly<Record<string, string>> = {
  EACCES: 'it may not be written to',
  EPERM: 'it may not be written to',
  EROFS: 'it is on a file system that is mounted read-only',
  ENOSPC: 'the disk is full',
  EDQUOT: 'your quota of the disk is used up',
  ENOTDIR: 'a part of the path is a file',
  EEXIST: 'a part of the path is a file',
};

function explained(error: NodeJS.ErrnoException): string {
  const { code = '', syscall = '' } = error;
  // Of what we have just written there, and made executable.
  const isToExecute = code === 'EACCES' && /^(spawn|access)/.test(syscall);
  const explanation = isToExecute ? 'programs may not be executed there (mounted noexec?)' : explanations[code];
  return explanation === undefined ? error.message : `${explanation} (${code})`;
}

const unusedAfterMs = 30 * 24 * 3_600_000;
const ours = /^(nats-server|files|compiled|node)-/;

/** Removes what other versions of localpaas unpacked a month ago, unless it is being executed. Others may do so, too. */
export async function tidyCache(directory: string, keep: string): Promise<void> {
  const programs = await runningPrograms();
  for (const name of await readdir(directory).catch(() => [])) {
    if (!ours.test(name) || name.startsWith(keep)) continue;
    const path = join(directory, name);
    const found = await stat(path).catch(() => undefined);
    const isExecuted = programs.some((program) => program === path || program.startsWith(`${path}/`));
    if (found === undefined || Date.now() - found.mtimeMs < unusedAfterMs || isExecuted) continue;
    await rm(path, { recursive: true, force: true }).catch(() => {});
  }
}

async function runningPrograms(): Promise<string[]> {
  const pids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name));
  // Other users' processes do not tell, nor do those that have ended meanwhile.
  return Promise.all(pids.map((pid) => readlink(`/proc/${pid}/exe`).catch(() => '')));
}
