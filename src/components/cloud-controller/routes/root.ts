import type { HttpRequest, Routes } from '#ground/http-server.ts';
import { linksAt } from '../views/links.ts';
import { baseOf } from './address.ts';

/** Clients decide by it what they may ask for. */
export const apiVersion = '3.190.0';

const resources = [
  'apps',
  'audit_events',
  'buildpacks',
  'builds',
  'deployments',
  'domains',
  'droplets',
  'environment_variable_groups',
  'feature_flags',
  'isolation_segments',
  'organization_quotas',
  'organizations',
  'packages',
  'processes',
  'resource_matches',
  'roles',
  'routes',
  'security_groups',
  'service_brokers',
  'service_instances',
  'service_offerings',
  'service_plans',
  'space_quotas',
  'spaces',
  'stacks',
  'tasks',
  'users',
];

/** Where everything is. These three are asked before a login. */
export function rootRoutes(routes: Routes): void {
  routes.on('GET', '/', (request) => ({ status: 200, body: rootView(request) }));
  routes.on('GET', '/v3', (request) => {
    const paths = Object.fromEntries(resources.map((name) => [name, `/v3/${name}`]));
    return { status: 200, body: { links: linksAt(baseOf(request), { self: '/v3', ...paths }) } };
  });
  // The shape of a v2 error: older clients print its description.
  const noV2 = {
    code: 10000,
    error_code: 'CF-NotFound',
    description: 'This platform speaks v3 only: use cf v8, or v7 for anything but services.',
  };
  routes.on('GET', '/v2/info', () => ({ status: 404, body: noV2 }));
}

/** All of it is under the one address the client knows: so it needs no DNS. */
function rootView(request: HttpRequest) {
  const base = baseOf(request);
  return {
    links: {
      self: { href: base },
      cloud_controller_v2: null,
      cloud_controller_v3: { href: `${base}/v3`, meta: { version: apiVersion } },
      network_policy_v0: null,
      network_policy_v1: null,
      login: { href: base },
      uaa: { href: base },
      credhub: null,
      routing: null,
      logging: null,
      log_cache: { href: base },
      log_stream: null,
      app_ssh: null,
    },
  };
}
