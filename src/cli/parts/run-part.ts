import { closeSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { startOnePart, takeDirectory, takeFreeDirectory } from '#assembly/one-part.ts';
import { AsyncDisposableStack } from '#ground/async-disposable-stack.ts';
import { EvacuateApps, type Running } from '#ground/component.ts';
import { ActionableError, messageOf } from '#ground/errors.ts';
import { createLog, type Log } from '#ground/log.ts';
import { ConfigError } from '#vcap/config-rules.ts';
import type { Cli } from '../cli.ts';
import { reportError } from '../errors.ts';
import { busAddressOf, shownAddress, usualBusUri } from './bus-uri.ts';
import type { PartPlan, Planner } from './plan.ts';

export interface PartInput {
  readonly config: string | undefined;
  readonly join: string | undefined;
  /** Seconds. */
  readonly wait: number | undefined;
}

/** What the originals end with when they cannot start. */
const cannotStart = 1;

/**
 * Runs one component alone until it is asked to stop, with the exit codes of its original: 0 when it was, 1 when its
 * configuration, its pid file or its bus keeps it from starting.
 */
export async function runPart(cli: Cli, planner: Planner, input: PartInput): Promise<number> {
  try {
    return await run(cli, await planner(input.config, cli.env), input);
  } catch (error) {
    if (error instanceof ConfigError) {
      cli.messages.write(`${error.message}\n`);
      return cannotStart;
    }
    if (!(error instanceof ActionableError)) throw error;
    const code = reportError(error, cli, false);
    return error.code === 'BAD_INPUT' || error.code === 'ALREADY_RUNNING' ? cannotStart : code;
  }
}

async function run(cli: Cli, plan: PartPlan, { join: given, wait = 0 }: PartInput): Promise<number> {
  await using undo = new AsyncDisposableStack();
  const uri = given ?? plan.busUri ?? usualBusUri;
  const address = busAddressOf(uri);
  const stop = stopFor(undo, cli, plan);
  if (plan.takePidFile !== undefined) undo.use(await plan.takePidFile());
  const directory = undo.use(await directoryFor(cli, plan));
  const log = openLog(cli, plan, undo);
  for (const text of (await plan.greeting?.()) ?? []) log.info(text);
  for (const remark of plan.remarks) log.warn(remark);
  let running: Running;
  try {
    const place = { address, dataDir: directory.path, log, signal: stop, busWaitMs: wait * 1000 };
    running = undo.use(await startOnePart(plan.part, place));
  } catch (error) {
    if (stop.aborted) return 0;
    throw explained(error, uri);
  }
  const stopped = new Promise<void>((resolve) => {
    if (stop.aborted) resolve();
    else stop.addEventListener('abort', () => resolve(), { once: true });
  });
  await Promise.race([running.failure, stopped]);
  await undo.disposeAsync();
  return 0;
}

/** Aborts when somebody asks us to stop. SIGUSR2 is the gentle way: tasks are finished, apps come up elsewhere first. */
function stopFor(undo: AsyncDisposableStack, cli: Cli, plan: PartPlan): AbortSignal {
  const stop = new AbortController();
  const onUser = () => stop.abort(plan.canEvacuate === true ? new EvacuateApps() : new Error('SIGUSR2'));
  const onQuit = () => stop.abort(new Error('SIGQUIT'));
  const onAsked = () => stop.abort(cli.signal.reason);
  process.on('SIGUSR2', onUser).on('SIGQUIT', onQuit);
  if (cli.signal.aborted) onAsked();
  else cli.signal.addEventListener('abort', onAsked, { once: true });
  undo.defer(() => {
    process.removeListener('SIGUSR2', onUser).removeListener('SIGQUIT', onQuit);
    cli.signal.removeEventListener('abort', onAsked);
  });
  return stop.signal;
}

function directoryFor(cli: Cli, { directory, part }: PartPlan) {
  return directory === undefined ? takeFreeDirectory(join(cli.home, 'parts'), part.name) : takeDirectory(directory);
}

function openLog(cli: Cli, { logFile, line }: PartPlan, undo: AsyncDisposableStack): Log {
  if (logFile === undefined) return createLog((entry) => show(line(entry), (text) => cli.out.line(text)));
  let file: number;
  try {
    file = openSync(logFile, 'a', 0o600);
  } catch (cause) {
    throw new ConfigError(`Failed to open the log file ${logFile}: ${messageOf(cause)}`, { cause });
  }
  undo.defer(() => closeSync(file));
  return createLog((entry) => show(line(entry), (text) => void writeSync(file, `${text}\n`)));
}

function show(text: string | undefined, write: (text: string) => void): void {
  if (text !== undefined) write(text);
}

/** Without a bus there is no component; the words are those of the original. */
function explained(error: unknown, uri: string): unknown {
  if (!(error instanceof ActionableError) || error.code !== 'NOBODY_ANSWERED') return error;
  const isRefused = /authorization|authentication/i.test(messageOf(error.cause));
  return new ActionableError(
    'START_UNSUCCESSFUL',
    `EXITING! NATS error: Could not connect to server on ${shownAddress(uri)}`,
    isRefused
      ? 'The bus wants to know who you are: name it as nats://user:password@host:port.'
      : 'Start a bus with `localpaas nats`, or name the right address with `--join nats://host:port`.',
    { cause: error },
  );
}
