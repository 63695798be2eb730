import { ApiError } from '#contract/api/errors.ts';
import { V1Error } from '#contract/api/v1.ts';
import type { Api } from '../api.ts';
import { createRoute, deleteRoute, mapRoute, ownershipOf, routeTo, unmapRoute } from '../changes/route.ts';
import { targetOf } from '../manifest/plan-routes.ts';
import { reservedHosts } from '../own-hosts.ts';
import type { AppRecord, RouteRecord } from '../records.ts';
import { routesOf, uriOf } from '../uris.ts';

/** The URIs of one app. In 2012 they belonged to apps, and no two apps shared one. */

type Target = Pick<RouteRecord, 'host' | 'domain' | 'path'>;

export interface UriPlan {
  readonly targets: readonly Target[];
  readonly removed: readonly RouteRecord[];
}

/** What it takes to give an app these URIs and no others. @param appGuid none yet of a new one @throws V1Error 700 to 702 */
export function planUris(api: Api, appGuid: string | undefined, uris: readonly string[]): UriPlan {
  const wanted = new Map(uris.map((uri) => targetIn(uri, api.options.domain)).map((target) => [uriOf(target), target]));
  const own = appGuid === undefined ? [] : routesOf(api.store, appGuid);
  const targets = [...wanted.values()].filter((target) => !own.some((route) => uriOf(route) === uriOf(target)));
  for (const target of targets) {
    const existing = routeTo(api.store, target);
    if (existing === undefined || existing.destinations.length === 0) continue;
    throw new V1Error(
      'uriTaken',
      `The URI '${uriOf(target)}' has been taken already. ${ownershipOf(api.store, existing)}`,
    );
  }
  return { targets, removed: own.filter((route) => !wanted.has(uriOf(route))) };
}

export async function carryOutUris(api: Api, app: AppRecord, { targets, removed }: UriPlan): Promise<void> {
  for (const target of targets) {
    const existing = routeTo(api.store, target);
    if (existing === undefined) await createRoute(api, target, [app]);
    else await mapRoute(api, existing.guid, [app]);
  }
  for (const route of removed) await releaseRoute(api, app.guid, route);
}

/** Takes a route from an app. One that leads nowhere then is of no use to anybody. */
async function releaseRoute(api: Api, appGuid: string, route: RouteRecord): Promise<void> {
  if (route.destinations.every(({ app }) => app === appGuid)) await deleteRoute(api, route);
  else await unmapRoute(api, route.guid, ({ app }) => app === appGuid);
}

function targetIn(uri: string, domain: string): Target {
  const [host = ''] = uri.trim().toLowerCase().split('/');
  if (host !== domain && !host.endsWith(`.${domain}`)) {
    throw new V1Error('uriNotAllowed', `The URI '${uri}' is not below this platform's domain: <host>.${domain}.`);
  }
  if (host === domain || reservedHosts.includes(host.slice(0, -domain.length - 1))) {
    throw new V1Error('uriTaken', `The URI '${uri}' belongs to the platform itself: choose another host.`);
  }
  try {
    return targetOf(uri, domain);
  } catch (error) {
    throw error instanceof ApiError
      ? new V1Error('uriInvalid', `Invalid URI '${uri}': ${error.message}`, { cause: error })
      : error;
  }
}
