import { Task } from '#contract/api/resources.ts';
import { ActionableError } from '#ground/errors.ts';
import { ApiClient } from '../api-client.ts';
import { findApp } from '../app/find-app.ts';
import { hasEnded, taskViewOf } from '../app/task-view.ts';
import type { Cli } from '../cli.ts';
import { poll } from '../poll.ts';

interface Input {
  readonly app: string;
  readonly id: string;
  readonly json: boolean;
}

/** Longer than a command has to end in peace. */
const limitMs = 60_000;

export async function run(cli: Cli, { app: name, id, json }: Input): Promise<void> {
  if (!/^[1-9]\d{0,14}$/.test(id)) {
    throw new ActionableError('USAGE', `'${id}' is no number of a task.`, `\`localpaas tasks ${name}\` lists them.`);
  }
  const api = await ApiClient.open(cli);
  const app = await findApp(api, name);
  const [task] = await api.list(`/v3/apps/${app.guid}/tasks?sequence_ids=${id}`, Task);
  if (task === undefined) {
    throw new ActionableError('NOT_FOUND', `${name} has no task ${id}.`, `\`localpaas tasks ${name}\` lists them.`);
  }
  cli.progress.step(`Ending task ${id} (${task.name}) of ${name}`);
  const asked = await api.post(`/v3/tasks/${task.guid}/actions/cancel`, {}, Task);
  const look = async () => {
    const now = await api.get(`/v3/tasks/${task.guid}`, Task);
    return hasEnded(now) ? now : undefined;
  };
  const now = (await poll(look, { limitMs, signal: cli.signal })) ?? asked;
  cli.progress.end();
  if (json) return cli.out.json(taskViewOf(now));
  cli.out.line(
    hasEnded(now) ? `Task ${id} of ${name} has ended.` : `Task ${id} of ${name} is told to end, and still runs.`,
  );
}
