import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { type Child, startChild } from '#ground/child.ts';
import { ActionableError, systemCodeOf } from '#ground/errors.ts';
import { readAppFile } from './read-app-file.ts';

export interface Launch {
  readonly directory: string;
  readonly env: Readonly<Record<string, string>>;
  /** Absent for an app that is not reached over the network. */
  readonly port: number | null;
  readonly fds: number;
}

/**
 * What runs `startup`: it sets the limits, has the kernel end apps before the platform when memory runs out, and leaves
 * the exit status in a file, for the case that another process than its parent wants to know.
 */
const wrapper = [
  'ulimit -n "$1"',
  'shift',
  '{ echo 500 > /proc/self/oom_score_adj; } 2>/dev/null',
  // The shell's own remarks, such as "Terminated", are of no interest; those of `startup` are.
  'exec 3>&2 2>/dev/null',
  '(exec ./startup "$@" 2>&3 3>&-)',
  'echo $? > exit_status',
].join('\n');

/** Where the wrapper's shell and `startup` itself complain, each of them before the app has its own log files. */
export const startupLog = 'startup.log';

/**
 * Runs a prepared directory in a session of its own, which outlives this process.
 * @throws ActionableError BAD_INPUT, PROGRAM_NOT_FOUND
 */
export async function startInstance({ directory, env, port, fds }: Launch): Promise<Child> {
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND | constants.O_NOFOLLOW;
  const log = await open(join(directory, 'logs', startupLog), flags, 0o644);
  try {
    return await startChild({
      program: '/bin/sh',
      args: ['-c', wrapper, 'localpaas-instance', String(fds), ...(port === null ? [] : ['-p', String(port)])],
      cwd: directory,
      env,
      stdio: ['ignore', log.fd, log.fd],
      outlivesUs: true,
    });
  } catch (cause) {
    if (systemCodeOf(cause) !== 'E2BIG') throw cause;
    throw new ActionableError(
      'BAD_INPUT',
      'The environment of the app is larger than the system takes for a process.',
      'Put large values into files.',
      { cause },
    );
  } finally {
    await log.close();
  }
}

/** The exit status the wrapper wrote, or `undefined` when it did not come to that. */
export async function exitStatusIn(directory: string): Promise<number | undefined> {
  const text = await readAppFile(join(directory, 'exit_status'), 16);
  const match = /^(\d{1,3})\s*$/.exec(text ?? '');
  return match === null ? undefined : Number(match[1]);
}

/** The process id that `startup` noted for its app; the last one, since a script may append. */
export async function appPidIn(directory: string): Promise<number | undefined> {
  const text = await readAppFile(join(directory, 'run.pid'), 4096);
  const last = (text ?? '').trim().split('\n').at(-1) ?? '';
  return /^\d{1,10}$/.test(last) ? Number(last) : undefined;
}
