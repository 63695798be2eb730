import { ApiClient } from '../api-client.ts';
import { changeState } from '../app/deploy.ts';
import { findApp } from '../app/find-app.ts';
import { reportApp } from '../app/report-app.ts';
import { type StateInput, type StrategyInput, strategyIn } from '../app/state-input.ts';
import type { Cli } from '../cli.ts';

export async function run(cli: Cli, { name, wait, json, ...input }: StateInput & StrategyInput): Promise<void> {
  const api = await ApiClient.open(cli);
  const app = await findApp(api, name);
  cli.progress.step(`Restarting ${name}`);
  await changeState(cli, api, app, { action: 'restart', wait, strategy: strategyIn(input) });
  cli.progress.end();
  await reportApp(cli, api, app, { json });
}
