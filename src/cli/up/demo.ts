import { App } from '#contract/api/resources.ts';
import { ApiClient } from '../api-client.ts';
import type { Cli } from '../cli.ts';
import { Output } from '../output.ts';
import { appCommands } from '../rows/apps.ts';

/** Pushes the app in `directory` as a user would, unless there is an app already. */
export async function pushDemo(cli: Cli, directory: string): Promise<void> {
  const api = await ApiClient.open(cli);
  const apps = await api.list('/v3/apps?per_page=1', App);
  const push = appCommands.find(({ name }) => name === 'push');
  if (apps.length > 0 || push === undefined) return;
  const unsaid = Object.fromEntries(Object.entries(push.takes).map(([name, { initial }]) => [name, initial]));
  const { run } = await push.load();
  // Standard output belongs to `up`.
  await run({ ...cli, out: new Output(cli.messages, cli.env) }, { ...unsaid, path: directory });
}
