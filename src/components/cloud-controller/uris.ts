import type { RouteRecord } from './records.ts';
import type { Store } from './store.ts';

/** `host.domain/path`, as it is registered with the routers. */
export function uriOf({ host, domain, path }: Pick<RouteRecord, 'host' | 'domain' | 'path'>): string {
  return `${host === '' ? '' : `${host}.`}${domain}${path}`;
}

/** The routes that lead to an app, oldest first. */
export function routesOf(store: Store, appGuid: string): RouteRecord[] {
  return store.all('route').filter(({ destinations }) => destinations.some(({ app }) => app === appGuid));
}

/** What an app is reached at. */
export function urisOf(store: Store, appGuid: string): string[] {
  return routesOf(store, appGuid).map(uriOf);
}
