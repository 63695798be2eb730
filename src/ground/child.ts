import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { Duplex, type Readable, type Writable } from 'node:stream';
import { ActionableError, systemCodeOf } from './errors.ts';
import { sleep } from './wait.ts';

export interface ChildOptions {
  readonly program: string;
  readonly args?: readonly string[];
  readonly cwd?: string;
  /** The whole environment, PATH too: it is the child's PATH that finds the program. */
  readonly env: Readonly<Record<string, string>>;
  /** As of `node:child_process`; nothing is connected when absent. */
  readonly stdio?: StdioOptions;
  /** Keeps the child in our own group and session, where Ctrl-C and the end of the terminal reach it as they do us. */
  readonly inOurGroup?: boolean;
  /** Lets this process end while the child goes on. */
  readonly outlivesUs?: boolean;
  /** How long it may take to end after SIGTERM, in ms; 5000 when absent. */
  readonly graceMs?: number;
}

/** How a process ended: `code` is null when a signal ended it, and the other way round. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/**
 * A child process in a process group and session of its own. Disposing it ends the whole group and awaits the child;
 * where it is in our group it ends alone.
 */
export interface Child extends AsyncDisposable {
  readonly pid: number;
  readonly stdin: Writable | null;
  readonly stdout: Readable | null;
  readonly stderr: Readable | null;
  /** The other end of the child's descriptor 4, where `stdio` asks for a pipe there. */
  readonly control: Duplex | null;
  readonly exited: Promise<Exit>;
}

/**
 * Starts a program, without a shell.
 * @throws ActionableError PROGRAM_NOT_FOUND, when the program is not there or may not be executed
 */
export async function startChild(options: ChildOptions): Promise<Child> {
  const child = spawn(options.program, options.args ?? [], {
    cwd: options.cwd,
    env: options.env,
    stdio: options.stdio ?? 'ignore',
    detached: options.inOurGroup !== true,
  });
  // Without a listener a failed spawn, reported later, would end this process.
  child.on('error', () => {});
  const pid = await pidOf(child, options);
  if (options.outlivesUs === true) child.unref();

  const exited = new Promise<Exit>((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null)
      resolve({ code: child.exitCode, signal: child.signalCode });
    else child.once('exit', (code, signal) => resolve({ code, signal }));
  });
  return {
    pid,
    stdin: child.stdin,
    stdout: child.stdout,
    stderr: child.stderr,
    control: child.stdio[4] instanceof Duplex ? child.stdio[4] : null,
    exited,
    [Symbol.asyncDispose]: () => endGroup(options.inOurGroup === true ? pid : -pid, exited, options.graceMs ?? 5_000),
  };
}

async function pidOf(child: ChildProcess, { program, cwd }: ChildOptions): Promise<number> {
  if (child.pid !== undefined) return child.pid;
  const cause = await new Promise<Error>((resolve) => child.once('error', resolve));
  // The system has one word for both: no such program, and no such directory to start it in.
  if (cwd !== undefined && !existsSync(cwd)) {
    throw new Error(`'${program}' cannot be started in ${cwd}: there is no such directory.`, { cause });
  }
  if (systemCodeOf(cause) !== 'ENOENT' && systemCodeOf(cause) !== 'EACCES') throw cause;
  throw new ActionableError(
    'PROGRAM_NOT_FOUND',
    `The program '${program}' cannot be started: ${cause.message}.`,
    'Check that it is installed and may be executed.',
    { cause },
  );
}

/**
 * SIGTERM to the group, SIGKILL after the grace; members that outlive the child are killed too.
 * @param target a process, or a group when it is negative
 */
async function endGroup(target: number, exited: Promise<Exit>, graceMs: number): Promise<void> {
  signalProcess(target, 'SIGTERM');
  const stop = new AbortController();
  const late = sleep(graceMs, stop.signal).then(
    () => signalProcess(target, 'SIGKILL'),
    () => {},
  );
  await exited;
  stop.abort();
  await late;
  if (target < 0) signalProcess(target, 'SIGKILL');
}

/** Signals every member of a process group. @returns whether there was one */
export function signalGroup(groupId: number, signal: NodeJS.Signals): boolean {
  return signalProcess(-groupId, signal);
}

/** @returns whether there was such a process (or group, when `pid` is negative) that we may signal */
export function signalProcess(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(pid, signal);
    return true;
  } catch (error) {
    if (systemCodeOf(error) === 'ESRCH' || systemCodeOf(error) === 'EPERM') return false;
    throw error;
  }
}
