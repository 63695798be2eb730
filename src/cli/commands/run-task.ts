import { type App, Task } from '#contract/api/resources.ts';
import { messageOf } from '#ground/errors.ts';
import { ApiClient } from '../api-client.ts';
import { findApp } from '../app/find-app.ts';
import { hasEnded, type TaskView, taskViewOf } from '../app/task-view.ts';
import type { Cli } from '../cli.ts';
import { type LogMark, LogReader } from '../log-reader.ts';
import { poll } from '../poll.ts';
import { Interrupted } from '../world.ts';

interface Input {
  readonly app: string;
  readonly command: string;
  readonly name: string | undefined;
  /** MB */
  readonly memory: number | undefined;
  /** MB */
  readonly disk: number | undefined;
  readonly wait: boolean;
  readonly json: boolean;
}

/** @returns with `--wait` what the command returned, 1 when nobody knows that */
export async function run(cli: Cli, input: Input): Promise<number> {
  const { app: name, command, memory, disk, wait, json } = input;
  const api = await ApiClient.open(cli);
  const app = await findApp(api, name);
  const log = new LogReader(api, app.guid).mark();
  const wish = {
    command,
    ...(input.name === undefined ? {} : { name: input.name }),
    ...(memory === undefined ? {} : { memory_in_mb: memory }),
    ...(disk === undefined ? {} : { disk_in_mb: disk }),
  };
  if (wait) await log.settle(logLimitMs);
  const task = await api.post(`/v3/apps/${app.guid}/tasks`, wish, Task);
  if (!wait) {
    await log.settle();
    if (json) cli.out.json(taskViewOf(task));
    else sayStarted(cli, name, task);
    return 0;
  }
  const ended = taskViewOf(await followTask(cli, api, { app, task, log, isShown: !json }));
  if (json) cli.out.json(ended);
  if (ended.state === 'succeeded') return 0;
  cli.progress.warn(`Task ${ended.id} (${ended.name}) of ${name} failed: ${shortReasonOf(ended)}.`);
  return ended.exitStatus === null || ended.exitStatus === 0 ? 1 : ended.exitStatus;
}

const logLimitMs = 50;

function sayStarted(cli: Cli, app: string, { sequence_id: id, name }: Task): void {
  cli.out.line(`Task ${id} (${name}) of ${app} is started.`);
  cli.out.line(cli.out.style.dim(`  localpaas tasks ${app}   how it goes`));
  cli.out.line(cli.out.style.dim(`  localpaas logs ${app}    what it prints`));
}

interface Following {
  readonly app: App;
  readonly task: Task;
  readonly log: LogMark;
  /** Whether its lines are wanted. */
  readonly isShown: boolean;
}

/** Shows the lines of a task until it has ended. @returns how it is then */
async function followTask(cli: Cli, api: ApiClient, { app, task, log, isShown }: Following): Promise<Task> {
  const from = await log.settle();
  const enough = new AbortController();
  const shown = isShown ? showLines(cli, api, { app, task, from, enough: enough.signal }) : Promise.resolve();
  try {
    const look = async () => {
      const now = await api.get(`/v3/tasks/${task.guid}`, Task);
      return hasEnded(now) ? now : undefined;
    };
    const ended = await poll(look, { limitMs: Number.POSITIVE_INFINITY, signal: cli.signal });
    enough.abort();
    await shown;
    return ended ?? task;
  } catch (error) {
    enough.abort();
    const { reason } = cli.signal;
    if (!cli.signal.aborted || !(reason instanceof Interrupted)) throw error;
    const end = `\`localpaas terminate-task ${app.name} ${task.sequence_id}\` ends it.`;
    throw reason.saying(`Stopped waiting. The task goes on; ${end}`);
  }
}

interface Lines {
  readonly app: App;
  readonly task: Task;
  readonly from: bigint;
  readonly enough: AbortSignal;
}

async function showLines(cli: Cli, api: ApiClient, { app, task, from, enough }: Lines): Promise<void> {
  try {
    for await (const lines of new LogReader(api, app.guid).follow(from, cli.signal, enough)) {
      for (const { source, text } of lines) if (source === `APP/TASK/${task.name}`) cli.out.line(text);
    }
  } catch (error) {
    if (!cli.signal.aborted) cli.progress.warn(`The log cannot be shown: ${messageOf(error)}`);
  }
}

/** Its last lines were shown. */
function shortReasonOf({ reason }: TaskView): string {
  return (reason ?? 'nobody knows why').replace(/; its last lines: .*$/s, '').replace(/\.$/, '');
}
