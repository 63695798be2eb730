import type { Bus } from '#ground/bus.ts';
import { messageOf } from '#ground/errors.ts';
import { within } from '#ground/wait.ts';
import { sayInAppLog } from '../app-log.ts';
import { webOf } from '../changes/app.ts';
import { releaseType } from '../process-types.ts';
import type { AppRecord, DropletRecord, TaskRecord } from '../records.ts';
import type { Store } from '../store.ts';
import { cancelTask, createTask, isGoingOn } from './task.ts';

export interface ReleasePhaseParts {
  readonly bus: Bus;
  readonly store: Store;
  /** How long it may take. */
  readonly limitMs: number;
  readonly signal: AbortSignal;
}

/**
 * Runs what a droplet names as its release phase, and waits for its end.
 * @returns why the droplet must not be used, undefined when it may
 */
export async function runReleasePhase(
  { bus, limitMs, signal, store }: ReleasePhaseParts,
  app: AppRecord,
  droplet: DropletRecord,
): Promise<string | undefined> {
  const command = droplet.processTypes?.[releaseType];
  if (command === undefined) return undefined;
  sayInAppLog(bus, app.guid, `Running the release phase of ${app.name}: ${command}`);
  const { memoryMb, diskMb } = webOf(app);
  const { guid } = await createTask(store, app, { command, name: releaseType, memoryMb, diskMb, droplet });
  try {
    const ended = await within(limitMs, 'the release phase', endOf(store, guid, signal));
    if (ended === undefined) return 'The app was deleted during its release phase.';
    return ended.state === 'SUCCEEDED' ? undefined : `The release phase ${ended.failureReason ?? 'failed'}.`;
  } catch (error) {
    signal.throwIfAborted();
    await cancelTask(store, guid).catch(() => {}); // it has ended just now
    return `The release phase did not end: ${messageOf(error)}`;
  }
}

/** The record of a task that has ended; `undefined` when it is gone. @throws the signal's reason */
function endOf(store: Store, guid: string, signal: AbortSignal): Promise<TaskRecord | undefined> {
  return new Promise((resolve, reject) => {
    const settle = (task: TaskRecord | undefined) => {
      if (task !== undefined && isGoingOn(task)) return;
      listener[Symbol.dispose]();
      signal.removeEventListener('abort', giveUp);
      resolve(task);
    };
    const giveUp = () => {
      listener[Symbol.dispose]();
      reject(signal.reason as Error);
    };
    const listener = store.onChange('task', (change) => {
      if (change.guid === guid) settle(change.now);
    });
    signal.addEventListener('abort', giveUp, { once: true });
    settle(store.get('task', guid));
  });
}
