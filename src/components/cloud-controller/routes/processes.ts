import * as v from 'valibot';
import { ApiError } from '#contract/api/errors.ts';
import type { HttpReply, HttpRequest, Routes } from '#ground/http-server.ts';
import type { Api } from '../api.ts';
import { withProcess } from '../changes/app.ts';
import { checkMemoryOfSidecars } from '../changes/sidecars.ts';
import { changedHealthCheck, HealthCheckRequest } from '../health-check.ts';
import { maxInstances } from '../limits.ts';
import { processGuidOf } from '../process-guid.ts';
import type { AppRecord, ProcessRecord } from '../records.ts';
import { sidecarsOf } from '../sidecars.ts';
import { processView } from '../views/process.ts';
import { baseOf } from './address.ts';
import { count, Metadata, readJson } from './body.ts';
import { find, findAppProcess, findProcess } from './find.ts';
import { type Listing, listReply, oneOf } from './list.ts';
import { sidecarListing } from './sidecars.ts';

const Scale = v.strictObject({
  instances: v.optional(count(0, maxInstances)),
  memory_in_mb: v.optional(count(1)),
  disk_in_mb: v.optional(count(1)),
  log_rate_limit_in_bytes_per_second: v.optional(v.literal(-1, 'log rates cannot be limited: leave it out or say -1')),
});

const Change = v.strictObject({
  command: v.optional(v.nullable(v.pipe(v.string(), v.nonEmpty(), v.maxLength(4096)))),
  health_check: v.optional(HealthCheckRequest),
  metadata: v.optional(Metadata),
});

interface Found {
  readonly app: AppRecord;
  readonly process: ProcessRecord;
}
type Find = (store: Api['store'], request: HttpRequest) => Found;

/** Processes are found by their own guid, or by their app and type. */
export function processRoutes(routes: Routes, api: Api): void {
  const listing = processListing(api);
  const all = (apps: readonly AppRecord[]) => apps.flatMap((app) => app.processes.map((process) => ({ app, process })));
  routes.on('GET', '/v3/processes', (request) => listReply(request, all(api.store.all('app')), listing));
  routes.on('GET', '/v3/apps/:guid/processes', (request) =>
    listReply(request, all([find(api.store, 'app', request)]), listing),
  );
  oneProcessRoutes(routes, '/v3/processes/:guid', api, findProcess);
  oneProcessRoutes(routes, '/v3/apps/:guid/processes/:type', api, findAppProcess);
}

function oneProcessRoutes(routes: Routes, path: string, api: Api, findIt: Find): void {
  routes.on('GET', path, (request) => ({
    status: 200,
    body: present(api, findIt(api.store, request), baseOf(request)),
  }));
  routes.on('PATCH', path, async (request) => ({
    status: 200,
    body: present(api, await changeProcess(api, findIt(api.store, request), request), baseOf(request)),
  }));
  routes.on('POST', `${path}/actions/scale`, async (request) => ({
    status: 202,
    body: present(api, await scaleProcess(api, findIt(api.store, request), request), baseOf(request)),
  }));
  routes.on('GET', `${path}/stats`, async (request): Promise<HttpReply> => {
    const { app, process } = findIt(api.store, request);
    return { status: 200, body: { resources: await api.operations.statsOf(app, process.type) } };
  });
  routes.on('GET', `${path}/sidecars`, (request) => {
    const { app, process } = findIt(api.store, request);
    return listReply(request, sidecarsOf(app, process.type), sidecarListing(app));
  });
}

function processListing(api: Api): Listing<Found> {
  return {
    filters: {
      guids: oneOf(({ app, process }) => processGuidOf(app, process)),
      types: oneOf(({ process }) => process.type),
      app_guids: oneOf(({ app }) => app.guid),
      space_guids: oneOf(() => api.setup.space.guid),
      organization_guids: oneOf(() => api.setup.organization.guid),
    },
    orders: { created_at: ({ app }) => app.createdAt, updated_at: ({ app }) => app.updatedAt },
    present: (found, base) => present(api, found, base),
  };
}

function present({ store }: Api, { app, process }: Found, base: string) {
  const droplet = app.currentDroplet === null ? undefined : store.get('droplet', app.currentDroplet);
  return processView(app, process, droplet, base);
}

/** Memory and disk count from the next start on; instances at once. */
async function scaleProcess(
  api: Api,
  { app: { guid }, process: { type } }: Found,
  request: HttpRequest,
): Promise<Found> {
  const wanted = await readJson(request, Scale);
  let isRescaled = false;
  const app = await api.store.update('app', guid, (app) => {
    const next = withProcess(app, type, (process) => {
      const instances = wanted.instances ?? process.instances;
      isRescaled = instances !== process.instances;
      return {
        ...process,
        instances,
        memoryMb: wanted.memory_in_mb ?? process.memoryMb,
        diskMb: wanted.disk_in_mb ?? process.diskMb,
      };
    });
    checkMemoryOfSidecars(next);
    return next;
  });
  const found = { app, process: processOf(app, type) };
  api.events.record('audit.app.process.scale', { app }, { process_type: type, request: wanted });
  if (isRescaled && app.state === 'STARTED') await api.operations.scale(app, found.process);
  return found;
}

async function changeProcess(
  api: Api,
  { app: { guid }, process: { type } }: Found,
  request: HttpRequest,
): Promise<Found> {
  const wanted = await readJson(request, Change);
  const app = await api.store.update('app', guid, (app) =>
    withProcess(app, type, (process) => ({
      ...process,
      command: wanted.command === undefined ? process.command : wanted.command,
      healthCheck: changedHealthCheck(process.healthCheck, wanted.health_check),
    })),
  );
  api.events.record('audit.app.process.update', { app }, { process_type: type, request: wanted });
  return { app, process: processOf(app, type) };
}

function processOf(app: AppRecord, type: string): ProcessRecord {
  const process = app.processes.find((each) => each.type === type);
  if (process === undefined) throw new ApiError('CF-ResourceNotFound', 'Process not found');
  return process;
}
