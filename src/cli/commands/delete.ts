import { createInterface } from 'node:readline';
import { type App, Route } from '#contract/api/resources.ts';
import { ActionableError } from '#ground/errors.ts';
import { urlOf } from '../addresses.ts';
import { ApiClient } from '../api-client.ts';
import { lookUpApp } from '../app/find-app.ts';
import type { Cli } from '../cli.ts';
import { awaitJob } from '../job.ts';

interface Input {
  readonly name: string;
  readonly force: boolean;
  readonly routes: boolean;
  readonly json: boolean;
}

/** That there is no such app is fine: it is what was asked for. */
export async function run(cli: Cli, { name, force, routes, json }: Input): Promise<void> {
  const api = await ApiClient.open(cli);
  const app = await lookUpApp(api, name);
  if (app === undefined) return tell(cli, json, { deleted: false, name }, `There is no app named '${name}'.`);
  if (!force && !(await confirm(cli, `Delete ${name} with all its files and settings?`))) {
    return tell(cli, json, { deleted: false, name }, `${name} was not deleted.`);
  }
  cli.progress.step(`Deleting ${name}`);
  const own = routes ? await routesOfOnly(api, app) : [];
  await awaitJob(cli, api, await api.exchange(`/v3/apps/${app.guid}`, { method: 'DELETE' }));
  for (const route of own) {
    await awaitJob(cli, api, await api.exchange(`/v3/routes/${route.guid}`, { method: 'DELETE' }));
  }
  cli.progress.end();
  const urls = own.map(({ url }) => urlOf(url, api.platform));
  const also =
    urls.length === 0 ? '' : `, and so ${urls.length === 1 ? 'is its route' : 'are its routes'} ${urls.join(', ')}`;
  tell(cli, json, { deleted: true, name, routes: urls }, `${name} is deleted${also}.`);
}

/** Routes that lead to this app and nowhere else. */
async function routesOfOnly(api: ApiClient, app: App): Promise<Route[]> {
  const routes = await api.list(`/v3/apps/${app.guid}/routes`, Route);
  return routes.filter(({ destinations }) => destinations.every((each) => each.app.guid === app.guid));
}

async function confirm(cli: Cli, question: string): Promise<boolean> {
  if (cli.input.isTTY !== true) {
    throw new ActionableError(
      'USAGE',
      `${question} There is no terminal to ask on.`,
      'Add `--force` to delete without being asked.',
    );
  }
  cli.messages.write(`${question} [y/N] `);
  const terminal = createInterface({ input: cli.input, signal: cli.signal });
  // The end of the input, Ctrl-D, is no line and so no consent.
  for await (const answer of terminal) return ['y', 'yes'].includes(answer.trim().toLowerCase());
  cli.signal.throwIfAborted();
  return false;
}

function tell(cli: Cli, json: boolean, facts: object, sentence: string): void {
  if (json) cli.out.json(facts);
  else cli.out.line(sentence);
}
