import { Process } from '#contract/api/resources.ts';
import { ApiClient } from '../api-client.ts';
import { beforeStart } from '../app/before-start.ts';
import { changeState } from '../app/deploy.ts';
import { findApp } from '../app/find-app.ts';
import { reportApp } from '../app/report-app.ts';
import { awaitRunning } from '../app/wait-for-app.ts';
import type { Cli } from '../cli.ts';

interface Input {
  readonly name: string;
  readonly instances: number | undefined;
  /** MB */
  readonly memory: number | undefined;
  /** MB */
  readonly disk: number | undefined;
  readonly wait: boolean;
  readonly json: boolean;
}

/** More or fewer instances come and go one by one; another size needs a restart. Without a change it only shows. */
export async function run(cli: Cli, { name, instances, memory, disk, wait, json }: Input): Promise<void> {
  const api = await ApiClient.open(cli);
  const app = await findApp(api, name);
  const change = {
    ...(instances === undefined ? {} : { instances }),
    ...(memory === undefined ? {} : { memory_in_mb: memory }),
    ...(disk === undefined ? {} : { disk_in_mb: disk }),
  };
  if (Object.keys(change).length > 0) {
    cli.progress.step(`Scaling ${name}`);
    const before = await beforeStart(api, app.guid);
    await api.post(`/v3/apps/${app.guid}/processes/web/actions/scale`, change, Process);
    const isResized = memory !== undefined || disk !== undefined;
    if (app.state === 'STARTED' && isResized) await changeState(cli, api, app, { action: 'restart', wait });
    else if (app.state === 'STARTED' && wait) await awaitRunning(cli, api, app, before);
    cli.progress.end();
  }
  await reportApp(cli, api, app, { json });
}
