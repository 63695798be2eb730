import { App } from '#contract/api/resources.ts';
import { ApiClient } from '../api-client.ts';
import type { Cli } from '../cli.ts';
import { parse } from '../command-line.ts';
import { Output } from '../output.ts';

/** Pushes the app in `directory` as a user would, unless there is an app already. */
export async function pushDemo(cli: Cli, directory: string): Promise<void> {
  const api = await ApiClient.open(cli);
  const apps = await api.list('/v3/apps?per_page=1', App);
  if (apps.length > 0) return;
  const push = parse(['push', directory], cli);
  if (push === undefined) return;
  const { run } = await push.command.load();
  // Standard output belongs to `up`.
  await run({ ...cli, out: new Output(cli.messages, cli.env) }, push.input);
}
