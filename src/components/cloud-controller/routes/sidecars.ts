import * as v from 'valibot';
import type { HttpReply, HttpRequest, Routes } from '#ground/http-server.ts';
import type { Api } from '../api.ts';
import { checkMemoryOfSidecars, withChangedSidecar, withNewSidecar } from '../changes/sidecars.ts';
import type { AppRecord, SidecarRecord } from '../records.ts';
import type { Store } from '../store.ts';
import { sidecarView } from '../views/sidecar.ts';
import { count, readJson } from './body.ts';
import { find, notFound, param } from './find.ts';
import { type Listing, listReply } from './list.ts';

const NewSidecar = v.strictObject({
  name: v.string(),
  command: v.string(),
  process_types: v.array(v.string()),
  memory_in_mb: v.nullish(count(1)),
});
const ChangedSidecar = v.partial(NewSidecar);
type ChangedSidecar = v.InferOutput<typeof ChangedSidecar>;

/** Programs that run beside the processes of an app. What is changed counts from the next start on. */
export function sidecarRoutes(routes: Routes, api: Api): void {
  const { store } = api;
  routes.on('GET', '/v3/apps/:guid/sidecars', (request) => {
    const app = find(store, 'app', request);
    return listReply(request, app.sidecars ?? [], sidecarListing(app));
  });
  routes.on('POST', '/v3/apps/:guid/sidecars', async (request) => {
    const { guid } = find(store, 'app', request);
    const wanted = await readJson(request, NewSidecar);
    const app = await change(api, guid, (app) => withNewSidecar(app, { ...changeIn(wanted), name: wanted.name }));
    return one(201, app, app.sidecars?.at(-1));
  });
  routes.on('GET', '/v3/sidecars/:guid', (request) => {
    const { app, sidecar } = findSidecar(store, request);
    return one(200, app, sidecar);
  });
  routes.on('PATCH', '/v3/sidecars/:guid', async (request) => {
    const { app: found, sidecar } = findSidecar(store, request);
    const wanted = changeIn(await readJson(request, ChangedSidecar));
    const app = await change(api, found.guid, (app) => withChangedSidecar(app, sidecar.guid, wanted));
    const isIt = ({ guid }: SidecarRecord) => guid === sidecar.guid;
    return one(200, app, app.sidecars?.find(isIt));
  });
  routes.on('DELETE', '/v3/sidecars/:guid', async (request) => {
    const { app, sidecar } = findSidecar(store, request);
    await change(api, app.guid, ({ sidecars = [], ...app }) => {
      return { ...app, sidecars: sidecars.filter(({ guid }) => guid !== sidecar.guid) };
    });
    return { status: 204 };
  });
}

/** How the sidecars of an app are listed. */
export function sidecarListing(app: AppRecord): Listing<SidecarRecord> {
  return {
    orders: { created_at: ({ createdAt }) => createdAt, updated_at: ({ updatedAt }) => updatedAt },
    present: (sidecar) => sidecarView(app, sidecar),
  };
}

function one(status: number, app: AppRecord, sidecar: SidecarRecord | undefined): HttpReply {
  if (sidecar === undefined) throw notFound('Sidecar'); // somebody took it away meanwhile
  return { status, body: sidecarView(app, sidecar) };
}

function changeIn({ name, command, process_types: processTypes, memory_in_mb: memoryMb }: ChangedSidecar) {
  return { name, command, processTypes, memoryMb };
}

async function change({ events, store }: Api, guid: string, make: (app: AppRecord) => AppRecord): Promise<AppRecord> {
  const app = await store.update('app', guid, (app) => {
    const next = make(app);
    checkMemoryOfSidecars(next);
    return next;
  });
  const sidecars = (app.sidecars ?? []).map(({ name }) => name).join(', ');
  events.record('audit.app.update', { app }, { request: { sidecars } });
  return app;
}

/** @throws ApiError 404 */
function findSidecar(store: Store, request: HttpRequest): { app: AppRecord; sidecar: SidecarRecord } {
  const guid = param(request, 'guid');
  for (const app of store.all('app')) {
    const sidecar = app.sidecars?.find((each) => each.guid === guid);
    if (sidecar !== undefined) return { app, sidecar };
  }
  throw notFound('Sidecar');
}
