import { App, Process, Route } from '#contract/api/resources.ts';
import { readableSize } from '#ground/bytes.ts';
import { urlOf } from '../addresses.ts';
import { ApiClient } from '../api-client.ts';
import { isNotFound } from '../api-refusal.ts';
import { type AppView, statsOf, summaryOf } from '../app/app-view.ts';
import type { Cli } from '../cli.ts';

const megabyte = 1024 * 1024;

export async function run(
  cli: Cli,
  { names, json }: { readonly names: boolean; readonly json: boolean },
): Promise<void> {
  const api = await ApiClient.open(cli);
  if (names) {
    for (const app of await api.list('/v3/apps?order_by=name&per_page=5000', App)) cli.out.line(app.name);
    return;
  }
  const views = await viewsOf(api);
  if (json) return cli.out.json(views);
  if (views.length === 0) return cli.out.line('No apps yet. `localpaas push` in the folder of one makes it.');
  cli.out.table(['name', 'state', 'instances', 'memory', 'disk', 'urls'], views.map(rowOf));
}

async function viewsOf(api: ApiClient): Promise<AppView[]> {
  const [apps, processes, routes] = await Promise.all([
    api.list('/v3/apps?order_by=name&per_page=5000', App),
    api.list('/v3/processes?per_page=5000', Process),
    api.list('/v3/routes?per_page=5000', Route),
  ]);
  const webs = new Map(
    processes.filter(({ type }) => type === 'web').map((each) => [each.relationships.app.data?.guid, each]),
  );
  const urls = new Map<string, Set<string>>();
  for (const route of routes) {
    for (const { app } of route.destinations) {
      urls.set(app.guid, (urls.get(app.guid) ?? new Set()).add(urlOf(route.url, api.platform)));
    }
  }
  const views = apps.map(async (app) => {
    const stats = app.state === 'STOPPED' ? [] : await statsOf(api, app.guid).catch(gone);
    return summaryOf(app, webs.get(app.guid), stats, [...(urls.get(app.guid) ?? [])]);
  });
  return Promise.all(views);
}

/** An app deleted since the list was made has no instances. */
function gone(error: unknown): never[] {
  if (isNotFound(error)) return [];
  throw error;
}

function rowOf({ name, health, instances, memoryMb, diskMb, urls }: AppView): string[] {
  return [
    name,
    health,
    `${instances.running}/${instances.wanted}`,
    readableSize(memoryMb * megabyte),
    readableSize(diskMb * megabyte),
    urls.join(', '),
  ];
}
