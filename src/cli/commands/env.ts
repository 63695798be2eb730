import { AppEnvironment } from '#contract/api/resources.ts';
import { ApiClient } from '../api-client.ts';
import { findApp } from '../app/find-app.ts';
import type { Cli } from '../cli.ts';

export async function run(cli: Cli, { name, json }: { readonly name: string; readonly json: boolean }): Promise<void> {
  const api = await ApiClient.open(cli);
  const app = await findApp(api, name);
  const environment = await api.get(`/v3/apps/${app.guid}/env`, AppEnvironment);
  if (json) return cli.out.json(environment);
  const own = Object.entries(environment.environment_variables);
  if (own.length === 0)
    cli.out.line(`${name} has no variables of its own. \`localpaas set-env ${name} KEY VALUE\` sets one.`);
  else section(cli, 'set by you', own);
  const platform = {
    ...environment.system_env_json,
    ...environment.application_env_json,
    ...environment.running_env_json,
  };
  const ofPlatform = Object.entries(platform).map(([key, value]) => [key, asText(value)] as const);
  if (ofPlatform.length === 0) return;
  cli.out.line();
  section(cli, 'set by the platform', ofPlatform);
}

/** Values as they are where that is one line, else as JSON, so that each variable has one line. */
function section(cli: Cli, title: string, variables: readonly (readonly [string, string])[]): void {
  cli.out.line(cli.out.style.dim(title));
  for (const [key, value] of variables) {
    const isPlain = !/\p{Cc}/u.test(value);
    cli.out.line(`${key}=${isPlain ? value : JSON.stringify(value)}`);
  }
}

function asText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
