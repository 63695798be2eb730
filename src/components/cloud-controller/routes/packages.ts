import * as v from 'valibot';
import { ApiError } from '#contract/api/errors.ts';
import { ResourceList } from '#contract/api/resources.ts';
import type { HttpReply, HttpRequest, Routes } from '#ground/http-server.ts';
import type { Api } from '../api.ts';
import { copyPackage, createPackage } from '../changes/package.ts';
import type { PackageRecord } from '../records.ts';
import { packageView } from '../views/package.ts';
import { baseOf } from './address.ts';
import { Metadata, readJson, ToOne } from './body.ts';
import { dropletListing } from './droplets.ts';
import { find } from './find.ts';
import { type Listing, listReply, oneOf } from './list.ts';

const NewPackage = v.strictObject({
  type: v.string(),
  relationships: v.object({ app: ToOne }),
  data: v.optional(v.looseObject({})),
  metadata: v.optional(Metadata),
});

const CopiedPackage = v.strictObject({
  relationships: v.object({ app: ToOne }),
  metadata: v.optional(Metadata),
});

const maxResources = 5_000;

/** The source bits of apps. */
export function packageRoutes(routes: Routes, api: Api): void {
  const { store, operations } = api;
  const one = (status: number, record: PackageRecord, request: HttpRequest): HttpReply => ({
    status,
    body: packageView(record, baseOf(request)),
  });
  routes.on('POST', '/v3/resource_matches', async (request) => {
    const { resources } = await readJson(request, ResourceList);
    if (resources.length > maxResources) throw refused(`Resources is too many (at most ${maxResources}).`);
    return { status: 201, body: { resources: await operations.matchResources(resources) } };
  });
  routes.on('GET', '/v3/packages', (request) => listReply(request, store.all('package'), packageListing(api)));
  routes.on('GET', '/v3/apps/:guid/packages', (request) => {
    const app = find(store, 'app', request);
    return listReply(
      request,
      store.all('package').filter((record) => record.app === app.guid),
      packageListing(api),
    );
  });
  routes.on('GET', '/v3/packages/:guid', (request) => one(200, find(store, 'package', request), request));
  routes.on('POST', '/v3/packages', async (request) => one(201, await newPackage(api, request), request));
  routes.on('POST', '/v3/packages/:guid/upload', async (request) => one(200, await upload(api, request), request));
  routes.on('GET', '/v3/packages/:guid/download', (request) => {
    const record = find(store, 'package', request);
    if (record.state !== 'READY') throw refused('Package has no bits to download.');
    return { status: 200, headers: { 'content-type': 'application/zip' }, body: operations.packageStream(record) };
  });
  routes.on('GET', '/v3/packages/:guid/droplets', (request) => {
    const record = find(store, 'package', request);
    const droplets = store.all('droplet').filter((droplet) => droplet.package === record.guid);
    return listReply(request, droplets, dropletListing(api));
  });
}

function packageListing({ setup }: Api): Listing<PackageRecord> {
  return {
    filters: {
      guids: oneOf(({ guid }) => guid),
      app_guids: oneOf(({ app }) => app),
      states: oneOf(({ state }) => state),
      types: oneOf(() => 'bits'),
      space_guids: oneOf(() => setup.space.guid),
      organization_guids: oneOf(() => setup.organization.guid),
    },
    orders: { created_at: ({ createdAt }) => createdAt, updated_at: ({ updatedAt }) => updatedAt },
    present: packageView,
  };
}

async function newPackage(api: Api, request: HttpRequest): Promise<PackageRecord> {
  const { store } = api;
  const source = request.query.get('source_guid');
  if (source !== null) return copyOf(api, source, await readJson(request, CopiedPackage));
  const wanted = await readJson(request, NewPackage);
  if (wanted.type === 'docker') throw refused('Docker images are not supported: push the source of the app.');
  if (wanted.type !== 'bits') throw refused(`Type must be bits, not '${wanted.type}'.`);
  return createPackage(store, appOf(api, wanted));
}

/** As `cf copy-source` has it. */
async function copyOf(api: Api, guid: string, wanted: v.InferOutput<typeof CopiedPackage>): Promise<PackageRecord> {
  const { store } = api;
  const app = appOf(api, wanted);
  const source = store.get('package', guid);
  if (source?.state !== 'READY') throw noSource();
  const copy = await copyPackage(store, app, source);
  if (copy === undefined) throw noSource();
  return copy;
}

function noSource(): ApiError {
  return refused('Source package is invalid. Ensure it exists, is READY, and you have access to it.');
}

function appOf({ store }: Api, { relationships }: v.InferOutput<typeof CopiedPackage>): string {
  const { guid } = relationships.app.data;
  if (store.get('app', guid) === undefined)
    throw refused('App is invalid. Ensure it exists and you have access to it.');
  return guid;
}

async function upload({ store, operations, events }: Api, request: HttpRequest): Promise<PackageRecord> {
  const before = find(store, 'package', request);
  if (before.state !== 'AWAITING_UPLOAD') {
    throw new ApiError(
      'CF-AppBitsUploadInvalid',
      'Bits may be uploaded only once. Create a new package to upload different bits.',
    );
  }
  const record = await operations.uploadPackage(before, request);
  const app = store.get('app', record.app);
  if (app !== undefined) events.record('audit.app.upload-bits', { app }, { package_guid: record.guid });
  return record;
}

function refused(detail: string): ApiError {
  return new ApiError('CF-UnprocessableEntity', detail);
}
