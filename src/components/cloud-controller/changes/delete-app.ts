import type { Api } from '../api.ts';
import type { AppRecord, Kind } from '../records.ts';
import type { Store } from '../store.ts';
import { routesOf } from '../uris.ts';
import { unmapRoute } from './route.ts';

const ownedKinds = ['build', 'package', 'droplet', 'task', 'revision', 'deployment'] as const satisfies readonly Kind[];

/**
 * Deletes an app and what is its own. Its routes stay, leading nowhere, until somebody deletes them.
 * The app's record goes first: cut short, what is left belongs to nobody and `sweepOrphans` finds it.
 */
export async function deleteApp(api: Api, app: AppRecord): Promise<void> {
  api.events.record('audit.app.delete-request', { app });
  for (const { guid } of routesOf(api.store, app.guid)) {
    await unmapRoute(api, guid, (destination) => destination.app === app.guid);
  }
  await api.store.delete('app', app.guid);
  await deleteOwned(api.store, (guid) => guid === app.guid);
  await api.operations.deleted(app);
}

/** Deletes what belongs to apps that are gone: a deletion was cut short. */
export async function sweepOrphans(store: Store): Promise<void> {
  const isGone = (guid: string) => store.get('app', guid) === undefined;
  await deleteOwned(store, isGone);
  for (const route of store.all('route')) {
    if (!route.destinations.some(({ app }) => isGone(app))) continue;
    await store.update('route', route.guid, (route) => ({
      ...route,
      destinations: route.destinations.filter(({ app }) => !isGone(app)),
    }));
  }
}

async function deleteOwned(store: Store, isOwner: (app: string) => boolean): Promise<void> {
  for (const kind of ownedKinds) {
    const owned = store.all(kind).filter(({ app }) => isOwner(app));
    await Promise.all(owned.map(({ guid }) => store.delete(kind, guid)));
  }
}
