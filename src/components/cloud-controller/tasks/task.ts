import { randomBytes, randomUUID } from 'node:crypto';
import { ApiError } from '#contract/api/errors.ts';
import type { AppRecord, DropletRecord, ProcessRecord, TaskRecord } from '../records.ts';
import type { Desired } from '../running/desired.ts';
import type { Store } from '../store.ts';

/** What is to be run, and how large it may become. */
export interface TaskWish {
  readonly command: string;
  /** One is made when absent. */
  readonly name?: string;
  readonly memoryMb: number;
  readonly diskMb: number;
  readonly droplet: DropletRecord;
}

/** Of one app; what goes on is kept in any case. */
const keptEnded = 50;
const maxNameLength = 128;

/** Stores a task that is to be run: whoever runs tasks sees it there. @throws ApiError 422 */
export function createTask(store: Store, app: AppRecord, wish: TaskWish): Promise<TaskRecord> {
  if (wish.name !== undefined) checkName(wish.name);
  return store.exclusively(`tasks of ${app.guid}`, async () => {
    const others = tasksOf(store, app.guid);
    const now = new Date().toISOString();
    const task = await store.create('task', {
      guid: randomUUID(),
      createdAt: now,
      updatedAt: now,
      app: app.guid,
      sequence: Math.max(0, ...others.map(({ sequence }) => sequence)) + 1,
      name: wish.name ?? randomBytes(4).toString('hex'),
      command: wish.command,
      state: 'PENDING',
      memoryMb: wish.memoryMb,
      diskMb: wish.diskMb,
      droplet: wish.droplet.guid,
      failureReason: null,
      exitStatus: null,
    });
    const ended = others.filter((each) => !isGoingOn(each));
    for (const { guid } of ended.slice(0, Math.max(0, ended.length - keptEnded))) await store.delete('task', guid);
    return task;
  });
}

/** Has a task ended. @throws ApiError 404, 422 when it has ended already */
export function cancelTask(store: Store, guid: string): Promise<TaskRecord> {
  return store.update('task', guid, (task) => {
    if (isGoingOn(task)) return task.state === 'CANCELING' ? task : { ...task, state: 'CANCELING' };
    throw refused(`Task state is ${task.state} and therefore cannot be canceled`);
  });
}

/** Oldest first. */
export function tasksOf(store: Store, app: string): TaskRecord[] {
  return store.all('task').filter((task) => task.app === app);
}

export function isGoingOn({ state }: TaskRecord): boolean {
  return state === 'PENDING' || state === 'RUNNING' || state === 'CANCELING';
}

/** A task as something to run; undefined when there is nothing it could be run with. */
export function desiredTask(store: Store, task: TaskRecord): Desired | undefined {
  const app = store.get('app', task.app);
  const droplet = store.get('droplet', task.droplet);
  if (app === undefined || droplet === undefined) return undefined;
  const process: ProcessRecord = {
    type: 'task',
    command: task.command,
    instances: 1,
    memoryMb: task.memoryMb,
    diskMb: task.diskMb,
    healthCheck: { type: 'process', timeoutSeconds: null, endpoint: null },
  };
  const version = `${droplet.sha1}-${task.sequence}`;
  return { guid: task.guid, app, process, droplet, version, uris: [], command: task.command, sidecars: [] };
}

/** It becomes a part of the source of log lines. */
function checkName(name: string): void {
  if (name.trim() === '') throw refused('Name must not be blank.');
  if (name.length > maxNameLength) throw refused(`Name is too long (at most ${maxNameLength} characters).`);
  if (/[\p{Cc}/[\]]/u.test(name)) throw refused('Name must not contain control characters, slashes or brackets.');
}

function refused(detail: string): ApiError {
  return new ApiError('CF-UnprocessableEntity', detail);
}
