import * as v from 'valibot';
import { ApiError } from '#contract/api/errors.ts';
import type { HttpReply, HttpRequest, Routes } from '#ground/http-server.ts';
import type { Api } from '../api.ts';
import { mapRoute, unmapRoute } from '../changes/route.ts';
import type { AppRecord, RouteRecord } from '../records.ts';
import { linksAt } from '../views/links.ts';
import { destinationView } from '../views/route.ts';
import { baseOf } from './address.ts';
import { readJson } from './body.ts';
import { find, param } from './find.ts';

const Destinations = v.strictObject({
  destinations: v.array(
    v.strictObject({
      app: v.object({
        guid: v.string(),
        process: v.optional(v.object({ type: v.literal('web', 'only web processes have routes') })),
      }),
      port: v.optional(v.nullable(v.literal(8080, 'apps learn their port from the environment variable PORT'))),
      protocol: v.optional(v.nullable(v.literal('http1', 'only http1 is supported'))),
      weight: v.optional(v.null('weights are not supported')),
    }),
  ),
});

/** The apps a route leads to. */
export function destinationRoutes(routes: Routes, api: Api): void {
  const { store } = api;
  const path = '/v3/routes/:guid/destinations';
  routes.on('GET', path, (request) => destinationsReply(find(store, 'route', request), request));
  routes.on('POST', path, async (request) => {
    const { guid } = find(store, 'route', request);
    return destinationsReply(await mapRoute(api, guid, await wantedApps(api, request)), request);
  });
  routes.on('PATCH', path, async (request) => {
    const { guid } = find(store, 'route', request);
    const apps = await wantedApps(api, request);
    await mapRoute(api, guid, apps);
    const isGone = (app: string) => !apps.some((wanted) => wanted.guid === app);
    return destinationsReply(await unmapRoute(api, guid, ({ app }) => isGone(app)), request);
  });
  routes.on('DELETE', `${path}/:destination`, async (request): Promise<HttpReply> => {
    const route = find(store, 'route', request);
    const wanted = param(request, 'destination');
    if (!route.destinations.some(({ guid }) => guid === wanted)) {
      throw refused('Unable to unmap route from destination. Ensure the route has a destination with this guid.');
    }
    await unmapRoute(api, route.guid, ({ guid }) => guid === wanted);
    return { status: 204 };
  });
}

async function wantedApps({ store }: Api, request: HttpRequest): Promise<AppRecord[]> {
  const { destinations } = await readJson(request, Destinations);
  return destinations.map(({ app: { guid } }) => {
    const app = store.get('app', guid);
    if (app === undefined) {
      throw refused(`App(s) with guid(s) "${guid}" do not exist or you do not have access.`);
    }
    return app;
  });
}

function destinationsReply(route: RouteRecord, request: HttpRequest): HttpReply {
  const links = linksAt(baseOf(request), {
    self: `/v3/routes/${route.guid}/destinations`,
    route: `/v3/routes/${route.guid}`,
  });
  return { status: 200, body: { destinations: route.destinations.map(destinationView), links } };
}

function refused(detail: string): ApiError {
  return new ApiError('CF-UnprocessableEntity', detail);
}
