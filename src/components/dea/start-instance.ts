import { closeSync, constants, openSync } from 'node:fs';
import { join } from 'node:path';
import { type Child, startChild } from '#ground/child.ts';
import { ActionableError, systemCodeOf } from '#ground/errors.ts';
import { readAppFile } from './read-app-file.ts';
import { type Sidecar, sidecarScript } from './sidecars.ts';

export interface Launch {
  readonly directory: string;
  readonly env: Readonly<Record<string, string>>;
  /** Absent for an app that is not reached over the network. */
  readonly port: number | null;
  readonly fds: number;
  /** What runs beside it. */
  readonly sidecars?: readonly Sidecar[];
  /** Connects descriptor 4 of all its processes with us: see `Child.control`. */
  readonly isControlled?: boolean;
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

/**
 * The same for an app with sidecars, each of which has log files of its own. The first one that ends ends `startup`, and with
 * it the instance, and leaves a file that says which one it was.
 * $1 is the limit, $2 the port or nothing, $3 what runs a sidecar; then for each its command and its memory.
 */
const wrapperWithSidecars = [
  'ulimit -n "$1"',
  'port=$2 script=$3',
  'shift 3',
  '{ echo 500 > /proc/self/oom_score_adj; } 2>/dev/null',
  'exec 3>&2 2>/dev/null',
  // Not waited for in the foreground, for a sidecar may have to end it.
  `(exec ./startup \${port:+-p "$port"} 2>&3 3>&-) &`,
  'main=$!',
  'number=0',
  'while [ $# -gt 0 ]; do',
  '  number=$((number + 1))',
  '  (',
  '    bash -c "$script" sidecar "$1" "$2" \\',
  '      > "logs/sidecar-$number.stdout.log" 2> "logs/sidecar-$number.stderr.log" 3>&-',
  '    status=$?',
  '    set -C',
  '    echo "$number $status" > sidecar_exit && kill -9 "$main"',
  '  ) &',
  '  shift 2',
  'done',
  'wait "$main"',
  'status=$?',
  // From now on none of them is to blame.
  '(set -C; echo > sidecar_exit)',
  'echo $status > exit_status',
].join('\n');

/** Where the wrapper's shell and `startup` itself complain, each of them before the app has its own log files. */
export const startupLog = 'startup.log';

/**
 * Runs a prepared directory in a session of its own, which outlives this process.
 * @throws ActionableError BAD_INPUT, PROGRAM_NOT_FOUND
 */
export async function startInstance(launch: Launch): Promise<Child> {
  const { directory, env, port, fds, sidecars = [], isControlled = false } = launch;
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND | constants.O_NOFOLLOW;
  const log = openSync(join(directory, 'logs', startupLog), flags, 0o644);
  try {
    return await startChild({
      program: '/bin/sh',
      args: sidecars.length === 0 ? plainArguments(port, fds) : argumentsWithSidecars(port, fds, sidecars),
      cwd: directory,
      env,
      stdio: ['ignore', log, log, ...(isControlled ? (['ignore', 'pipe'] as const) : [])],
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
    closeSync(log);
  }
}

function plainArguments(port: number | null, fds: number): string[] {
  return ['-c', wrapper, 'localpaas-instance', String(fds), ...(port === null ? [] : ['-p', String(port)])];
}

function argumentsWithSidecars(port: number | null, fds: number, sidecars: readonly Sidecar[]): string[] {
  const pairs = sidecars.flatMap(({ command, memoryMb }) => [command, memoryMb === undefined ? '' : `${memoryMb}m`]);
  const common = [String(fds), port === null ? '' : String(port), sidecarScript];
  return ['-c', wrapperWithSidecars, 'localpaas-instance', ...common, ...pairs];
}

/** The sidecar that ended first, by its number from 1 on, and its exit status; `undefined` when none did. */
export async function endedSidecarIn(directory: string): Promise<{ number: number; status: number } | undefined> {
  const text = readAppFile(join(directory, 'sidecar_exit'), 32);
  const [, number, status] = /^(\d{1,5}) (\d{1,3})\s*$/.exec(text ?? '') ?? [];
  return number === undefined ? undefined : { number: Number(number), status: Number(status) };
}

/** The exit status the wrapper wrote, or `undefined` when it did not come to that. */
export async function exitStatusIn(directory: string): Promise<number | undefined> {
  const text = readAppFile(join(directory, 'exit_status'), 16);
  const match = /^(\d{1,3})\s*$/.exec(text ?? '');
  return match === null ? undefined : Number(match[1]);
}

/** The process id that `startup` noted for its app; the last one, since a script may append. */
export async function appPidIn(directory: string): Promise<number | undefined> {
  const text = readAppFile(join(directory, 'run.pid'), 4096);
  const last = (text ?? '').trim().split('\n').at(-1) ?? '';
  return /^\d{1,10}$/.test(last) ? Number(last) : undefined;
}
