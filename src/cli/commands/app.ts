import { ApiClient } from '../api-client.ts';
import { findApp } from '../app/find-app.ts';
import { reportApp } from '../app/report-app.ts';
import type { Cli } from '../cli.ts';

export async function run(cli: Cli, { name, json }: { readonly name: string; readonly json: boolean }): Promise<void> {
  const api = await ApiClient.open(cli);
  await reportApp(cli, api, await findApp(api, name), { json });
}
