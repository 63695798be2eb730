import { constants } from 'node:os';
import { basename } from 'node:path';
import type { Exit } from '#ground/child.ts';
import { listensOn } from '#ground/ports.ts';
import { isAlive, type ProcessIdentity } from '#ground/processes.ts';
import { sleep } from '#ground/wait.ts';
import { answers, becomesReady } from './check-health.ts';
import { endedBySidecar, exitedByItself, neverReady, neverRunning } from './explain-exit.ts';
import { explainSilence, isListener } from './explain-silence.ts';
import type { InstanceEvent } from './instance.ts';
import type { InstanceRecord } from './instance-record.ts';
import { appPidIn, endedSidecarIn, exitStatusIn } from './start-instance.ts';
import { becomesRunning, stateFileOf } from './state-file.ts';
import type { LogTail } from './tail-logs.ts';
import { directoryOf, type Tools } from './tools.ts';

/** A process that is not our child tells nobody when it ends. */
const lookEveryMs = process.platform === 'linux' ? 50 : 1_000;
/** What is left of the limit for an instance that was starting when the platform ended: it may need a moment. */
const leastLimitMs = 1_000;

export interface Launched {
  readonly record: InstanceRecord;
  readonly tools: Tools;
  readonly tail: LogTail;
  /** Ends the watching, with its reason. */
  readonly signal: AbortSignal;
}

/** Waits until a launched instance is ready, or has had its time. @throws the signal's reason */
export async function readinessOf(launched: Launched): Promise<InstanceEvent> {
  const { record, tools, tail, signal } = launched;
  const { port, healthCheck: check, id, life, task } = record;
  if (task !== null) return { type: 'ready' };
  const stateFile = check.type === 'http' ? undefined : await stateFileOf(directoryOf(record, tools.places));
  if (stateFile !== undefined) return stateOf(launched, stateFile);
  if (port === null) return { type: 'ready' };
  const pids = async () => (await tools.census.membersOf(id)).map(({ pid }) => pid);
  const limitMs = Math.max(leastLimitMs, life.sinceMs + check.limitMs - Date.now());
  const isOurs = async () =>
    process.platform !== 'linux' || (await isNotedListener()) || isListener(await pids(), port);
  // Nearly always it is the process that `startup` noted, and to look at one is quicker than to look at all.
  const isNotedListener = async () => {
    const noted = await appPidIn(directoryOf(record, tools.places));
    return noted !== undefined && listensOn(noted, port);
  };
  if (await becomesReady({ port, check, limitMs, signal, isOurs })) return { type: 'ready' };
  const hint = await explainSilence(await pids(), port, check);
  tail.catchUp();
  return { type: 'failed', ending: neverReady(port, check.limitMs, hint, tail.lastLines) };
}

/** Waits for what an app server writes into its state file. @throws the signal's reason */
async function stateOf({ record, tools, tail, signal }: Launched, path: string): Promise<InstanceEvent> {
  const { port, healthCheck: check, life, debugMode } = record;
  const { stateFileLimitMs, stateFileGraceMs: graceMs } = tools.options;
  const limitMs = Math.max(check.limitMs, stateFileLimitMs);
  // Who debugs has it wait for him.
  const leftMs = debugMode === 'suspend' ? Number.POSITIVE_INFINITY : life.sinceMs + limitMs - Date.now();
  const isAnswering = async () => port !== null && (await answers(port, '/', signal)) !== undefined;
  const found = await becomesRunning({
    path,
    answers: isAnswering,
    graceMs,
    limitMs: Math.max(leastLimitMs, leftMs),
    signal,
  });
  if (found === 'answers') {
    tools.announcer.tell(record, `It answers, though ${basename(path)}, which should say so, was not written.`);
  }
  if (found !== undefined) return { type: 'ready' };
  tail.catchUp();
  return { type: 'failed', ending: neverRunning(basename(path), limitMs, tail.lastLines) };
}

/**
 * What it means that the first process of an instance ended.
 * @param exit unknown when it was not our child
 * @throws the signal's reason
 */
export async function exitOfLeader(
  { record, tools, tail, signal }: Launched,
  exit: Exit | undefined,
): Promise<InstanceEvent> {
  signal.throwIfAborted();
  const directory = directoryOf(record, tools.places);
  const sidecar = record.sidecars.length === 0 ? undefined : await endedSidecarIn(directory);
  if (sidecar !== undefined) {
    tail.catchUp();
    const name = record.sidecars[sidecar.number - 1] ?? String(sidecar.number);
    return { type: 'failed', ending: endedBySidecar(name, sidecar.status, tail.lastLinesOf(name)) };
  }
  const status = (await exitStatusIn(directory)) ?? statusOf(exit);
  const members = await tools.census.membersOf(record.id);
  tail.catchUp();
  const isAwaited = record.life.phase === 'STARTING' && record.healthCheck.type !== 'process';
  const ending = exitedByItself({
    status,
    awaitedPort: isAwaited ? record.port : null,
    // Sidecars are there by intention.
    left: record.sidecars.length > 0 ? 0 : members.filter(({ pid }) => pid !== record.process?.pid).length,
    lastLines: tail.lastLines,
  });
  return { type: 'failed', ending };
}

/** Resolves when a process has ended. @throws the signal's reason */
export async function endOf(identity: ProcessIdentity, signal: AbortSignal): Promise<undefined> {
  while (await isAlive(identity)) await sleep(lookEveryMs, signal);
  return undefined;
}

/** An exit in the way of a shell. */
function statusOf(exit: Exit | undefined): number | undefined {
  if (exit === undefined) return undefined;
  return exit.code ?? (exit.signal === null ? undefined : 128 + constants.signals[exit.signal]);
}
