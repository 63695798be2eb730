import { App, Route } from '#contract/api/resources.ts';
import { urlOf } from '../addresses.ts';
import { ApiClient } from '../api-client.ts';
import type { Cli } from '../cli.ts';

export async function run(cli: Cli, { json }: { readonly json: boolean }): Promise<void> {
  const api = await ApiClient.open(cli);
  const [routes, apps] = await Promise.all([
    api.list('/v3/routes?per_page=5000', Route),
    api.list('/v3/apps?order_by=name&per_page=5000', App),
  ]);
  const names = new Map(apps.map(({ guid, name }) => [guid, name]));
  const views = routes
    .map((route) => ({
      url: urlOf(route.url, api.platform),
      apps: route.destinations.map(({ app }) => names.get(app.guid) ?? app.guid),
      guid: route.guid,
    }))
    .sort((a, b) => a.url.localeCompare(b.url, 'en'));
  if (json) return cli.out.json(views);
  if (views.length === 0) return cli.out.line('No routes yet. `localpaas push` makes one for each app.');
  cli.out.table(
    ['url', 'apps'],
    views.map((view) => [view.url, view.apps.join(', ') || 'none']),
  );
}
