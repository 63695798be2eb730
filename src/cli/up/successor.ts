import { join } from 'node:path';
import * as v from 'valibot';
import { type Home, readPlatformRecord } from '#assembly/home.ts';
import { type Child, signalProcess, startChild } from '#ground/child.ts';
import { readIfThere, replaceFile } from '#ground/files.ts';
import { jsonIn } from '#ground/json-in.ts';
import { identityOf, isAlive, type ProcessIdentity } from '#ground/processes.ts';
import { waitFor } from '#ground/wait.ts';
import { askKeeper, definedOf, predecessorVariable, reportIn, startKeeper } from './keeper.ts';

/** What a platform that waits to take over says about itself, in `run/successor.json`. */
const Waiting = v.object({ pid: v.number(), startedAt: v.string(), predecessor: v.number() });

/** How long the next platform may take to be ready to take over, and then to take over. */
const limitMs = 60_000;
const dismissalMs = 5_000;
const everyMs = 10;

/** The process that is to take over from this one. */
interface Successor {
  readonly identity: ProcessIdentity;
  /** Resolves when it serves. @throws Error when it ended, or takes too long */
  served(): Promise<void>;
  /** Ends it and waits until it is gone; the apps are left alone. */
  dismiss(): Promise<void>;
}

export interface SuccessorOptions {
  readonly home: Home;
  /** Program and arguments. */
  readonly command: readonly [string, ...string[]];
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Says that this process is ready to take over. */
export async function sayWaiting(home: Home, predecessor: number): Promise<void> {
  const identity = await identityOf(process.pid);
  await replaceFile(fileIn(home), JSON.stringify({ ...identity, predecessor }));
}

/** Whoever starts the next platform for us, and what it is known by. */
export interface Nursery {
  /** The shell that was started for it, when there was none. */
  readonly keeper: Child | undefined;
  readonly successor: Successor;
}

/**
 * Has a keeper start the next platform, and waits until it is ready to take over.
 * @param given the keeper that started this process
 * @throws Error when it ends or takes too long, and then nothing of it is left; the signal's reason
 */
export async function startSuccessor(
  { descriptor, ...options }: SuccessorOptions & { descriptor: number },
  given: number | undefined,
  signal: AbortSignal,
): Promise<Nursery> {
  const { home } = options;
  await forget(home);
  let keeper: Child | undefined;
  if (given === undefined) keeper = await startKeeper({ ...options, descriptor });
  else await askKeeper(given, home);
  const ended = async () => {
    const status = (await reportIn(home))?.status;
    if (status !== undefined) throw new Error(`it ended with exit status ${status}`);
  };
  try {
    return { keeper, successor: await awaitSuccessor(home, ended, signal) };
  } catch (error) {
    const started = await identityOf((await reportIn(home))?.pid ?? 0);
    if (started !== undefined) await dismiss(started);
    await keeper?.[Symbol.asyncDispose]();
    throw error;
  }
}

/**
 * Starts the next platform to see whether it gets as far as to take over; what it needs is unpacked and loaded once by
 * then. It is ended again.
 * @throws Error when it does not get so far; the signal's reason
 */
export async function rehearse({ home, command, env }: SuccessorOptions, signal: AbortSignal): Promise<void> {
  await forget(home);
  const [program, ...args] = command;
  // The service manager is not to take it for the platform itself.
  const { NOTIFY_SOCKET: _, WATCHDOG_USEC: __, WATCHDOG_PID: ___, ...rest } = definedOf(env);
  await using child = await startChild({
    program,
    args,
    env: { ...rest, [predecessorVariable]: String(process.pid) },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  let exit: string | undefined;
  void child.exited.then(({ code, signal: by }) => {
    exit = `it ended with ${code === null ? by : `exit status ${code}`}`;
  });
  const ended = async () => {
    if (exit !== undefined) throw new Error(exit);
  };
  await (await awaitSuccessor(home, ended, signal)).dismiss();
}

async function awaitSuccessor(home: Home, ended: () => Promise<void>, signal: AbortSignal): Promise<Successor> {
  const waits = async () => {
    await ended();
    const record = v.safeParse(Waiting, jsonIn((await readIfThere(fileIn(home))) ?? ''));
    return record.success && record.output.predecessor === process.pid ? record.output : undefined;
  };
  const { pid, startedAt } = await waitFor('it to be ready', waits, { limitMs, everyMs, signal });
  const identity = { pid, startedAt };
  const serves = async () => {
    const record = await readPlatformRecord(home);
    if (record?.pid === pid && record.startedAt === startedAt) return true;
    await ended();
    if (!(await isAlive(identity))) throw new Error('it was ended');
    return undefined;
  };
  return {
    identity,
    served: async () => void (await waitFor('it to serve', serves, { limitMs, everyMs })),
    dismiss: () => dismiss(identity),
  };
}

async function dismiss(identity: ProcessIdentity): Promise<void> {
  const gone = async () => ((await isAlive(identity)) ? undefined : true);
  for (const signal of ['SIGUSR2', 'SIGKILL'] as const) {
    if (await gone()) return;
    signalProcess(identity.pid, signal);
    await waitFor('its end', gone, { limitMs: dismissalMs, everyMs }).catch(() => {}); // the next signal is stronger
  }
}

async function forget(home: Home): Promise<void> {
  await replaceFile(fileIn(home), '');
}

function fileIn(home: Home): string {
  return join(home.directoryOf('run'), 'successor.json');
}
