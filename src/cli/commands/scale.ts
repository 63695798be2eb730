import { type App, Process } from '#contract/api/resources.ts';
import { ActionableError } from '#ground/errors.ts';
import { ApiClient } from '../api-client.ts';
import { beforeStart } from '../app/before-start.ts';
import { changeState } from '../app/deploy.ts';
import { findApp } from '../app/find-app.ts';
import { reportApp } from '../app/report-app.ts';
import { type StrategyInput, strategyIn } from '../app/state-input.ts';
import { awaitRunning } from '../app/wait-for-app.ts';
import type { Cli } from '../cli.ts';

interface Input extends StrategyInput {
  readonly name: string;
  /** A type of process; `web` when absent. */
  readonly process: string | undefined;
  readonly instances: number | undefined;
  /** MB */
  readonly memory: number | undefined;
  /** MB */
  readonly disk: number | undefined;
  readonly wait: boolean;
  readonly json: boolean;
}

/** More or fewer instances come and go one by one; another size needs a restart. Without a change it only shows. */
export async function run(cli: Cli, input: Input): Promise<void> {
  const { name, process: type, json } = input;
  const api = await ApiClient.open(cli);
  const app = await findApp(api, name);
  if (type !== undefined) await checkProcess(api, app, type);
  const change = changeIn(input);
  if (Object.keys(change).length > 0) {
    cli.progress.step(type === undefined ? `Scaling ${name}` : `Scaling ${type} of ${name}`);
    await scale(cli, api, { ...input, app, change });
    cli.progress.end();
  }
  await reportApp(cli, api, app, { json });
}

/** In the words of the API. */
function changeIn({ instances, memory, disk }: Input): object {
  return {
    ...(instances === undefined ? {} : { instances }),
    ...(memory === undefined ? {} : { memory_in_mb: memory }),
    ...(disk === undefined ? {} : { disk_in_mb: disk }),
  };
}

type Scaling = Omit<Input, 'name'> & { readonly app: App; readonly change: object };

async function scale(cli: Cli, api: ApiClient, { app, process: type, memory, disk, wait, change, ...input }: Scaling) {
  const before = await beforeStart(api, app.guid);
  await api.post(`/v3/apps/${app.guid}/processes/${type ?? 'web'}/actions/scale`, change, Process);
  if (app.state !== 'STARTED') return;
  const isResized = memory !== undefined || disk !== undefined;
  // A restart is one of all processes, also when the size of a single one is why.
  const restarted = type === undefined ? {} : { only: 'all' as const };
  const strategy = strategyIn(input);
  if (isResized) await changeState(cli, api, app, { action: 'restart', wait, strategy, ...restarted });
  else if (wait) await awaitRunning(cli, api, app, type === undefined ? before : { ...before, only: { type } });
}

/** @throws ActionableError NOT_FOUND, with the processes that there are */
async function checkProcess(api: ApiClient, app: App, type: string): Promise<void> {
  const types = (await api.list(`/v3/apps/${app.guid}/processes`, Process)).map((each) => each.type);
  if (types.includes(type)) return;
  throw new ActionableError(
    'NOT_FOUND',
    `${app.name} has no process '${type}': it has ${types.join(', ')}.`,
    'Name it in the Procfile of the app, and push that.',
  );
}
