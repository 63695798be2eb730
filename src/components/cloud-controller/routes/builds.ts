import * as v from 'valibot';
import { ApiError } from '#contract/api/errors.ts';
import type { HttpReply, HttpRequest, Routes } from '#ground/http-server.ts';
import type { Api } from '../api.ts';
import { startBuild } from '../changes/build.ts';
import { checkLifecycle, LifecycleRequest } from '../lifecycle.ts';
import type { BuildRecord } from '../records.ts';
import { buildView } from '../views/build.ts';
import { baseOf } from './address.ts';
import { count, Metadata, readJson } from './body.ts';
import { find } from './find.ts';
import { type Listing, listReply, oneOf } from './list.ts';
import { untilShown } from './staging-log.ts';
import { untilBuilt } from './until-built.ts';

const NewBuild = v.strictObject({
  package: v.object({ guid: v.string() }),
  lifecycle: v.optional(LifecycleRequest),
  staging_memory_in_mb: v.optional(count(1)),
  staging_disk_in_mb: v.optional(count(1)),
  metadata: v.optional(Metadata),
});

/** Staging: a package becomes a droplet. */
export function buildRoutes(routes: Routes, api: Api): void {
  const { store, setup } = api;
  const one = (status: number, build: BuildRecord, request: HttpRequest): HttpReply => ({
    status,
    body: buildView(build, setup, baseOf(request)),
  });
  routes.on('GET', '/v3/builds', (request) => listReply(request, store.all('build'), buildListing(api)));
  routes.on('GET', '/v3/apps/:guid/builds', (request) => {
    const app = find(store, 'app', request);
    return listReply(
      request,
      store.all('build').filter((build) => build.app === app.guid),
      buildListing(api),
    );
  });
  routes.on('GET', '/v3/builds/:guid', async (request) => {
    await untilBuilt(store, find(store, 'build', request), request);
    await untilShown(find(store, 'build', request), request);
    return one(200, find(store, 'build', request), request);
  });
  routes.on('POST', '/v3/builds', async (request) => one(201, await createBuild(api, request), request));
}

function buildListing({ setup }: Api): Listing<BuildRecord> {
  return {
    filters: {
      guids: oneOf(({ guid }) => guid),
      app_guids: oneOf(({ app }) => app),
      package_guids: oneOf((build) => build.package),
      states: oneOf(({ state }) => state),
    },
    orders: { created_at: ({ createdAt }) => createdAt, updated_at: ({ updatedAt }) => updatedAt },
    present: (build, base) => buildView(build, setup, base),
  };
}

async function createBuild(api: Api, request: HttpRequest): Promise<BuildRecord> {
  const { store } = api;
  const wanted = await readJson(request, NewBuild);
  await checkLifecycle(api, wanted.lifecycle);
  const bits = store.get('package', wanted.package.guid);
  const app = bits === undefined ? undefined : store.get('app', bits.app);
  if (bits === undefined || app === undefined) {
    throw refused('Unable to use package. Ensure that the package exists and you have access to it.');
  }
  if (bits.state !== 'READY') throw refused(`Cannot stage package whose state is not ready (it is ${bits.state}).`);
  return startBuild(api, app, bits);
}

function refused(detail: string): ApiError {
  return new ApiError('CF-UnprocessableEntity', detail);
}
