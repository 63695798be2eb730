import { apiHostsOf } from '#contract/hosts.ts';
import type { CloudControllerOptions } from './options.ts';

/** Hosts below the platform's domain that are the platform's own. */
export const reservedHosts: readonly string[] = ['api', 'uaa', 'login', 'log-cache', 'ssh', 'dashboard'];

/** The names under which this cloud controller answers. */
export class OwnHosts {
  /** As they are registered with the routers. */
  readonly uris: readonly string[];
  readonly #names: ReadonlySet<string>;

  constructor({ domain, hostNames }: Pick<CloudControllerOptions, 'domain' | 'hostNames'>) {
    this.uris = apiHostsOf(domain, hostNames);
    this.#names = new Set([...this.uris, ...reservedHosts.map((host) => `${host}.${domain}`)]);
  }

  /**
   * Whether a `Host` header, or the host of an `Origin`, is one of ours. Any other name may be a stranger's that was
   * made to point here, so that a page in a browser can reach us under it.
   */
  includes(host: string): boolean {
    const name = nameOf(host);
    return name !== undefined && (this.#names.has(name) || isLoopback(name));
  }
}

/** The name or address without port, in lower case; `undefined` when it is none. */
function nameOf(host: string): string | undefined {
  return /^(\[[0-9a-f:.]+\]|[^:/@\s]+)(:\d{1,5})?$/i.exec(host)?.[1]?.toLowerCase().replace(/\.$/, '');
}

function isLoopback(name: string): boolean {
  return name === '[::1]' || /^127(\.\d{1,3}){3}$/.test(name);
}
