import * as v from 'valibot';
import { ApiError } from '#contract/api/errors.ts';
import type { HttpReply, HttpRequest, Routes } from '#ground/http-server.ts';
import type { Api } from '../api.ts';
import { checkTarget, createRoute, deleteRoute, whileRoutesHold } from '../changes/route.ts';
import type { RouteRecord } from '../records.ts';
import { routesOf } from '../uris.ts';
import { domainView, spaceView } from '../views/place.ts';
import { routeView } from '../views/route.ts';
import { baseOf } from './address.ts';
import { Metadata, readJson, ToOne } from './body.ts';
import { checkPlace, find, param } from './find.ts';
import { jobReply } from './jobs.ts';
import { type Listing, listReply, oneOf } from './list.ts';

const NewRoute = v.strictObject({
  host: v.optional(v.string(), ''),
  path: v.optional(v.string(), ''),
  port: v.optional(v.null('only HTTP routes are supported, which have no port')),
  relationships: v.object({ space: ToOne, domain: ToOne }),
  options: v.optional(v.strictObject({})),
  metadata: v.optional(Metadata),
});

/** Which hosts and paths lead to which apps. */
export function routeRoutes(routes: Routes, api: Api): void {
  const { store, setup, jobs } = api;
  const one = (status: number, route: RouteRecord, request: HttpRequest): HttpReply => ({
    status,
    body: routeView(route, setup, baseOf(request)),
  });
  const listing = routeListing(api);
  routes.on('GET', '/v3/routes', (request) => listReply(request, store.all('route'), listing));
  routes.on('GET', '/v3/apps/:guid/routes', (request) =>
    listReply(request, routesOf(store, find(store, 'app', request).guid), listing),
  );
  routes.on('GET', '/v3/routes/:guid', (request) => one(200, find(store, 'route', request), request));
  routes.on('POST', '/v3/routes', async (request) => one(201, await newRoute(api, request), request));
  routes.on('DELETE', '/v3/routes/:guid', async (request) => {
    const route = find(store, 'route', request);
    return jobReply(request, await jobs.run('route.delete', () => deleteRoute(api, route)));
  });
  routes.on('DELETE', '/v3/spaces/:guid/routes', async (request) => {
    checkPlace(api, 'space', param(request, 'guid'));
    if (request.query.get('unmapped') !== 'true') {
      throw new ApiError(
        'CF-UnprocessableEntity',
        "Mass delete not supported for mapped routes. Use 'unmapped=true' parameter to delete all unmapped routes.",
      );
    }
    return jobReply(request, await jobs.run('space.delete_unmapped_routes', () => deleteUnmapped(api)));
  });
}

function routeListing({ setup }: Api): Listing<RouteRecord> {
  return {
    filters: {
      guids: oneOf(({ guid }) => guid),
      app_guids: ({ destinations }, wanted) => destinations.some(({ app }) => wanted.has(app)),
      hosts: ({ host }, wanted) => [...wanted].some((each) => each.toLowerCase() === host),
      paths: oneOf(({ path }) => path),
      domain_guids: oneOf(({ domain }) => (domain === setup.domain.name ? setup.domain.guid : '')),
      space_guids: oneOf(() => setup.space.guid),
      organization_guids: oneOf(() => setup.organization.guid),
      ports: oneOf(() => ''),
    },
    orders: { created_at: ({ createdAt }) => createdAt, updated_at: ({ updatedAt }) => updatedAt },
    includes: {
      domain: (_, base) => ({ domains: [domainView(setup, base)] }),
      space: (_, base) => ({ spaces: [spaceView(setup, base)] }),
    },
    present: (route, base) => routeView(route, setup, base),
  };
}

async function newRoute(api: Api, request: HttpRequest): Promise<RouteRecord> {
  const { host, path, relationships } = await readJson(request, NewRoute);
  for (const place of ['space', 'domain'] as const) {
    if (relationships[place].data.guid === api.setup[place].guid) continue;
    throw new ApiError(
      'CF-UnprocessableEntity',
      `Invalid ${place}. Ensure that the ${place} exists and you have access to it.`,
    );
  }
  const target = checkTarget({ host, path, domain: api.setup.domain.name });
  return whileRoutesHold(api.store, () => createRoute(api, target));
}

async function deleteUnmapped(api: Api): Promise<void> {
  for (const route of api.store.all('route')) {
    if (route.destinations.length === 0) await deleteRoute(api, route);
  }
}
