import * as v from 'valibot';
import { ApiError } from '#contract/api/errors.ts';
import type { HttpReply, HttpRequest, Routes } from '#ground/http-server.ts';
import type { Api } from '../api.ts';
import { withDroplet } from '../changes/current-droplet.ts';
import { restartApp, startApp, stopApp } from '../changes/run-state.ts';
import type { AppRecord } from '../records.ts';
import { appView } from '../views/app.ts';
import { dropletView } from '../views/droplet.ts';
import { linksAt, to } from '../views/links.ts';
import { baseOf } from './address.ts';
import { readJson } from './body.ts';
import { find, notFound } from './find.ts';

const CurrentDroplet = v.strictObject({ data: v.object({ guid: v.string() }) });

/** What an app runs, and whether it runs. */
export function appActionRoutes(routes: Routes, api: Api): void {
  const action = (change: (api: Api, guid: string) => Promise<AppRecord>) => async (request: HttpRequest) => {
    const app = await change(api, find(api.store, 'app', request).guid);
    return { status: 200, body: appView(app, api.setup, baseOf(request)) };
  };
  routes.on('POST', '/v3/apps/:guid/actions/start', action(startApp));
  routes.on('POST', '/v3/apps/:guid/actions/stop', action(stopApp));
  routes.on('POST', '/v3/apps/:guid/actions/restart', action(restartApp));
  routes.on('PATCH', '/v3/apps/:guid/relationships/current_droplet', (request) => assignDroplet(api, request));
  routes.on('GET', '/v3/apps/:guid/relationships/current_droplet', (request) => {
    const app = find(api.store, 'app', request);
    if (app.currentDroplet === null) throw notFound('Droplet');
    return currentDropletReply(app, request);
  });
  routes.on('GET', '/v3/apps/:guid/droplets/current', (request) => {
    const { currentDroplet } = find(api.store, 'app', request);
    const droplet = currentDroplet === null ? undefined : api.store.get('droplet', currentDroplet);
    if (droplet === undefined) throw notFound('Droplet');
    return { status: 200, body: dropletView(droplet, baseOf(request)) };
  });
}

async function assignDroplet(api: Api, request: HttpRequest): Promise<HttpReply> {
  const { guid } = find(api.store, 'app', request);
  const wanted = (await readJson(request, CurrentDroplet)).data.guid;
  const app = await api.store.update('app', guid, (app) => {
    const droplet = api.store.get('droplet', wanted);
    if (droplet?.app === guid) return withDroplet(app, droplet, api.options);
    throw new ApiError(
      'CF-UnprocessableEntity',
      'Unable to assign current droplet. Ensure the droplet exists and belongs to this app.',
    );
  });
  api.events.record('audit.app.droplet.mapped', { app }, { request: { droplet_guid: wanted } });
  return currentDropletReply(app, request);
}

function currentDropletReply(app: AppRecord, request: HttpRequest): HttpReply {
  const links = linksAt(baseOf(request), {
    self: `/v3/apps/${app.guid}/relationships/current_droplet`,
    related: `/v3/apps/${app.guid}/droplets/current`,
  });
  return { status: 200, body: { ...to(app.currentDroplet), links } };
}
