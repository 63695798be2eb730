import { ApiError } from '#contract/api/errors.ts';
import type { Api } from '../api.ts';
import { changedAnnotations } from '../app-annotations.ts';
import { merged, newApp, newProcess, whileNamesHold, withProcess } from '../changes/app.ts';
import { createRoute, mapRoute, routeTo, unmapRoute, whileRoutesHold } from '../changes/route.ts';
import { checkMemoryOfSidecars, withSidecar } from '../changes/sidecars.ts';
import { changedEnvironment } from '../environment.ts';
import type { CloudControllerOptions } from '../options.ts';
import type { AppRecord, ProcessRecord } from '../records.ts';
import { routesOf } from '../uris.ts';
import { type RoutePlan, RoutePlanner } from './plan-routes.ts';
import { wishedProcess } from './process-wish.ts';
import type { AppWish } from './read-manifest.ts';

interface Step {
  readonly before: AppRecord | undefined;
  readonly wish: AppWish;
  readonly planned: AppRecord;
  readonly routes: RoutePlan;
}

/**
 * Makes apps and routes as the manifest wants them. Everything is checked before anything is written.
 * @throws ApiError 422 naming the app
 */
export function applyManifest(api: Api, wishes: readonly AppWish[]): Promise<void> {
  return whileNamesHold(api.store, () =>
    whileRoutesHold(api.store, async () => {
      const planner = new RoutePlanner(api);
      const steps = wishes.map((wish) => planStep(api, wish, planner));
      for (const step of steps) await carryOut(api, step);
    }),
  );
}

/** @throws ApiError 422 naming the app */
function planStep(api: Api, wish: AppWish, planner: RoutePlanner): Step {
  const before = api.store.all('app').find(({ name }) => name === wish.name);
  try {
    const planned = wished(before ?? newApp(wish.name, api.options, new Date()), wish, api.options);
    return { before, wish, planned, routes: planner.plan(planned, wish) };
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    throw new ApiError('CF-UnprocessableEntity', `For application '${wish.name}': ${error.message}`, { cause: error });
  }
}

async function carryOut(api: Api, { before, wish, planned, routes }: Step): Promise<void> {
  const app = before === undefined ? await create(api, planned) : await update(api, before, wish);
  if (routes.unmapOthers) {
    for (const { guid } of routesOf(api.store, app.guid)) {
      await unmapRoute(api, guid, (destination) => destination.app === app.guid);
    }
  }
  for (const target of routes.targets) {
    const existing = routeTo(api.store, target);
    if (existing === undefined) await createRoute(api, target, [app]);
    else await mapRoute(api, existing.guid, [app]);
  }
}

async function create(api: Api, app: AppRecord): Promise<AppRecord> {
  await api.store.create('app', app);
  api.events.record('audit.app.create', { app }, { request: { name: app.name }, manifest_triggered: true });
  return app;
}

async function update(api: Api, before: AppRecord, wish: AppWish): Promise<AppRecord> {
  const app = await api.store.update('app', before.guid, (app) => {
    const next = wished(app, wish, api.options);
    return JSON.stringify(next) === JSON.stringify(app) ? app : next;
  });
  if (app === before) return app;
  api.events.record('audit.app.update', { app }, { manifest_triggered: true });
  if (app.state === 'STARTED') for (const process of rescaled(before, app)) await api.operations.scale(app, process);
  return app;
}

function rescaled(before: AppRecord, { processes }: AppRecord): ProcessRecord[] {
  const isRescaled = ({ type, instances }: ProcessRecord) =>
    before.processes.find((each) => each.type === type)?.instances !== instances;
  return processes.filter(isRescaled);
}

/** The app as the manifest wants it. @throws ApiError 422 */
function wished(app: AppRecord, wish: AppWish, options: CloudControllerOptions): AppRecord {
  const isThere = (type: string) => app.processes.some((each) => each.type === type);
  const added = Object.keys(wish.others).filter((type) => !isThere(type));
  let next: AppRecord = { ...app, processes: [...app.processes, ...added.map((type) => newProcess(type, options))] };
  for (const [type, process] of [['web', wish.web] as const, ...Object.entries(wish.others)]) {
    next = withProcess(next, type, (now) => wishedProcess(now, process));
  }
  const planned = wish.sidecars.reduce((all, sidecar) => withSidecar(all, sidecar), next);
  checkMemoryOfSidecars(planned);
  return {
    ...planned,
    environment: changedEnvironment(app.environment, wish.environment),
    lifecycle: { ...app.lifecycle, buildpacks: wish.buildpacks ?? app.lifecycle.buildpacks },
    labels: merged(app.labels, wish.labels),
    annotations: changedAnnotations(app.annotations, wish.annotations),
  };
}
