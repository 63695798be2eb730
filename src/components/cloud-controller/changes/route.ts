import { randomUUID } from 'node:crypto';
import { ApiError } from '#contract/api/errors.ts';
import type { Api } from '../api.ts';
import { checkHost, checkPath } from '../names.ts';
import type { AppRecord, RouteDestination, RouteRecord } from '../records.ts';
import type { Store } from '../store.ts';
import { uriOf } from '../uris.ts';

type Target = Pick<RouteRecord, 'host' | 'domain' | 'path'>;

/** The route's parts in the form they are stored in. @throws ApiError 422 */
export function checkTarget({ host, domain, path }: Target): Target {
  return { host: checkHost(host, domain), domain, path: checkPath(path) };
}

export function routeTo(store: Store, target: Target): RouteRecord | undefined {
  const uri = uriOf(target);
  return store.all('route').find((route) => uriOf(route) === uri);
}

/** Names of the apps a route leads to. */
function holdersOf(store: Store, route: RouteRecord): string[] {
  return route.destinations.map(({ app }) => store.get('app', app)?.name ?? app);
}

/** Runs `work` while nobody else here takes a route. */
export function whileRoutesHold<T>(store: Store, work: () => Promise<T>): Promise<T> {
  return store.exclusively('routes', work);
}

/** @throws ApiError 422 when there is such a route, telling whose it is */
export async function createRoute(api: Api, target: Target, apps: readonly AppRecord[] = []): Promise<RouteRecord> {
  const { host, domain, path } = target;
  const existing = routeTo(api.store, target);
  if (existing !== undefined) {
    const at = path === '' ? '' : ` and path '${path}'`;
    throw new ApiError(
      'CF-UnprocessableEntity',
      `Route already exists with host '${host}'${at} for domain '${domain}'. ${ownershipOf(api.store, existing)}`,
    );
  }
  const now = new Date().toISOString();
  const destinations = apps.map(destinationOf);
  const route = { guid: randomUUID(), createdAt: now, updatedAt: now, host, domain, path, destinations };
  await api.store.create('route', route);
  for (const app of apps) tell(api, 'audit.app.map-route', app, route);
  return route;
}

/** Has a route lead to apps, besides those it leads to already. */
export async function mapRoute(api: Api, guid: string, apps: readonly AppRecord[]): Promise<RouteRecord> {
  const isMapped = (route: RouteRecord, app: AppRecord) => route.destinations.some((each) => each.app === app.guid);
  const before = api.store.get('route', guid);
  const route = await api.store.update('route', guid, (route) => {
    const added = apps.filter((app) => !isMapped(route, app)).map(destinationOf);
    return added.length === 0 ? route : { ...route, destinations: [...route.destinations, ...added] };
  });
  for (const app of apps) {
    if (before === undefined || !isMapped(before, app)) tell(api, 'audit.app.map-route', app, route);
  }
  return route;
}

/** Takes away those destinations of a route for which `isGone` holds. */
export async function unmapRoute(
  api: Api,
  guid: string,
  isGone: (destination: RouteDestination) => boolean,
): Promise<RouteRecord> {
  const removed = api.store.get('route', guid)?.destinations.filter(isGone) ?? [];
  const route = await api.store.update('route', guid, (route) => {
    const kept = route.destinations.filter((destination) => !isGone(destination));
    return kept.length === route.destinations.length ? route : { ...route, destinations: kept };
  });
  tellRemoved(api, removed, route);
  return route;
}

export async function deleteRoute(api: Api, route: RouteRecord): Promise<void> {
  await api.store.delete('route', route.guid);
  tellRemoved(api, route.destinations, route);
}

/** Who has a route, in a sentence. */
export function ownershipOf(store: Store, route: RouteRecord): string {
  const holders = holdersOf(store, route);
  if (holders.length === 0) return 'No app has it: map it to yours, or delete it.';
  return `It belongs to ${holders.map((name) => `app '${name}'`).join(' and ')}.`;
}

function destinationOf(app: AppRecord): RouteDestination {
  return { guid: randomUUID(), app: app.guid, processType: 'web' };
}

function tellRemoved(api: Api, removed: readonly RouteDestination[], route: RouteRecord): void {
  for (const { app: guid } of removed) {
    const app = api.store.get('app', guid);
    if (app !== undefined) tell(api, 'audit.app.unmap-route', app, route);
  }
}

function tell(
  api: Api,
  type: 'audit.app.map-route' | 'audit.app.unmap-route',
  app: AppRecord,
  route: RouteRecord,
): void {
  api.events.record(type, { app }, { route_guid: route.guid, route: uriOf(route) });
  api.operations.routesChanged(app.guid);
}
