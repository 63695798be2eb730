import { ApiError } from '#contract/api/errors.ts';
import type { Bus } from '#ground/bus.ts';
import { Routes, startHttpServer } from '#ground/http-server.ts';
import type { Access } from './access.ts';
import type { Api } from './api.ts';
import { replyForError } from './api-errors.ts';
import { admit } from './guard.ts';
import type { OwnHosts } from './own-hosts.ts';
import { absentRoutes } from './routes/absent.ts';
import { appActionRoutes } from './routes/app-actions.ts';
import { appEnvironmentRoutes } from './routes/app-environment.ts';
import { appRoutes } from './routes/apps.ts';
import { auditEventRoutes } from './routes/audit-events.ts';
import { buildpackRoutes } from './routes/buildpacks.ts';
import { buildRoutes } from './routes/builds.ts';
import { deploymentRoutes } from './routes/deployments.ts';
import { destinationRoutes } from './routes/destinations.ts';
import { dropletRoutes } from './routes/droplets.ts';
import { instanceRoutes } from './routes/instances.ts';
import { jobRoutes } from './routes/jobs.ts';
import { layerRoutes } from './routes/layers.ts';
import { localpaasRoutes } from './routes/localpaas.ts';
import { manifestRoutes } from './routes/manifests.ts';
import { oauthRoutes } from './routes/oauth.ts';
import { packageRoutes } from './routes/packages.ts';
import { placeRoutes } from './routes/places.ts';
import { processRoutes } from './routes/processes.ts';
import { revisionRoutes } from './routes/revisions.ts';
import { rootRoutes } from './routes/root.ts';
import { routeRoutes } from './routes/routes.ts';
import { sidecarRoutes } from './routes/sidecars.ts';
import { taskRoutes } from './routes/tasks.ts';
import { addV1Routes } from './v1/v1-routes.ts';

const perResource = [
  rootRoutes,
  placeRoutes,
  appRoutes,
  appActionRoutes,
  appEnvironmentRoutes,
  manifestRoutes,
  jobRoutes,
  processRoutes,
  instanceRoutes,
  sidecarRoutes,
  packageRoutes,
  buildRoutes,
  buildpackRoutes,
  dropletRoutes,
  taskRoutes,
  deploymentRoutes,
  revisionRoutes,
  routeRoutes,
  destinationRoutes,
  auditEventRoutes,
  layerRoutes,
  localpaasRoutes,
  absentRoutes,
];

/** Answers the API and what belongs to it on a loopback port that the system chooses. */
export function serveApi(
  api: Api,
  { access, bus, hosts }: { access: Access; bus: Bus; hosts: OwnHosts },
): Promise<AsyncDisposable & { readonly port: number }> {
  const routes = new Routes();
  for (const register of perResource) register(routes, api);
  oauthRoutes(routes, access);
  addV1Routes(routes, api, { access, bus });
  api.operations.registerBitsRoutes(routes);
  return startHttpServer({
    host: '127.0.0.1',
    port: 0,
    who: 'The cloud controller',
    routes,
    before: (request) => admit(request, hosts, access),
    notFound: () => {
      throw new ApiError('CF-NotFound', 'Unknown request');
    },
    failed: (error, request) => replyForError(error, request, api.log),
  });
}
