import type { Routes } from '#ground/http-server.ts';
import type { Api } from '../api.ts';
import type { RevisionRecord } from '../records.ts';
import { revisionsOf } from '../revisions.ts';
import { linksAt } from '../views/links.ts';
import { revisionView } from '../views/revision.ts';
import { baseOf } from './address.ts';
import { find } from './find.ts';
import { type Listing, listReply, oneOf } from './list.ts';

/** What an app was when it was started: what it can be brought back to. */
export function revisionRoutes(routes: Routes, api: Api): void {
  const { store } = api;
  const listing = revisionListing(api);
  routes.on('GET', '/v3/apps/:guid/revisions', (request) =>
    listReply(request, revisionsOf(store, find(store, 'app', request).guid), listing),
  );
  routes.on('GET', '/v3/apps/:guid/revisions/deployed', (request) => {
    const { guid, revision, state } = find(store, 'app', request);
    const deployed = revisionsOf(store, guid).filter((each) => state === 'STARTED' && each.guid === revision);
    return listReply(request, deployed, listing);
  });
  routes.on('GET', '/v3/revisions/:guid', (request) => ({
    status: 200,
    body: present(api, find(store, 'revision', request), baseOf(request)),
  }));
  routes.on('GET', '/v3/revisions/:guid/environment_variables', (request) => {
    const { guid, app, environment } = find(store, 'revision', request);
    const links = linksAt(baseOf(request), {
      self: `/v3/revisions/${guid}/environment_variables`,
      revision: `/v3/revisions/${guid}`,
      app: `/v3/apps/${app}`,
    });
    return { status: 200, body: { var: environment, links } };
  });
  // Each start makes one where something was changed, and nobody can have it otherwise.
  routes.on('GET', '/v3/apps/:guid/features/revisions', (request) => {
    find(store, 'app', request);
    const description = 'Enable versioning of an application';
    return { status: 200, body: { name: 'revisions', description, enabled: true } };
  });
}

function revisionListing(api: Api): Listing<RevisionRecord> {
  return {
    filters: {
      versions: oneOf(({ number }) => String(number)),
      deployable: oneOf((revision) => String(isDeployable(api, revision))),
    },
    orders: { created_at: ({ createdAt }) => createdAt, updated_at: ({ updatedAt }) => updatedAt },
    present: (revision, base) => present(api, revision, base),
  };
}

function present(api: Api, revision: RevisionRecord, base: string) {
  return revisionView(revision, isDeployable(api, revision), base);
}

function isDeployable({ store }: Api, { droplet }: RevisionRecord): boolean {
  return store.get('droplet', droplet) !== undefined;
}
