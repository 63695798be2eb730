import { type App, Route } from '#contract/api/resources.ts';
import { urlOf } from '../addresses.ts';
import { ApiClient } from '../api-client.ts';
import { lookUpApp } from '../app/find-app.ts';
import type { Cli } from '../cli.ts';
import { confirm } from '../confirm.ts';
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
  if (
    !force &&
    !(await confirm(cli, `Delete ${name} with all its files and settings?`, 'delete without being asked'))
  ) {
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

function tell(cli: Cli, json: boolean, facts: object, sentence: string): void {
  if (json) cli.out.json(facts);
  else cli.out.line(sentence);
}
