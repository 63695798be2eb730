import { randomBytes } from 'node:crypto';
import type { StagingReply, StagingRequest } from '#contract/staging.ts';
import { explainDiskError, messageOf } from '#ground/errors.ts';
import type { Log } from '#ground/log.ts';
import { sleep } from '#ground/wait.ts';
import { buildCachesIn } from './buildpacks/build-caches.ts';
import type { StagingIsolation } from './isolation.ts';
import type { StagerOptions } from './options.ts';
import { TaskFailure } from './task-failure.ts';
import { type Say, TaskLog } from './task-log.ts';
import { TaskQueue } from './task-queue.ts';
import { makeWorkspace, type Workspace } from './workspace.ts';

export interface TasksParts {
  readonly options: StagerOptions;
  readonly log: Log;
  /** Where workspaces are made. */
  readonly root: string;
  /** Where the stager keeps what tasks may use again. */
  readonly dataDir: string;
  readonly isolation: StagingIsolation;
  /** Says a line of the task with this `log_id` while it runs. */
  readonly sayFor: (logId: string | undefined) => Say;
}

/** What is longer ends at once. */
const longestTimerMs = 2 ** 31 - 1;

const stopping = new TaskFailure('The stager is stopping. Stage the app again.', { isLogged: true });

/** The staging tasks of this stager: so many run, the others wait, and each one gets a reply. */
export class Tasks {
  readonly #parts: TasksParts;
  readonly #queue: TaskQueue;
  readonly #stop = new AbortController();
  /** Tasks, and the removal of what they leave. */
  readonly #underWay = new Set<Promise<unknown>>();
  /** How many run or wait. */
  #tasks = 0;

  constructor(parts: TasksParts) {
    this.#parts = parts;
    this.#queue = new TaskQueue(parts.options.maxActiveTasks);
  }

  /** The reply to a request, when the task is over. Never rejects. */
  stage(request: StagingRequest): Promise<StagingReply> {
    return this.#track(this.#stage(request));
  }

  /** The reply to something that is no request. */
  refuse(reason: string): StagingReply {
    const detail = `The staging request is not valid: ${reason}.`;
    return { task_id: newTaskId(), task_log: '', error: errorText(detail) };
  }

  /** The end begins: refuses what waits and what comes, unless all that was taken is to be finished. */
  close(): void {
    const { log, options } = this.#parts;
    log.info('shutdown initiated');
    log.info('waiting for tasks', { tasks: this.#tasks });
    if (options.atStop === 'refuse') this.#queue.close(stopping);
  }

  /** Waits until everything is answered and removed; when it is not to be finished, what outlasts the grace is aborted. */
  async end(): Promise<void> {
    const { atStop, stopGraceMs } = this.#parts.options;
    const over = new AbortController();
    const late = atStop === 'finish' ? Promise.resolve() : this.#abortAfter(stopGraceMs, over.signal);
    while (this.#underWay.size > 0) await Promise.allSettled(this.#underWay);
    over.abort();
    await late;
  }

  #abortAfter(graceMs: number, over: AbortSignal): Promise<void> {
    return sleep(graceMs, over).then(
      () => this.#stop.abort(stopping),
      () => {},
    );
  }

  async #stage(request: StagingRequest): Promise<StagingReply> {
    const taskId = newTaskId();
    const log = new TaskLog(this.#sayFor(taskId, request.log_id));
    this.#tasks += 1;
    try {
      const app = await this.#queue.run(() => this.#run(request, log));
      this.#parts.log.info('app staged', { task: taskId, app: request.app_id, framework: app.framework });
      const { framework, runtime, runtimeConstraint: runtime_constraint, startCommand: start_command } = app;
      const result = 'result' in app ? { result: app.result } : {};
      const found = { framework, runtime, runtime_constraint, start_command, ...result };
      return { task_id: taskId, task_log: log.text, ...found };
    } catch (error) {
      const { message, said, isLogged } = failureOf(error);
      log.failure(said, isLogged);
      this.#parts.log.warn('staging failed', { task: taskId, app: request.app_id, error: message });
      return { task_id: taskId, task_log: log.text, error: errorText(message) };
    } finally {
      this.#tasks -= 1;
    }
  }

  #sayFor(task: string, logId: string | undefined): Say {
    const { log, options } = this.#parts;
    const say = this.#parts.sayFor(logId);
    if (!options.logsTaskLines) return say;
    return (stream, lines) => {
      for (const text of lines) log.debug('task says', { task, text });
      return say(stream, lines);
    };
  }

  async #run(request: StagingRequest, log: TaskLog) {
    const { options, root } = this.#parts;
    const limit = new AbortController();
    const seconds = options.maxStagingMs / 1000;
    const text = `Staging timed out after ${seconds} seconds.`;
    const late = () => limit.abort(new TaskFailure(text, { isLogged: true }));
    const timer = setTimeout(late, Math.min(options.maxStagingMs, longestTimerMs));
    const signal = AbortSignal.any([limit.signal, this.#stop.signal]);
    log.line('Setting up temporary directories');
    let workspace: Workspace | undefined;
    try {
      workspace = makeWorkspace(root);
      const { runTask } = await import('./task.ts');
      const afterwards = (work: () => Promise<unknown>) => this.#afterwards('stores not tidied', work);
      return await runTask(request, { ...this.#parts, log, workspace, signal, afterwards });
    } finally {
      clearTimeout(timer);
      this.#afterwards('workspace not removed', async () => workspace?.[Symbol.asyncDispose]());
    }
  }

  /** An app is gone. */
  forget(app: string): void {
    this.#afterwards('build cache not removed', () => buildCachesIn(this.#parts.dataDir).forget(app));
  }

  /** The reply does not wait for it, the end of the stager does. */
  #afterwards(ifItFails: string, work: () => Promise<unknown>): void {
    const failed = (error: unknown) => this.#parts.log.error(ifItFails, { error: messageOf(error) });
    void this.#track(work()).catch(failed);
  }

  #track<T>(promise: Promise<T>): Promise<T> {
    this.#underWay.add(promise);
    const done = () => void this.#underWay.delete(promise);
    promise.then(done, done);
    return promise;
  }
}

function failureOf(error: unknown): TaskFailure {
  if (error instanceof TaskFailure) return error;
  const cause = explainDiskError(error, 'no directory could be made to work in');
  return new TaskFailure(`Failed setting up temporary directories: ${messageOf(cause)}`, { isLogged: false, cause });
}

function newTaskId(): string {
  return randomBytes(16).toString('hex');
}

function errorText(detail: string): string {
  return `Staging task failed:\n ${detail}`;
}
