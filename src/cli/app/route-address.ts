import { type Domain, Route } from '#contract/api/resources.ts';
import { ActionableError } from '#ground/errors.ts';
import type { ApiClient } from '../api-client.ts';

/** What an address such as `www.localhost/api` means here. */
export interface RouteAddress {
  readonly host: string;
  readonly domain: Domain;
  /** Empty, or beginning with `/`. */
  readonly path: string;
}

/**
 * Reads HOST, HOST.DOMAIN or either with a path. A host alone is in the first domain; a URL is taken for its host.
 * @throws ActionableError USAGE when no domain of the platform fits
 */
export function routeAddress(text: string, domains: readonly Domain[]): RouteAddress {
  const [, name = '', path = ''] = /^(?:https?:\/\/)?([^/:]*)(?::\d+)?(\/.*)?$/s.exec(text) ?? [];
  const [first] = domains.filter(({ internal }) => !internal);
  if (first === undefined) throw wrong(text, 'the platform has no domain', 'Start it anew with `localpaas up`.');
  const longestFirst = [...domains].sort((a, b) => b.name.length - a.name.length);
  const domain =
    longestFirst.find((each) => name.endsWith(`.${each.name}`)) ?? (name.includes('.') ? undefined : first);
  const known = domains.map((each) => each.name).join(', ');
  if (domain === undefined) throw wrong(text, 'its domain is none of the platform', `Domains are: ${known}.`);
  const host = name.endsWith(`.${domain.name}`) ? name.slice(0, -domain.name.length - 1) : name;
  if (host === '' || host === domain.name) {
    throw wrong(text, 'it names no host', `Write HOST or HOST.${first.name}, with /PATH behind it if you like.`);
  }
  return { host: host.toLowerCase(), domain, path: path.replace(/\/+$/, '') };
}

/** The route of an address, or `undefined` when nobody made it yet. */
export async function findRoute(api: ApiClient, { host, domain, path }: RouteAddress): Promise<Route | undefined> {
  const query = new URLSearchParams({ hosts: host, domain_guids: domain.guid, paths: path });
  const found = await api.list(`/v3/routes?${query}`, Route);
  return found.find((route) => route.host === host && route.path === path);
}

function wrong(text: string, why: string, remedy: string): ActionableError {
  return new ActionableError('USAGE', `'${text}' is no address here: ${why}.`, remedy);
}
