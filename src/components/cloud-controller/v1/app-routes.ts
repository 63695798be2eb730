import { V1AppRequest, V1Error } from '#contract/api/v1.ts';
import type { HttpReply, HttpRequest, Routes } from '#ground/http-server.ts';
import type { Api } from '../api.ts';
import { checkNameIsFree, newApp, webOf, whileNamesHold } from '../changes/app.ts';
import { deleteApp } from '../changes/delete-app.ts';
import { deleteRoute, whileRoutesHold } from '../changes/route.ts';
import { stopApp } from '../changes/run-state.ts';
import { newestPackageOf } from '../package-state.ts';
import type { AppRecord } from '../records.ts';
import { baseOf } from '../routes/address.ts';
import { routesOf } from '../uris.ts';
import { carryOutUris, planUris } from './app-uris.ts';
import { isRescaled, wishedApp } from './app-wish.ts';
import { readCatalog } from './catalog.ts';
import { startStaged } from './start-staged.ts';
import { v1AppOf } from './v1-app.ts';
import { readV1Json } from './v1-body.ts';
import { appIn, type V1Context } from './v1-context.ts';

/** Apps as the client of 2012 makes, changes and deletes them. */
export function v1AppRoutes(routes: Routes, context: V1Context): void {
  const { api, door } = context;
  const on = (method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, handler: typeof create) =>
    routes.on(
      method,
      path,
      door.guarded((request) => handler(context, request)),
    );
  on('GET', '/apps', async () => {
    const catalog = await readCatalog();
    return { status: 200, body: api.store.all('app').map((app) => v1AppOf(api, app, catalog)) };
  });
  on('POST', '/apps', create);
  on('GET', '/apps/:name', async (_, request) => {
    const catalog = await readCatalog();
    return { status: 200, body: v1AppOf(api, appIn(context, request), catalog) };
  });
  on('PUT', '/apps/:name', change);
  on('DELETE', '/apps/:name', remove);
}

async function create({ api }: V1Context, request: HttpRequest): Promise<HttpReply> {
  const wanted = await readV1Json(request, V1AppRequest);
  const surroundings = { store: api.store, catalog: await readCatalog() };
  const made = wishedApp(surroundings, newApp(wanted.name ?? '', api.options, new Date()), wanted);
  // As in 2012: one that is to be started has no bits yet. The first change after they came starts it.
  const app: AppRecord = { ...made, state: wanted.state ?? 'STOPPED' };
  await holding(api, async () => {
    checkNameIsFree(api.store, app.name);
    const uris = planUris(api, undefined, wanted.uris ?? []);
    await api.store.create('app', app);
    api.events.record('audit.app.create', { app }, { request: { name: app.name } });
    await carryOutUris(api, app, uris);
  });
  const location = `${baseOf(request)}/apps/${encodeURIComponent(app.name)}`;
  return { status: 302, headers: { location }, body: { result: 'success', redirect: location } };
}

/** Environment, memory and disk count from the next start on; instances and URIs at once. */
async function change(context: V1Context, request: HttpRequest): Promise<HttpReply> {
  const { api } = context;
  const before = appIn(context, request);
  const wanted = await readV1Json(request, V1AppRequest);
  const surroundings = { store: api.store, catalog: await readCatalog() };
  const app = await holding(api, async () => {
    if (typeof wanted.name === 'string') checkNameIsFree(api.store, wanted.name, before.guid);
    const uris = wanted.uris ? planUris(api, before.guid, wanted.uris) : undefined;
    const app = await api.store.update('app', before.guid, (now) => {
      checkVersion(api, now, wanted);
      const next = wishedApp(surroundings, now, wanted);
      return JSON.stringify(next) === JSON.stringify(now) ? now : next;
    });
    if (app !== before) api.events.record('audit.app.update', { app }, {});
    if (uris !== undefined) await carryOutUris(api, app, uris);
    return app;
  });
  const isToStop = wanted.state === 'STOPPED';
  if (isRescaled(before, app) && app.state === 'STARTED' && !isToStop) await api.operations.scale(app, webOf(app));
  if (isToStop) await stopApp(api, app.guid);
  if (wanted.state === 'STARTED' || (!isToStop && waitsToStart(api, app))) await startStaged(api, app);
  return { status: 200 };
}

/** Whether an app that was made to be started has bits now. */
function waitsToStart({ store }: Api, app: AppRecord): boolean {
  return app.state === 'STARTED' && app.currentDroplet === null && newestPackageOf(store, app) !== undefined;
}

async function remove(context: V1Context, request: HttpRequest): Promise<HttpReply> {
  const { api } = context;
  const app = appIn(context, request);
  await whileRoutesHold(api.store, async () => {
    const own = routesOf(api.store, app.guid);
    await deleteApp(api, app);
    for (const { guid } of own) {
      const route = api.store.get('route', guid);
      if (route?.destinations.length === 0) await deleteRoute(api, route);
    }
  });
  return { status: 200 };
}

function holding<T>(api: Api, work: () => Promise<T>): Promise<T> {
  return whileNamesHold(api.store, () => whileRoutesHold(api.store, work));
}

/** Whoever changed the app since the client looked would lose the change. */
function checkVersion({ store }: Api, { guid, name }: AppRecord, { meta }: V1AppRequest): void {
  const seen = meta?.version;
  if (seen === undefined || seen === null || seen === store.revisionOf('app', guid)) return;
  throw new V1Error('locking', `The app '${name}' was changed meanwhile: look at it again, then change it.`);
}
