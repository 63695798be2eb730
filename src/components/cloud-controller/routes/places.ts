import { ApiError } from '#contract/api/errors.ts';
import type { HttpRequest, Routes } from '#ground/http-server.ts';
import type { Api } from '../api.ts';
import { routeTo } from '../changes/route.ts';
import type { Place, Setup } from '../setup.ts';
import { hostStack } from '../views/app.ts';
import { linksAt, noMetadata } from '../views/links.ts';
import { domainView, organizationView, spaceView } from '../views/place.ts';
import { baseOf } from './address.ts';
import { checkPlace, notFound, param } from './find.ts';
import { type Listing, listReply, oneOf } from './list.ts';

/** The one organization, its one space, the one domain and the one stack. */
export function placeRoutes(routes: Routes, api: Api): void {
  const { setup } = api;
  const organizations = placeListing<Setup['organization']>((base) => organizationView(setup, base));
  const spaces = placeListing<Setup['space']>((base) => spaceView(setup, base), {
    organization_guids: oneOf(() => setup.organization.guid),
  });
  routes.on('GET', '/v3/organizations', (request) => listReply(request, [setup.organization], organizations));
  routes.on('GET', '/v3/spaces', (request) =>
    listReply(request, [setup.space], {
      ...spaces,
      includes: { organization: (_, base) => ({ organizations: [organizationView(setup, base)] }) },
    }),
  );
  routes.on('GET', '/v3/organizations/:guid', (request) => {
    checkPlace(api, 'organization', param(request, 'guid'));
    return { status: 200, body: organizationView(setup, baseOf(request)) };
  });
  routes.on('GET', '/v3/spaces/:guid', (request) => {
    checkPlace(api, 'space', param(request, 'guid'));
    return { status: 200, body: spaceView(setup, baseOf(request)) };
  });
  routes.on('POST', '/v3/organizations', () => onlyOne(`organization, ${setup.organization.name}`));
  routes.on('POST', '/v3/spaces', () => onlyOne(`space, ${setup.space.name}`));
  routes.on('POST', '/v3/domains', () => onlyOne(`domain, ${setup.domain.name}`));
  domainRoutes(routes, api);
  stackRoutes(routes, setup);
}

function domainRoutes(routes: Routes, api: Api): void {
  const { setup } = api;
  const domains = placeListing<Setup['domain']>((base) => domainView(setup, base), {
    organization_guids: oneOf(() => setup.organization.guid),
  });
  const inOrganization = (request: HttpRequest) => checkPlace(api, 'organization', param(request, 'guid'));
  routes.on('GET', '/v3/domains', (request) => listReply(request, [setup.domain], domains));
  routes.on('GET', '/v3/organizations/:guid/domains', (request) => {
    inOrganization(request);
    return listReply(request, [setup.domain], domains);
  });
  routes.on('GET', '/v3/organizations/:guid/domains/default', (request) => {
    inOrganization(request);
    return { status: 200, body: domainView(setup, baseOf(request)) };
  });
  routes.on('GET', '/v3/domains/:guid', (request) => {
    checkPlace(api, 'domain', param(request, 'guid'));
    return { status: 200, body: domainView(setup, baseOf(request)) };
  });
  routes.on('GET', '/v3/domains/:guid/route_reservations', (request) => {
    checkPlace(api, 'domain', param(request, 'guid'));
    const [host, path] = [request.query.get('host') ?? '', request.query.get('path') ?? ''];
    const route = routeTo(api.store, { host: host.toLowerCase(), domain: setup.domain.name, path });
    return { status: 200, body: { matching_route: route !== undefined } };
  });
}

function stackRoutes(routes: Routes, setup: Setup): void {
  const stack: Place = { guid: hostStack, name: hostStack, createdAt: setup.space.createdAt };
  const view = (base: string) => ({
    guid: stack.guid,
    created_at: stack.createdAt,
    updated_at: stack.createdAt,
    name: stack.name,
    description: 'The machine itself: its programs and libraries as they are',
    default: true,
    build_rootfs_image: null,
    run_rootfs_image: null,
    metadata: noMetadata,
    links: linksAt(base, { self: `/v3/stacks/${stack.guid}` }),
  });
  routes.on('GET', '/v3/stacks', (request) => listReply(request, [stack], placeListing<Place>(view)));
  routes.on('GET', '/v3/stacks/:guid', (request) => {
    if (param(request, 'guid') !== stack.guid) throw notFound('Stack');
    return { status: 200, body: view(baseOf(request)) };
  });
}

function placeListing<T extends Place>(
  present: (base: string) => object,
  filters: NonNullable<Listing<T>['filters']> = {},
): Listing<T> {
  return {
    filters: { names: oneOf(({ name }) => name), guids: oneOf(({ guid }) => guid), ...filters },
    orders: {
      name: ({ name }) => name,
      created_at: ({ createdAt }) => createdAt,
      updated_at: ({ createdAt }) => createdAt,
    },
    present: (_, base) => present(base),
  };
}

function onlyOne(what: string): never {
  throw new ApiError('CF-UnprocessableEntity', `This platform has exactly one ${what}.`);
}
