import { ApiError } from '#contract/api/errors.ts';
import type { Routes } from '#ground/http-server.ts';
import type { Api } from '../api.ts';
import type { DropletRecord } from '../records.ts';
import { dropletView } from '../views/droplet.ts';
import { baseOf } from './address.ts';
import { find } from './find.ts';
import { type Listing, listReply, oneOf } from './list.ts';

/** What staging made. */
export function dropletRoutes(routes: Routes, api: Api): void {
  const { store, operations } = api;
  routes.on('GET', '/v3/droplets', (request) => listReply(request, store.all('droplet'), dropletListing(api)));
  routes.on('GET', '/v3/apps/:guid/droplets', (request) => {
    const app = find(store, 'app', request);
    return listReply(
      request,
      store.all('droplet').filter((droplet) => droplet.app === app.guid),
      dropletListing(api),
    );
  });
  routes.on('GET', '/v3/droplets/:guid', (request) => ({
    status: 200,
    body: dropletView(find(store, 'droplet', request), baseOf(request)),
  }));
  routes.on('GET', '/v3/droplets/:guid/download', (request) => {
    const droplet = find(store, 'droplet', request);
    if (droplet.layer !== undefined) {
      throw new ApiError(
        'CF-UnprocessableEntity',
        'This droplet is of a watch and was not packed as a whole: that comes a moment after the last change.',
      );
    }
    return {
      status: 200,
      headers: { 'content-type': 'application/gzip' },
      body: operations.dropletStream(droplet),
    };
  });
  routes.on('POST', '/v3/droplets', () => {
    throw new ApiError('CF-UnprocessableEntity', 'Droplets cannot be uploaded yet: push the source of the app.');
  });
}

export function dropletListing({ setup }: Api): Listing<DropletRecord> {
  return {
    filters: {
      guids: oneOf(({ guid }) => guid),
      app_guids: oneOf(({ app }) => app),
      states: oneOf(({ state }) => state),
      space_guids: oneOf(() => setup.space.guid),
      organization_guids: oneOf(() => setup.organization.guid),
    },
    orders: { created_at: ({ createdAt }) => createdAt, updated_at: ({ updatedAt }) => updatedAt },
    present: dropletView,
  };
}
