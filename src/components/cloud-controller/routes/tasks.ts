import * as v from 'valibot';
import { ApiError } from '#contract/api/errors.ts';
import type { HttpReply, HttpRequest, Routes } from '#ground/http-server.ts';
import type { Api } from '../api.ts';
import { webOf } from '../changes/app.ts';
import { processGuidOf } from '../process-guid.ts';
import type { AppRecord, DropletRecord, ProcessRecord, TaskRecord } from '../records.ts';
import { cancelTask, createTask, tasksOf } from '../tasks/task.ts';
import { taskView } from '../views/task.ts';
import { baseOf } from './address.ts';
import { count, Metadata, readJson } from './body.ts';
import { find } from './find.ts';
import { type Listing, listReply, oneOf } from './list.ts';

const NewTask = v.strictObject({
  command: v.nullish(v.pipe(v.string(), v.nonEmpty('must not be empty'), v.maxLength(4096))),
  name: v.nullish(v.string()),
  memory_in_mb: v.nullish(count(1)),
  disk_in_mb: v.nullish(count(1)),
  log_rate_limit_in_bytes_per_second: v.nullish(v.literal(-1, 'log rates cannot be limited: leave it out or say -1')),
  droplet_guid: v.nullish(v.string()),
  template: v.nullish(v.object({ process: v.object({ guid: v.string() }) })),
  metadata: v.nullish(Metadata),
});
type NewTask = v.InferOutput<typeof NewTask>;

/** Commands that are run once with the droplet of an app. */
export function taskRoutes(routes: Routes, api: Api): void {
  const { store } = api;
  const listing = taskListing(api);
  const one = (status: number, task: TaskRecord, request: HttpRequest): HttpReply => ({
    status,
    body: taskView(task, baseOf(request)),
  });
  const cancel = async (request: HttpRequest) => one(202, await cancelOne(api, request), request);
  routes.on('GET', '/v3/tasks', (request) => listReply(request, store.all('task'), listing));
  routes.on('GET', '/v3/tasks/:guid', (request) => one(200, find(store, 'task', request), request));
  routes.on('PUT', '/v3/tasks/:guid/cancel', cancel).on('POST', '/v3/tasks/:guid/actions/cancel', cancel);
  routes.on('GET', '/v3/apps/:guid/tasks', (request) =>
    listReply(request, tasksOf(store, find(store, 'app', request).guid), listing),
  );
  routes.on('POST', '/v3/apps/:guid/tasks', async (request) => one(202, await startOne(api, request), request));
}

function taskListing({ setup }: Api): Listing<TaskRecord> {
  return {
    filters: {
      guids: oneOf(({ guid }) => guid),
      names: oneOf(({ name }) => name),
      states: oneOf(({ state }) => state),
      sequence_ids: oneOf(({ sequence }) => String(sequence)),
      app_guids: oneOf(({ app }) => app),
      space_guids: oneOf(() => setup.space.guid),
      organization_guids: oneOf(() => setup.organization.guid),
    },
    orders: {
      created_at: ({ createdAt }) => createdAt,
      updated_at: ({ updatedAt }) => updatedAt,
      name: ({ name }) => name,
      state: ({ state }) => state,
    },
    present: taskView,
  };
}

async function startOne({ events, store }: Api, request: HttpRequest): Promise<TaskRecord> {
  const app = find(store, 'app', request);
  const wanted = await readJson(request, NewTask);
  const droplet = dropletFor(store, app, wanted);
  const template = wanted.template == null ? undefined : processFor(app, wanted.template.process.guid);
  const command = wanted.command ?? template?.command ?? droplet.processTypes?.[template?.type ?? ''];
  if (command === undefined) {
    throw refused(
      template === undefined
        ? 'No command provided: say which, or name a process as a template.'
        : `The process ${template.type} has no command of its own: say which.`,
    );
  }
  const like = template ?? webOf(app);
  const task = await createTask(store, app, {
    command,
    ...(wanted.name == null ? {} : { name: wanted.name }),
    memoryMb: wanted.memory_in_mb ?? like.memoryMb,
    diskMb: wanted.disk_in_mb ?? like.diskMb,
    droplet,
  });
  events.record('audit.app.task.create', { app }, { task_guid: task.guid, request: { name: task.name, command } });
  return task;
}

async function cancelOne({ events, store }: Api, request: HttpRequest): Promise<TaskRecord> {
  const { guid, app: appGuid } = find(store, 'task', request);
  const task = await cancelTask(store, guid);
  const app = store.get('app', appGuid);
  if (app !== undefined) events.record('audit.app.task.cancel', { app }, { task_guid: guid, name: task.name });
  return task;
}

function dropletFor(store: Api['store'], app: AppRecord, { droplet_guid: wanted }: NewTask): DropletRecord {
  const guid = wanted ?? app.currentDroplet;
  const droplet = guid === null ? undefined : store.get('droplet', guid);
  if (droplet?.app === app.guid) return droplet;
  throw refused(
    wanted == null
      ? 'Task must have a droplet. Specify droplet or assign current droplet to app.'
      : 'Unable to use this droplet. Ensure the droplet exists and belongs to this app.',
  );
}

function processFor(app: AppRecord, guid: string): ProcessRecord {
  const process = app.processes.find((each) => processGuidOf(app, each) === guid);
  if (process !== undefined) return process;
  throw refused('Unable to use this process as a template. Ensure the process exists and belongs to this app.');
}

function refused(detail: string): ApiError {
  return new ApiError('CF-UnprocessableEntity', detail);
}
