import { totalmem } from 'node:os';
import type { V1Usage } from '#contract/api/v1.ts';
import type { HttpRequest, Routes } from '#ground/http-server.ts';
import type { Api } from '../api.ts';
import { webOf } from '../changes/app.ts';
import type { AppRecord } from '../records.ts';
import { baseOf } from '../routes/address.ts';
import { readCatalog } from './catalog.ts';
import type { V1Context } from './v1-context.ts';

const megabyte = 1024 * 1024;
/** More than anybody needs here: nothing but memory is limited. */
const plenty = 1_000;

/** What this cloud is, and what can be pushed to it. Asked before a login, and after it again. */
export function v1InfoRoutes(routes: Routes, { api, door }: V1Context): void {
  routes.on(
    'GET',
    '/info',
    door.open(async (request) => {
      const user = await door.userOf(request);
      return {
        status: 200,
        body: { ...(await infoOf(api, request)), ...(user === undefined ? {} : personal(api, user)) },
      };
    }),
  );
  routes.on(
    'GET',
    '/info/runtimes',
    door.open(async () => ({ status: 200, body: (await readCatalog()).runtimesView() })),
  );
  // There are none: apps get what they need through their environment.
  routes.on(
    'GET',
    '/info/services',
    door.open(() => ({ status: 200, body: {} })),
  );
}

async function infoOf({ options }: Api, request: HttpRequest): Promise<object> {
  return {
    name: 'vcap',
    build: 2222,
    support: baseOf(request),
    version: options.version,
    description: 'localpaas: a whole Cloud Foundry in one program',
    allow_debug: false,
    frameworks: (await readCatalog()).frameworksView(),
  };
}

function personal({ store }: Api, user: string): object {
  const limits = { memory: Math.floor(totalmem() / megabyte), app_uris: plenty, services: 0, apps: plenty };
  return { user, limits, usage: usageOf(store.all('app')) };
}

function usageOf(apps: readonly AppRecord[]): V1Usage {
  const memory = apps
    .filter(({ state }) => state === 'STARTED')
    .map(webOf)
    .reduce((sum, { instances, memoryMb }) => sum + instances * memoryMb, 0);
  return { memory, apps: apps.length, services: 0 };
}
