import * as v from 'valibot';
import { ApiError } from '#contract/api/errors.ts';
import type { HttpReply, HttpRequest, Routes } from '#ground/http-server.ts';
import type { Api } from '../api.ts';
import { merged } from '../changes/app.ts';
import { changeBuildpack, createBuildpack, deleteBuildpack, inOrder } from '../changes/buildpack.ts';
import type { BuildpackRecord } from '../records.ts';
import { hostStack } from '../views/app.ts';
import { buildpackView } from '../views/buildpack.ts';
import { baseOf } from './address.ts';
import { count, Metadata, readJson } from './body.ts';
import { find } from './find.ts';
import { jobReply } from './jobs.ts';
import { type Listing, listReply, oneOf } from './list.ts';

const common = {
  position: v.optional(count(1)),
  enabled: v.optional(v.boolean()),
  locked: v.optional(v.boolean()),
  stack: v.optional(v.nullable(v.string())),
  lifecycle: v.optional(v.nullable(v.string())),
  metadata: v.optional(Metadata),
};
const NewBuildpack = v.strictObject({ name: v.string(), ...common });
const ChangedBuildpack = v.strictObject({ name: v.optional(v.string()), ...common });

/** The buildpacks that apps may name, and which are asked in turn for an app that names none. */
export function buildpackRoutes(routes: Routes, api: Api): void {
  const { store } = api;
  const one = (status: number, record: BuildpackRecord, request: HttpRequest): HttpReply => ({
    status,
    body: buildpackView(record, baseOf(request)),
  });
  const list = async (request: HttpRequest) => {
    await api.operations.buildpacksKnown();
    return listReply(request, inOrder(store), listing);
  };
  routes.on('GET', '/v3/buildpacks', list).on('GET', '/v3/buildpacks/', list);
  const create = async (request: HttpRequest) => one(201, await newBuildpack(api, request), request);
  routes.on('POST', '/v3/buildpacks', create).on('POST', '/v3/buildpacks/', create); // cf says it with a slash
  routes.on('GET', '/v3/buildpacks/:guid', (request) => one(200, find(store, 'buildpack', request), request));
  routes.on('PATCH', '/v3/buildpacks/:guid', async (request) => one(200, await change(api, request), request));
  routes.on('DELETE', '/v3/buildpacks/:guid', async (request) => {
    // A refusal is told at once: clients show that of a job with the guid of the job before it.
    await deleteBuildpack(store, find(store, 'buildpack', request).guid);
    return jobReply(request, await api.jobs.run('buildpack.delete', async () => {}));
  });
  routes.on('POST', '/v3/buildpacks/:guid/upload', (request) => upload(api, request));
}

const listing: Listing<BuildpackRecord> = {
  filters: {
    names: oneOf(({ name }) => name),
    guids: oneOf(({ guid }) => guid),
    stacks: () => true, // none is made for one
    lifecycle: (_, wanted) => wanted.has('buildpack'),
  },
  orders: {
    position: ({ position }) => position,
    created_at: ({ createdAt }) => createdAt,
    updated_at: ({ updatedAt }) => updatedAt,
  },
  present: buildpackView,
};

async function newBuildpack({ store, operations }: Api, request: HttpRequest): Promise<BuildpackRecord> {
  await operations.buildpacksKnown();
  const { stack, lifecycle, metadata, ...wish } = await readJson(request, NewBuildpack);
  checkPlatform(stack, lifecycle);
  return createBuildpack(store, {
    ...given(wish),
    name: wish.name,
    labels: merged({}, metadata?.labels),
    annotations: merged({}, metadata?.annotations),
  });
}

async function change({ store }: Api, request: HttpRequest): Promise<BuildpackRecord> {
  const { guid, labels, annotations } = find(store, 'buildpack', request);
  const { stack, lifecycle, metadata, ...wish } = await readJson(request, ChangedBuildpack);
  checkPlatform(stack, lifecycle);
  return changeBuildpack(store, guid, {
    ...given(wish),
    labels: merged(labels, metadata?.labels),
    annotations: merged(annotations, metadata?.annotations),
  });
}

async function upload({ store, operations, jobs }: Api, request: HttpRequest): Promise<HttpReply> {
  const record = find(store, 'buildpack', request);
  if (record.isBuiltIn)
    throw refused('It comes with localpaas: add your own under another name, and disable this one.');
  if (record.locked) throw refused('Buildpack is locked');
  const uploaded = await operations.uploadBuildpack(record, request);
  const job = await jobs.run('buildpack.upload', async () => {});
  return { ...jobReply(request, job), body: buildpackView(uploaded, baseOf(request)) };
}

function checkPlatform(stack: string | null | undefined, lifecycle: string | null | undefined): void {
  if (stack != null) {
    const why = stack === hostStack ? '' : `Stack '${stack}' does not exist. `;
    throw refused(`${why}Buildpacks serve all stacks here: leave the stack out.`);
  }
  if (lifecycle != null && lifecycle !== 'buildpack') {
    throw refused(`Lifecycle '${lifecycle}' is not supported: leave it out.`);
  }
}

/** What somebody said, without what nobody did. */
function given<T extends object>(wish: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(wish).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}

function refused(detail: string): ApiError {
  return new ApiError('CF-UnprocessableEntity', detail);
}
