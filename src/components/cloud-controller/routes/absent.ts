import { ApiError } from '#contract/api/errors.ts';
import type { Routes } from '#ground/http-server.ts';
import { linksAt } from '../views/links.ts';
import { baseOf } from './address.ts';
import { emptyList } from './list.ts';

/** Lists clients ask for although they want something else; without an answer they fail. */
const emptyLists = [
  'feature_flags',
  'isolation_segments',
  'organization_quotas',
  'roles',
  'security_groups',
  'service_brokers',
  'service_credential_bindings',
  'service_instances',
  'service_offerings',
  'service_plans',
  'service_route_bindings',
  'space_quotas',
  'users',
];

/** What would make one of these, and what to do instead. */
const refusals: Readonly<Record<string, string>> = {
  service_credential_bindings: 'Services are not supported yet: put what the app needs into its environment.',
  service_instances: 'Services are not supported yet: put what the app needs into its environment.',
};

/** What this platform does not have, said so that clients understand it. */
export function absentRoutes(routes: Routes): void {
  for (const name of emptyLists) routes.on('GET', `/v3/${name}`, emptyList);
  for (const list of ['running_security_groups', 'staging_security_groups']) {
    routes.on('GET', `/v3/spaces/:guid/${list}`, emptyList);
  }
  for (const [name, detail] of Object.entries(refusals)) {
    routes.on('POST', `/v3/${name}`, () => {
      throw new ApiError('CF-UnprocessableEntity', detail);
    });
  }
  routes.on('GET', '/v3/organizations/:guid/relationships/default_isolation_segment', () => ({
    status: 200,
    body: { data: null },
  }));
  routes.on('GET', '/v3/spaces/:guid/relationships/isolation_segment', () => ({ status: 200, body: { data: null } }));
  routes.on('GET', '/v3/environment_variable_groups/:name', (request) => ({
    status: 200,
    body: {
      name: request.params['name'],
      var: {},
      updated_at: null,
      links: linksAt(baseOf(request), { self: request.path }),
    },
  }));
}
