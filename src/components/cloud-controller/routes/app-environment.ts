import * as v from 'valibot';
import type { HttpReply, HttpRequest, Routes } from '#ground/http-server.ts';
import type { Api } from '../api.ts';
import { webOf } from '../changes/app.ts';
import { changedEnvironment } from '../environment.ts';
import { mapping } from '../mapping.ts';
import type { AppRecord } from '../records.ts';
import { urisOf } from '../uris.ts';
import { environmentView } from '../views/app.ts';
import { linksAt } from '../views/links.ts';
import { baseOf } from './address.ts';
import { readJson } from './body.ts';
import { find, notFound, param } from './find.ts';

const Changes = v.strictObject({ var: mapping(v.unknown()) });

/** An app's environment, and the features it does not have. */
export function appEnvironmentRoutes(routes: Routes, api: Api): void {
  routes.on('GET', '/v3/apps/:guid/env', (request) => {
    const app = find(api.store, 'app', request);
    return { status: 200, body: environmentView(app, webOf(app), urisOf(api.store, app.guid), api.setup) };
  });
  routes.on('GET', '/v3/apps/:guid/environment_variables', (request) =>
    variablesReply(find(api.store, 'app', request), request),
  );
  routes.on('PATCH', '/v3/apps/:guid/environment_variables', async (request) => {
    const { guid } = find(api.store, 'app', request);
    const changes = (await readJson(request, Changes)).var;
    const app = await api.store.update('app', guid, (app) => ({
      ...app,
      environment: changedEnvironment(app.environment, changes),
    }));
    // Values may be secrets.
    api.events.record(
      'audit.app.update',
      { app },
      { request: { environment_variables: Object.keys(changes).join(', ') } },
    );
    return variablesReply(app, request);
  });
  featureRoutes(routes, api);
}

function variablesReply(app: AppRecord, request: HttpRequest): HttpReply {
  const links = linksAt(baseOf(request), {
    self: `/v3/apps/${app.guid}/environment_variables`,
    app: `/v3/apps/${app.guid}`,
  });
  return { status: 200, body: { var: app.environment, links } };
}

const features: Readonly<Record<string, string>> = {
  ssh: 'Enable SSHing into the app.',
  revisions: 'Enable versioning of an application',
};

function featureRoutes(routes: Routes, { store }: Api): void {
  routes.on('GET', '/v3/apps/:guid/ssh_enabled', (request) => {
    find(store, 'app', request);
    return { status: 200, body: { enabled: false, reason: 'Disabled globally' } };
  });
  routes.on('GET', '/v3/apps/:guid/features/:name', (request) => {
    find(store, 'app', request);
    const name = param(request, 'name');
    const description = Object.hasOwn(features, name) ? features[name] : undefined;
    if (description === undefined) throw notFound('Feature');
    return { status: 200, body: { name, description, enabled: false } };
  });
}
