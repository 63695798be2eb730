import * as v from 'valibot';
import type { App } from '#contract/api/resources.ts';
import { Domain, Route } from '#contract/api/resources.ts';
import { urlOf } from '../addresses.ts';
import { ApiClient } from '../api-client.ts';
import { findApp } from '../app/find-app.ts';
import { findRoute, type RouteAddress, routeAddress } from '../app/route-address.ts';
import type { Cli } from '../cli.ts';

interface Input {
  readonly name: string;
  readonly address: string;
  readonly json: boolean;
}

/** Makes the route when there is none. That it leads to the app already is fine. */
export async function run(cli: Cli, { name, address, json }: Input): Promise<void> {
  const api = await ApiClient.open(cli);
  const [app, domains] = await Promise.all([findApp(api, name), api.list('/v3/domains', Domain)]);
  const wanted = routeAddress(address, domains);
  const route = (await findRoute(api, wanted)) ?? (await makeRoute(api, wanted, app));
  if (!route.destinations.some((each) => each.app.guid === app.guid)) {
    const destinations = { destinations: [{ app: { guid: app.guid } }] };
    await api.post(`/v3/routes/${route.guid}/destinations`, destinations, v.looseObject({}));
  }
  const url = urlOf(route.url, api.platform);
  if (json) cli.out.json({ url, app: name });
  else cli.out.line(`${url} leads to ${name}.`);
}

function makeRoute(api: ApiClient, { host, domain, path }: RouteAddress, app: App): Promise<Route> {
  const relationships = { domain: { data: { guid: domain.guid } }, space: app.relationships.space };
  return api.post('/v3/routes', { host, ...(path === '' ? {} : { path }), relationships }, Route);
}
