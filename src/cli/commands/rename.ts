import { App } from '#contract/api/resources.ts';
import { ApiClient } from '../api-client.ts';
import { findApp } from '../app/find-app.ts';
import type { Cli } from '../cli.ts';

interface Input {
  readonly name: string;
  readonly newName: string;
  readonly json: boolean;
}

export async function run(cli: Cli, { name, newName, json }: Input): Promise<void> {
  const api = await ApiClient.open(cli);
  const app = await findApp(api, name);
  const renamed = await api.patch(`/v3/apps/${app.guid}`, { name: newName }, App);
  if (json) cli.out.json({ guid: app.guid, name: renamed.name });
  else
    cli.out.line(`${name} is called ${renamed.name} now. Its routes are the same: \`localpaas app ${renamed.name}\`.`);
}
