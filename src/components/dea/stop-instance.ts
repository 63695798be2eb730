import { access, constants } from 'node:fs/promises';
import { join } from 'node:path';
import { signalProcess, startChild } from '#ground/child.ts';
import { identityOf, type ProcessRow } from '#ground/processes.ts';
import { sleep } from '#ground/wait.ts';
import { appPidIn } from './start-instance.ts';

export interface Stopping {
  readonly directory: string;
  /** All processes that belong to the instance now. */
  readonly members: () => Promise<readonly ProcessRow[]>;
  /** Leader of its session, which waits for the app and notes how that ended. */
  readonly leaderPid: number | undefined;
  /** How long it may take to end by itself; 0 kills at once. */
  readonly graceMs: number;
  /** How long to go on killing. */
  readonly killLimitMs: number;
  /** The environment for the droplet's `stop` script. */
  readonly env: Readonly<Record<string, string>>;
}

const stopScriptLimitMs = 2_000;

/**
 * Ends every process of an instance: SIGTERM and a while to comply, then the droplet's own `stop` script, then SIGKILL,
 * again and again until none is left.
 * @returns the processes that even SIGKILL did not end, which wait in the kernel for a device
 */
export async function stopInstance(stopping: Stopping): Promise<readonly ProcessRow[]> {
  const { members, leaderPid, graceMs, killLimitMs } = stopping;
  if (graceMs > 0) {
    const told = new Set<string>();
    const ask = (left: readonly ProcessRow[]) => signalEach(toAsk(left, leaderPid, told), 'SIGTERM');
    if ((await untilNone(members, graceMs, ask)).length === 0) return [];
    await runStopScript(stopping);
  }
  return untilNone(members, killLimitMs, (left) => signalEach(left, 'SIGKILL'));
}

/**
 * Who has to be asked to end: everybody, once. What begins later is asked too when nobody is there to end it: a shell may
 * start a program in the very moment in which it is told to end itself. What a living process starts, to put things in
 * order for instance, is its own affair.
 * @param told who was asked; changed
 */
function toAsk(left: readonly ProcessRow[], leaderPid: number | undefined, told: Set<string>): ProcessRow[] {
  const isFirst = told.size === 0;
  const pids = new Set(left.map(({ pid }) => pid).filter((pid) => pid !== leaderPid));
  const asked = left.filter(({ pid, parentPid, startedAt }) => {
    if (pid === leaderPid || told.has(`${pid} ${startedAt}`)) return false;
    return isFirst || !pids.has(parentPid);
  });
  for (const { pid, startedAt } of asked) told.add(`${pid} ${startedAt}`);
  return asked;
}

/** Looks until there are no processes any more, at most `limitMs` long. @returns those that are left */
async function untilNone(
  members: () => Promise<readonly ProcessRow[]>,
  limitMs: number,
  meanwhile: (left: readonly ProcessRow[]) => Promise<void> | void = () => {},
): Promise<readonly ProcessRow[]> {
  const endsAt = performance.now() + limitMs;
  for (let pauseMs = 5; ; pauseMs = Math.min(pauseMs * 1.5, 100)) {
    const left = await members();
    if (left.length === 0 || performance.now() >= endsAt) return left;
    await meanwhile(left);
    await sleep(Math.min(pauseMs, limitMs));
  }
}

/** A pid may belong to somebody else by now: only the very process that was seen is signalled. */
async function signalEach(rows: readonly ProcessRow[], signal: NodeJS.Signals): Promise<void> {
  for (const { pid, startedAt } of rows) {
    if (process.platform === 'linux' && (await identityOf(pid))?.startedAt !== startedAt) continue;
    signalProcess(pid, signal);
  }
}

/** The script gets the app's pid, as in 2012. It need not succeed: what it leaves is killed. */
async function runStopScript({ directory, env }: Stopping): Promise<void> {
  const program = join(directory, 'stop');
  const pid = await appPidIn(directory);
  if (pid === undefined || (await cannotRun(program))) return;
  try {
    const child = await startChild({ program, args: [String(pid)], cwd: directory, env, graceMs: 0 });
    await Promise.race([child.exited, sleep(stopScriptLimitMs)]);
    await child[Symbol.asyncDispose]();
  } catch {
    // Not a script after all, or its interpreter is missing: SIGKILL follows anyway.
  }
}

function cannotRun(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => false,
    () => true,
  );
}
