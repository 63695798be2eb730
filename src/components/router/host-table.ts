/** The part of a uri before the path, lower-cased. */
interface Site<T> {
  /** What the host as a whole leads to. */
  root: T | undefined;
  /** What paths below it lead to, longest path first. */
  paths: { readonly path: string; readonly value: T }[];
}

/**
 * Values under uris, which are a host with an optional path: `hello.localhost`, `hello.localhost/api`,
 * `*.localhost`. Hosts and paths are found whatever their case, as in gorouter.
 */
export class HostTable<T> {
  readonly #sites = new Map<string, Site<T>>();
  /** By what follows the asterisk. */
  readonly #wildcards = new Map<string, Site<T>>();

  get(uri: string): T | undefined {
    const { host, path } = partsOf(uri);
    const site = this.#siteOf(host);
    return path === '' ? site?.root : site?.paths.find((each) => each.path === path)?.value;
  }

  set(uri: string, value: T): void {
    const { host, path } = partsOf(uri);
    let site = this.#siteOf(host);
    if (site === undefined) {
      site = { root: undefined, paths: [] };
      if (isWildcard(host)) this.#wildcards.set(host.slice(1), site);
      else this.#sites.set(host, site);
    }
    if (path === '') {
      site.root = value;
      return;
    }
    site.paths = [...site.paths.filter((each) => each.path !== path), { path, value }];
    site.paths.sort((a, b) => b.path.length - a.path.length);
  }

  delete(uri: string): void {
    const { host, path } = partsOf(uri);
    const site = this.#siteOf(host);
    if (site === undefined) return;
    if (path === '') site.root = undefined;
    else site.paths = site.paths.filter((each) => each.path !== path);
    if (site.root !== undefined || site.paths.length > 0) return;
    if (isWildcard(host)) this.#wildcards.delete(host.slice(1));
    else this.#sites.delete(host);
  }

  /**
   * What a request leads to: its host as it came, then in normal form, then the wildcards from the nearest to the
   * widest; of one host the longest path that covers the request's.
   * @param host the Host header
   * @param path the request's target, with or without its query
   */
  find(host: string, path: string): T | undefined {
    const exact = valueAt(this.#sites.get(host), path);
    if (exact !== undefined) return exact;
    const normal = normalHostOf(host);
    const found = normal === host ? undefined : valueAt(this.#sites.get(normal), path);
    return found ?? (this.#wildcards.size === 0 ? undefined : this.#findWildcard(normal, path));
  }

  #siteOf(host: string): Site<T> | undefined {
    return isWildcard(host) ? this.#wildcards.get(host.slice(1)) : this.#sites.get(host);
  }

  #findWildcard(host: string, path: string): T | undefined {
    for (let dot = host.indexOf('.'); dot >= 0; dot = host.indexOf('.', dot + 1)) {
      const found = valueAt(this.#wildcards.get(host.slice(dot)), path);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** All values, in no particular order; deleting meanwhile is allowed. */
  *values(): Generator<T> {
    for (const sites of [this.#sites, this.#wildcards]) {
      for (const { root, paths } of sites.values()) {
        if (root !== undefined) yield root;
        for (const { value } of paths) yield value;
      }
    }
  }
}

/** A host as the table knows it: lower case, without port and final dot. */
function normalHostOf(host: string): string {
  const lower = host.toLowerCase();
  let end = lower.length;
  while (isDigit(lower.charCodeAt(end - 1))) end -= 1;
  end = lower.charAt(end - 1) === ':' ? end - 1 : lower.length;
  if (lower.charAt(end - 1) === '.') end -= 1;
  return end === lower.length ? lower : lower.slice(0, end);
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

function isWildcard(host: string): boolean {
  return host.startsWith('*.');
}

function partsOf(uri: string): { host: string; path: string } {
  const slash = uri.indexOf('/');
  if (slash < 0) return { host: normalHostOf(uri), path: '' };
  return { host: normalHostOf(uri.slice(0, slash)), path: uri.slice(slash).toLowerCase().replace(/\/+$/, '') };
}

function valueAt<T>(site: Site<T> | undefined, target: string): T | undefined {
  if (site === undefined || site.paths.length === 0) return site?.root;
  const path = target.toLowerCase();
  return site.paths.find((each) => covers(each.path, path))?.value ?? site.root;
}

/** `/api` covers `/api`, `/api/x` and `/api?x`, but not `/apix`. */
function covers(prefix: string, path: string): boolean {
  if (!path.startsWith(prefix)) return false;
  const next = path.charAt(prefix.length);
  return next === '' || next === '/' || next === '?';
}
