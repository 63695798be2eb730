import { ApiClient } from '../api-client.ts';
import { currentDroplet } from '../app/app-view.ts';
import { changeState, deploy, lastPackage } from '../app/deploy.ts';
import { findApp } from '../app/find-app.ts';
import { reportApp } from '../app/report-app.ts';
import type { StateInput } from '../app/state-input.ts';
import type { Cli } from '../cli.ts';

/** Starts what was staged last; what was only uploaded is staged first. */
export async function run(cli: Cli, { name, wait, json }: StateInput): Promise<void> {
  const api = await ApiClient.open(cli);
  const app = await findApp(api, name);
  if ((await currentDroplet(api, app.guid)) === undefined) {
    await deploy(cli, api, app, (await lastPackage(api, app)).guid, { wait, strategy: 'in-place' });
  } else {
    cli.progress.step(`Starting ${name}`);
    await changeState(cli, api, app, { action: 'start', wait });
    cli.progress.end();
  }
  await reportApp(cli, api, app, { json });
}
