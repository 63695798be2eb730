import { apiTime, type Domain } from '#contract/api/resources.ts';
import type { Place, Setup } from '../setup.ts';
import { linksAt, noMetadata, to } from './links.ts';

/** Organizations, spaces and domains. */

export function organizationView({ organization }: Setup, base: string) {
  const self = `/v3/organizations/${organization.guid}`;
  return {
    ...stamped(organization),
    suspended: false,
    relationships: { quota: to(null) },
    metadata: noMetadata,
    links: linksAt(base, { self, domains: `${self}/domains`, default_domain: `${self}/domains/default` }),
  };
}

export function spaceView({ space, organization }: Setup, base: string) {
  return {
    ...stamped(space),
    relationships: { organization: to(organization.guid), quota: to(null) },
    metadata: noMetadata,
    links: linksAt(base, {
      self: `/v3/spaces/${space.guid}`,
      organization: `/v3/organizations/${organization.guid}`,
      apply_manifest: `/v3/spaces/${space.guid}/actions/apply_manifest`,
    }),
  };
}

export function domainView({ domain }: Setup, base: string): Domain {
  const self = `/v3/domains/${domain.guid}`;
  return {
    ...stamped(domain),
    internal: false,
    router_group: null,
    supported_protocols: ['http'],
    metadata: noMetadata,
    relationships: { organization: to(null), shared_organizations: { data: [] } },
    links: linksAt(base, { self, route_reservations: `${self}/route_reservations` }),
  };
}

function stamped({ guid, name, createdAt }: Place) {
  const at = apiTime(new Date(createdAt));
  return { guid, created_at: at, updated_at: at, name };
}
