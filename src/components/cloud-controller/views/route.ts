import { apiTime, type Route } from '#contract/api/resources.ts';
import type { RouteDestination, RouteRecord } from '../records.ts';
import type { Setup } from '../setup.ts';
import { uriOf } from '../uris.ts';
import { linksAt, noMetadata, to } from './links.ts';

export function routeView(route: RouteRecord, { space, domain }: Setup, base: string): Route {
  const self = `/v3/routes/${route.guid}`;
  return {
    guid: route.guid,
    created_at: apiTime(new Date(route.createdAt)),
    updated_at: apiTime(new Date(route.updatedAt)),
    protocol: 'http',
    host: route.host,
    path: route.path,
    port: null,
    url: uriOf(route),
    destinations: route.destinations.map(destinationView),
    options: {},
    metadata: noMetadata,
    relationships: { space: to(space.guid), domain: to(route.domain === domain.name ? domain.guid : null) },
    links: linksAt(base, {
      self,
      space: `/v3/spaces/${space.guid}`,
      domain: `/v3/domains/${domain.guid}`,
      destinations: `${self}/destinations`,
    }),
  };
}

export function destinationView({ guid, app, processType }: RouteDestination): Route['destinations'][number] {
  return { guid, app: { guid: app, process: { type: processType } }, weight: null, port: null, protocol: 'http1' };
}
