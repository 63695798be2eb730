import {
  type DropletExited,
  deaFindDroplet,
  deaStartInstance,
  deaStop,
  dropletExited,
  type LayerSource,
} from '#contract/dea.ts';
import { AsyncDisposableStack } from '#ground/async-disposable-stack.ts';
import type { Bus } from '#ground/bus.ts';
import { messageOf } from '#ground/errors.ts';
import type { Log } from '#ground/log.ts';
import { Standstill } from '#ground/standstill.ts';
import { repeat, sleep } from '#ground/wait.ts';
import { addressWith, type Credentials } from '#vcap/credentials.ts';
import type { BackgroundWork } from '../background-work.ts';
import type { Change } from '../mirror.ts';
import type { DropletRecord, TaskRecord } from '../records.ts';
import type { ActualState } from '../running/actual-state.ts';
import { findDea, whyNoDea } from '../running/find-dea.ts';
import type { KnownDeas } from '../running/known-deas.ts';
import { startRequestOf } from '../running/start-message.ts';
import type { Store } from '../store.ts';
import { desiredTask, isGoingOn } from './task.ts';

export interface TaskRunsParts {
  readonly bus: Bus;
  readonly log: Log;
  readonly store: Store;
  readonly actual: ActualState;
  readonly deas: KnownDeas;
  readonly background: BackgroundWork;
  /** Where a droplet's blob is on this machine. */
  readonly blobPathOf: (sha256: string) => string;
  readonly ownAddress: () => string;
  readonly deaCredentials: Credentials;
  /** Where DEAs have the layer of a droplet. */
  readonly layerSourceOf: (droplet: DropletRecord) => LayerSource | undefined;
  /** In whose name apps run. */
  readonly users: readonly string[];
  readonly discoverLimitMs: number;
  /** How long instances that stop may take to free what a task needs. */
  readonly roomLimitMs: number;
  /** A task nobody tells of for so long is gone. */
  readonly lostAfterMs: number;
  readonly signal: AbortSignal;
}

/** How a task ended, as a DEA tells it. */
type End = Pick<DropletExited, 'exit_status' | 'exit_description'>;

const findLimitMs = 1_000;

/**
 * Runs the tasks that are in the store: what is PENDING there gets a place, what is CANCELING is stopped, and what DEAs
 * tell of an end is recorded. On the bus a task is an app of its own, under its guid.
 */
export class TaskRuns implements AsyncDisposable {
  readonly #parts: TaskRunsParts;
  readonly #watching = new AsyncDisposableStack();
  /** When a DEA told of a task last, by guid. */
  readonly #heardAtMs = new Map<string, number>();
  readonly #standstill: Standstill;

  private constructor(parts: TaskRunsParts) {
    this.#parts = parts;
    this.#standstill = new Standstill(parts.lostAfterMs / 2);
  }

