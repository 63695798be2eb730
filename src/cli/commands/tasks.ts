import { Task } from '#contract/api/resources.ts';
import { ApiClient } from '../api-client.ts';
import { findApp } from '../app/find-app.ts';
import { type TaskView, taskViewOf } from '../app/task-view.ts';
import type { Cli } from '../cli.ts';
import { readableTime } from '../readable-time.ts';

interface Input {
  readonly app: string;
  readonly json: boolean;
}

export async function run(cli: Cli, { app: name, json }: Input): Promise<void> {
  const api = await ApiClient.open(cli);
  const app = await findApp(api, name);
  const tasks = await api.list(`/v3/apps/${app.guid}/tasks?per_page=5000`, Task);
  const views = tasks.map(taskViewOf).sort((one, other) => other.id - one.id);
  if (json) return cli.out.json(views);
  if (views.length === 0)
    return cli.out.line(`No tasks of ${name} yet. \`localpaas run-task ${name} COMMAND\` runs one.`);
  cli.out.table(['id', 'name', 'state', 'started', 'command', 'result'], views.map(rowOf));
}

function rowOf({ id, name, state, startedAt, command, reason }: TaskView): string[] {
  return [String(id), name, state, readableTime(new Date(startedAt)), command ?? '', reason ?? ''];
}
