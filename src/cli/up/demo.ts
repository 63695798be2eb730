import { App } from '#contract/api/resources.ts';
import { ApiClient } from '../api-client.ts';
import type { Cli } from '../cli.ts';
import { run as push } from '../commands/push.ts';
import { Output } from '../output.ts';

/** Pushes the app in `directory`, unless there is an app already; on standard error what became of it. */
export async function pushDemo(cli: Cli, directory: string): Promise<void> {
  const api = await ApiClient.open(cli);
  const apps = await api.list('/v3/apps?per_page=1', App);
  if (apps.length > 0) return;
  const out = new Output(cli.messages, cli.env);
  await push(
    { ...cli, out },
    {
      path: directory,
      name: undefined,
      memory: undefined,
      disk: undefined,
      instances: undefined,
      command: undefined,
      env: [],
      healthCheckType: undefined,
      timeout: undefined,
      route: true,
      randomRoute: false,
      manifest: undefined,
      start: true,
      wait: true,
      json: false,
    },
  );
}
