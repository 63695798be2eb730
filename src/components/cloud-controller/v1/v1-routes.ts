import type { Bus } from '#ground/bus.ts';
import type { Routes } from '#ground/http-server.ts';
import type { Access } from '../access.ts';
import type { Api } from '../api.ts';
import { v1AppRoutes } from './app-routes.ts';
import { v1BitsRoutes } from './bits-routes.ts';
import { v1FileRoutes } from './file-routes.ts';
import { v1InfoRoutes } from './info-routes.ts';
import { v1InstanceRoutes } from './instance-routes.ts';
import { v1ServiceRoutes } from './service-routes.ts';
import { v1UpdateRoutes } from './update-routes.ts';
import { v1UserRoutes } from './user-routes.ts';
import { V1Door } from './v1-door.ts';

/** Adds the API of the 2012 cloud controller: the same apps, in the words of its client vmc 0.3. */
export function addV1Routes(routes: Routes, api: Api, { access, bus }: { access: Access; bus: Bus }): void {
  const door = new V1Door({ access, adminName: api.setup.admin.name, log: api.log });
  const context = { api, bus, access, door };
  v1InfoRoutes(routes, context);
  v1UserRoutes(routes, context);
  v1AppRoutes(routes, context);
  v1BitsRoutes(routes, context);
  v1InstanceRoutes(routes, context);
  v1FileRoutes(routes, context);
  v1UpdateRoutes(routes, context);
  v1ServiceRoutes(routes, context);
}
