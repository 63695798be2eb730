import { join } from 'node:path';
import { AsyncDisposableStack } from '#ground/async-disposable-stack.ts';
import { Bus, type BusAddress } from '#ground/bus.ts';
import type { ComponentContext, Running } from '#ground/component.ts';
import { ActionableError } from '#ground/errors.ts';
import { ensureDirectory } from '#ground/files.ts';
import { lockDirectory } from '#ground/lock.ts';
import type { Log } from '#ground/log.ts';
import { sleep } from '#ground/wait.ts';

const busEveryMs = 50;

/** A component that may start processes of its own, which have to reach the same bus. */
export interface LonePart {
  readonly name: string;
  start(context: ComponentContext, address: BusAddress): Promise<Running>;
}

/** What surrounds a part that runs alone, on a bus that is somebody else's. */
export interface Surroundings {
  readonly address: BusAddress;
  readonly dataDir: string;
  readonly log: Log;
  readonly signal: AbortSignal;
  /** How long to wait for a bus to answer, in ms; 0 asks once. */
  readonly busWaitMs: number;
}

/**
 * One component alone in this process. Disposing it stops the component, then leaves the bus.
 * @throws ActionableError NOBODY_ANSWERED, and what the component throws; nothing is left behind then
 */
export async function startOnePart(
  part: LonePart,
  { address, dataDir, log, signal, busWaitMs }: Surroundings,
): Promise<Running> {
  await using undo = new AsyncDisposableStack();
  const connect = () => Bus.connect(address, `localpaas ${part.name}`, log);
  const bus = undo.use(await awaitBus(connect, busWaitMs, signal));
  const running = undo.use(await part.start({ bus, dataDir, log, signal }, address));
  const resources = undo.move();
  return { failure: running.failure, [Symbol.asyncDispose]: () => resources.disposeAsync() };
}

/** Parts that are started together find the bus not there yet. */
async function awaitBus(connect: () => Promise<Bus>, waitMs: number, signal: AbortSignal): Promise<Bus> {
  for (const until = performance.now() + waitMs; ; await sleep(busEveryMs, signal)) {
    try {
      return await connect();
    } catch (error) {
      const isAbsent = error instanceof ActionableError && error.code === 'NOBODY_ANSWERED';
      if (!isAbsent || performance.now() >= until) throw error;
    }
  }
}

/** A directory that belongs to this process alone until it is disposed. */
export interface OwnDirectory extends AsyncDisposable {
  readonly path: string;
}

/** So many of one kind can keep their things below one home. */
const most = 100;

/** The first of `<root>/<name>`, `<root>/<name>-2`, … that no other process has: several of a kind run side by side. */
export async function takeFreeDirectory(root: string, name: string): Promise<OwnDirectory> {
  for (let number = 1; number <= most; number += 1) {
    const path = await ensureDirectory(join(root, number === 1 ? name : `${name}-${number}`));
    const lock = await lockDirectory(path);
    if (lock !== undefined) return { path, [Symbol.asyncDispose]: () => lock[Symbol.asyncDispose]() };
  }
  throw new ActionableError(
    'ALREADY_RUNNING',
    `There are ${most} of ${name} already, which keep their things in ${root}.`,
    'Stop some of them, or choose another home with LOCALPAAS_HOME.',
  );
}

/** This directory. @throws ActionableError ALREADY_RUNNING when another process has it */
export async function takeDirectory(path: string): Promise<OwnDirectory> {
  const lock = await lockDirectory(await ensureDirectory(path));
  if (lock !== undefined) return { path, [Symbol.asyncDispose]: () => lock[Symbol.asyncDispose]() };
  throw new ActionableError(
    'ALREADY_RUNNING',
    `Another localpaas keeps its things in ${path}.`,
    'Stop that one, or name another directory in the configuration file.',
  );
}
