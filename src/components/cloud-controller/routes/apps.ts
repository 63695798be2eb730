import * as v from 'valibot';
import { ApiError } from '#contract/api/errors.ts';
import type { HttpReply, HttpRequest, Routes } from '#ground/http-server.ts';
import type { Api } from '../api.ts';
import { changedAnnotations } from '../app-annotations.ts';
import { checkNameIsFree, merged, newApp, whileNamesHold } from '../changes/app.ts';
import { deleteApp } from '../changes/delete-app.ts';
import { changedEnvironment } from '../environment.ts';
import { checkLifecycle, LifecycleRequest } from '../lifecycle.ts';
import { mapping } from '../mapping.ts';
import { checkAppName } from '../names.ts';
import type { AppRecord } from '../records.ts';
import { appView } from '../views/app.ts';
import { organizationView, spaceView } from '../views/place.ts';
import { baseOf } from './address.ts';
import { Metadata, readJson, ToOne } from './body.ts';
import { find } from './find.ts';
import { jobReply } from './jobs.ts';
import { type Listing, listReply, oneOf } from './list.ts';

const NewApp = v.strictObject({
  name: v.string(),
  relationships: v.object({ space: ToOne }),
  environment_variables: v.optional(mapping(v.unknown())),
  lifecycle: v.optional(LifecycleRequest),
  metadata: v.optional(Metadata),
});

const ChangedApp = v.strictObject({
  name: v.optional(v.string()),
  lifecycle: v.optional(LifecycleRequest),
  metadata: v.optional(Metadata),
});

export function appRoutes(routes: Routes, api: Api): void {
  const one = (status: number, app: AppRecord, request: HttpRequest): HttpReply => ({
    status,
    body: appView(app, api.setup, baseOf(request)),
  });
  const listing = appListing(api);
  routes.on('GET', '/v3/apps', (request) => listReply(request, api.store.all('app'), listing));
  routes.on('GET', '/v3/apps/:guid', (request) => one(200, find(api.store, 'app', request), request));
  routes.on('POST', '/v3/apps', async (request) => one(201, await createApp(api, request), request));
  routes.on('PATCH', '/v3/apps/:guid', async (request) => one(200, await changeApp(api, request), request));
  routes.on('DELETE', '/v3/apps/:guid', async (request) => {
    const app = find(api.store, 'app', request);
    return jobReply(request, await api.jobs.run('app.delete', () => deleteApp(api, app)));
  });
}

function appListing({ setup }: Api): Listing<AppRecord> {
  return {
    filters: {
      names: oneOf(({ name }) => name),
      guids: oneOf(({ guid }) => guid),
      space_guids: oneOf(() => setup.space.guid),
      organization_guids: oneOf(() => setup.organization.guid),
      lifecycle_type: oneOf(({ lifecycle }) => lifecycle.type),
    },
    orders: {
      name: ({ name }) => name,
      state: ({ state }) => state,
      created_at: ({ createdAt }) => createdAt,
      updated_at: ({ updatedAt }) => updatedAt,
    },
    includes: {
      space: (_, base) => ({ spaces: [spaceView(setup, base)] }),
      org: (_, base) => ({ organizations: [organizationView(setup, base)] }),
      'space.organization': (_, base) => ({
        spaces: [spaceView(setup, base)],
        organizations: [organizationView(setup, base)],
      }),
    },
    present: (app, base) => appView(app, setup, base),
  };
}

async function createApp(api: Api, request: HttpRequest): Promise<AppRecord> {
  const wanted = await readJson(request, NewApp);
  if (wanted.relationships.space.data.guid !== api.setup.space.guid) {
    throw new ApiError(
      'CF-UnprocessableEntity',
      'Invalid space. Ensure that the space exists and you have access to it.',
    );
  }
  await checkLifecycle(api, wanted.lifecycle);
  const app: AppRecord = {
    ...newApp(wanted.name, api.options, new Date()),
    environment: changedEnvironment({}, wanted.environment_variables ?? {}),
    lifecycle: { type: 'buildpack', buildpacks: wanted.lifecycle?.data?.buildpacks ?? [], stack: null },
    labels: merged({}, wanted.metadata?.labels),
    annotations: changedAnnotations({}, wanted.metadata?.annotations),
  };
  await whileNamesHold(api.store, async () => {
    checkNameIsFree(api.store, app.name);
    await api.store.create('app', app);
  });
  api.events.record('audit.app.create', { app }, { request: { name: app.name } });
  return app;
}

async function changeApp(api: Api, request: HttpRequest): Promise<AppRecord> {
  const { guid } = find(api.store, 'app', request);
  const wanted = await readJson(request, ChangedApp);
  if (wanted.name !== undefined) checkAppName(wanted.name);
  await checkLifecycle(api, wanted.lifecycle);
  const app = await whileNamesHold(api.store, async () => {
    if (wanted.name !== undefined) checkNameIsFree(api.store, wanted.name, guid);
    return api.store.update('app', guid, (app) => ({
      ...app,
      name: wanted.name ?? app.name,
      lifecycle: { ...app.lifecycle, buildpacks: wanted.lifecycle?.data?.buildpacks ?? app.lifecycle.buildpacks },
      labels: merged(app.labels, wanted.metadata?.labels),
      annotations: changedAnnotations(app.annotations, wanted.metadata?.annotations),
    }));
  });
  api.events.record('audit.app.update', { app }, { request: wanted });
  return app;
}