  /** Goes on with what an earlier run left: what runs is found again, what never began fails. */
  static open(parts: TaskRunsParts): TaskRuns {
    const runs = new TaskRuns(parts);
    const { background, bus, log, lostAfterMs, store } = parts;
    const watching = runs.#watching;
    const failed = (error: unknown) => log.error('tasks not looked after', { error: messageOf(error) });
    watching.use(store.onChange('task', (change) => runs.#follow(change)));
    watching.use(bus.subscribe(dropletExited, ({ droplet, ...end }) => runs.#ended(droplet, end)));
    watching.use(bus.onReconnect(() => runs.#heardAtMs.clear()));
    watching.use(repeat(lostAfterMs / 6, () => runs.#lookAfterAll(), failed));
    background.run('tasks of the last run not found', () => runs.#takeOver());
    return runs;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#watching[Symbol.asyncDispose]();
  }

  #follow({ now, before }: Change<'task'>): void {
    const { background, bus } = this.#parts;
    if (now === undefined) {
      if (before !== undefined && isGoingOn(before)) bus.publish(deaStop, { droplet: before.guid });
      return;
    }
    if (now.state === before?.state) return;
    if (now.state === 'PENDING') background.run('task not started', () => this.#start(now));
    if (now.state !== 'CANCELING') return;
    if (before?.state === 'PENDING') background.run('task not canceled', () => this.#end(now.guid, {}));
    else bus.publish(deaStop, { droplet: now.guid });
  }

  async #start(task: TaskRecord): Promise<void> {
    const { log, signal } = this.#parts;
    const why = await this.#place(task).catch((error: unknown) => {
      signal.throwIfAborted();
      log.error('task not placed', { task: task.guid, error: messageOf(error) });
      return `the platform failed to start it: ${messageOf(error)}`;
    });
    if (why !== undefined) await this.#end(task.guid, { exit_description: `cannot be started: ${why}` });
  }

  /** @returns why it cannot run; undefined when it was asked for, or is not wanted any more */
  async #place(task: TaskRecord): Promise<string | undefined> {
    const { actual, roomLimitMs, signal, store } = this.#parts;
    const endsAt = performance.now() + roomLimitMs;
    for (;;) {
      const desired = desiredTask(store, task);
      if (desired === undefined) return 'its app or the droplet to run it with is gone';
      const dea = await findDea(desired, this.#parts);
      if (dea !== undefined) return void (await this.#ask(dea, task));
      // Instances that are stopping may hold the room that it needs.
      if (!actual.isSomethingStopping() || performance.now() >= endsAt) return whyNoDea(desired, this.#parts);
      await sleep(50, signal);
    }
  }

  /** The record says that it runs before it does, so that no end of it can come earlier. */
  async #ask(dea: string, { guid, name, sequence }: TaskRecord): Promise<void> {
    const { blobPathOf, bus, deaCredentials, deas, layerSourceOf, log, ownAddress, store, users } = this.#parts;
    if (store.get('task', guid)?.state !== 'PENDING') return;
    const now = await store.update('task', guid, (task) =>
      task.state === 'PENDING' ? { ...task, state: 'RUNNING' } : task,
    );
    const desired = desiredTask(store, now);
    if (now.state !== 'RUNNING' || desired === undefined) return;
    const { app, droplet } = desired;
    const own = addressWith(ownAddress(), deaCredentials);
    const request = startRequestOf(desired, {
      index: 0,
      runtime: deas.nameOf(droplet.runtime, dea),
      executableUri: `${own}/staged_droplets/${app.guid}/${droplet.sha1}`,
      executableFile: blobPathOf(droplet.sha256),
      layer: layerSourceOf(droplet),
      users,
      flapping: false,
    });
    this.#heardAtMs.set(guid, Date.now());
    bus.publish(deaStartInstance.at(dea), { ...request, task: name });
    log.info('task placed', { app: app.guid, task: guid, sequence, dea });
    // Whoever canceled it in this moment was before it.
    if (store.get('task', guid)?.state !== 'RUNNING') bus.publish(deaStop, { droplet: guid });
  }

  #ended(guid: string, end: End): void {
    const task = this.#parts.store.get('task', guid);
    if (task !== undefined) this.#parts.background.run('end of a task not recorded', () => this.#end(guid, end));
  }

  /** Records an end, and tells the DEA that it need not remember it any more. */
  async #end(guid: string, { exit_status: status, exit_description: description }: End): Promise<void> {
    const { bus, store } = this.#parts;
    if (store.get('task', guid) === undefined) return;
    await store.update('task', guid, (task) => {
      if (!isGoingOn(task)) return task;
      const exitStatus = status ?? null;
      if (task.state === 'CANCELING') {
        return { ...task, state: 'FAILED', exitStatus, failureReason: 'task was cancelled' };
      }
      if (status === 0) return { ...task, state: 'SUCCEEDED', exitStatus };
      return { ...task, state: 'FAILED', exitStatus, failureReason: description ?? 'was stopped' };
    });
    this.#heardAtMs.delete(guid);
    bus.publish(deaStop, { droplet: guid });
  }

  async #takeOver(): Promise<void> {
    const left = this.#parts.store.all('task').filter(({ state }) => state === 'PENDING');
    const why = 'was not started: the platform ended before it came to that';
    for (const { guid } of left) await this.#end(guid, { exit_description: why });
    await this.#lookAfterAll();
  }

  /** Asks for all that should run: an end may have been told while nobody listened. */
  async #lookAfterAll(): Promise<void> {
    const { store } = this.#parts;
    if (this.#standstill.noticed()) this.#heardAtMs.clear();
    const running = store.all('task').filter(({ state }) => state === 'RUNNING' || state === 'CANCELING');
    await Promise.all(running.map((task) => this.#lookAfter(task)));
  }

  async #lookAfter({ guid, state }: TaskRecord): Promise<void> {
    const { bus, lostAfterMs } = this.#parts;
    const heardAtMs = this.#heardAtMs.get(guid) ?? Date.now();
    this.#heardAtMs.set(guid, heardAtMs);
    const [found] = await bus.askMany(deaFindDroplet, { droplet: guid }, { limitMs: findLimitMs, expected: 1 });
    if (found?.state === 'CRASHED') return this.#end(guid, found);
    if (found !== undefined) {
      this.#heardAtMs.set(guid, Date.now());
      if (state === 'CANCELING') bus.publish(deaStop, { droplet: guid });
    } else if (Date.now() - heardAtMs >= lostAfterMs) {
      await this.#end(guid, { exit_description: 'is lost: no DEA tells of it any more' });
    }
  }
}
