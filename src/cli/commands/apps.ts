import { App, Process, Route } from '#contract/api/resources.ts';
import { readableSize } from '#ground/bytes.ts';
import { urlOf } from '../addresses.ts';
import { ApiClient } from '../api-client.ts';
import { isNotFound } from '../api-refusal.ts';
import { type AppView, stateTextOf, statsIn, summaryOf } from '../app/app-view.ts';
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
  const processesOf = new Map<string | undefined, Process[]>();
  for (const each of processes) {
    const app = each.relationships.app.data?.guid;
    processesOf.set(app, [...(processesOf.get(app) ?? []), each]);
  }
  const urls = new Map<string, Set<string>>();
  for (const route of routes) {
    for (const { app } of route.destinations) {
      urls.set(app.guid, (urls.get(app.guid) ?? new Set()).add(urlOf(route.url, api.platform)));
    }
  }
  const views = apps.map(async (app) => {
    const observe = async (process: Process) => {
      const stats = app.state === 'STOPPED' ? [] : await statsIn(api, process).catch(gone);
      return { process, stats };
    };
    const observed = await Promise.all((processesOf.get(app.guid) ?? []).map(observe));
    return summaryOf(app, observed, [...(urls.get(app.guid) ?? [])]);
  });
  return Promise.all(views);
}

/** An app deleted since the list was made has no instances. */
function gone(error: unknown): never[] {
  if (isNotFound(error)) return [];
  throw error;
}

function rowOf(app: AppView): string[] {
  const { name, processes, memoryMb, diskMb, urls } = app;
  const isOne = processes.length === 1 && processes[0]?.type === 'web';
  const counts = processes.map(({ type, instances: { running, wanted } }) =>
    isOne ? `${running}/${wanted}` : `${type} ${running}/${wanted}`,
  );
  return [
    name,
    stateTextOf(app),
    counts.join(', '),
    readableSize(memoryMb * megabyte),
    readableSize(diskMb * megabyte),
    urls.join(', '),
  ];
}
