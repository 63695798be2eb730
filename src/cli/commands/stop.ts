import { App } from '#contract/api/resources.ts';
import { ActionableError } from '#ground/errors.ts';
import { ApiClient } from '../api-client.ts';
import { statsOf } from '../app/app-view.ts';
import { findApp } from '../app/find-app.ts';
import { reportApp } from '../app/report-app.ts';
import type { StateInput } from '../app/state-input.ts';
import type { Cli } from '../cli.ts';
import { poll } from '../poll.ts';

/** Longer than an instance has to end in peace. */
const limitMs = 60_000;

export async function run(cli: Cli, { name, wait, json }: StateInput): Promise<void> {
  const api = await ApiClient.open(cli);
  const app = await findApp(api, name);
  cli.progress.step(`Stopping ${name}`);
  await api.post(`/v3/apps/${app.guid}/actions/stop`, {}, App);
  if (wait) await awaitStopped(cli, api, app);
  cli.progress.end();
  await reportApp(cli, api, app, { json });
}

async function awaitStopped(cli: Cli, api: ApiClient, app: App): Promise<void> {
  const isOver = async () => {
    const stats = await statsOf(api, app.guid);
    return stats.some(({ state }) => state === 'RUNNING' || state === 'STARTING') ? undefined : true;
  };
  if (await poll(isOver, { limitMs, signal: cli.signal })) return;
  throw new ActionableError(
    'API_REFUSED',
    `${app.name} still runs ${limitMs / 1000} s after it was told to stop.`,
    `\`localpaas app ${app.name}\` shows its processes.`,
  );
}
