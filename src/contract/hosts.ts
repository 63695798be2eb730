import * as v from 'valibot';

/** A domain that apps can be reached below. */
export const DomainName = v.pipe(
  v.string(),
  v.regex(/^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/, 'must be a domain name in lower case'),
);

/**
 * The hosts under which the API and the login answer. The bare ones need no DNS. Under each of them `/api/v1` leads to
 * the log store, because clients look for it beside the API and nowhere else.
 * @param machineNames further names and addresses of the machine
 */
export function apiHostsOf(domain: string, machineNames: readonly string[]): string[] {
  const below = ['api', 'uaa', 'login'].map((host) => `${host}.${domain}`);
  return [...new Set([...below, domain, 'localhost', '127.0.0.1', ...machineNames])];
}
