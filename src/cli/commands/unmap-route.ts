import { Domain } from '#contract/api/resources.ts';
import { ActionableError } from '#ground/errors.ts';
import { urlOf } from '../addresses.ts';
import { ApiClient } from '../api-client.ts';
import { findApp } from '../app/find-app.ts';
import { findRoute, routeAddress } from '../app/route-address.ts';
import type { Cli } from '../cli.ts';
import { awaitJob } from '../job.ts';

interface Input {
  readonly name: string;
  readonly address: string;
  readonly json: boolean;
}

/** A route that leads nowhere afterwards is deleted: nobody needs its name kept free on a machine of one's own. */
export async function run(cli: Cli, { name, address, json }: Input): Promise<void> {
  const api = await ApiClient.open(cli);
  const [app, domains] = await Promise.all([findApp(api, name), api.list('/v3/domains', Domain)]);
  const route = await findRoute(api, routeAddress(address, domains));
  const own = route?.destinations.filter((each) => each.app.guid === app.guid) ?? [];
  if (route === undefined || own.length === 0) {
    throw new ActionableError(
      'NOT_FOUND',
      `${address} does not lead to ${name}.`,
      '`localpaas routes` shows what leads where.',
    );
  }
  for (const destination of own) {
    const path = `/v3/routes/${route.guid}/destinations/${destination.guid}`;
    (await api.exchange(path, { method: 'DELETE' })).discard();
  }
  const isLast = own.length === route.destinations.length;
  if (isLast) await awaitJob(cli, api, await api.exchange(`/v3/routes/${route.guid}`, { method: 'DELETE' }));
  const url = urlOf(route.url, api.platform);
  if (json) cli.out.json({ url, app: name, deleted: isLast });
  else cli.out.line(`${url} no longer leads to ${name}${isLast ? ' or anywhere else, so it is deleted' : ''}.`);
}
