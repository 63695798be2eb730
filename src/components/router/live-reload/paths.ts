/** What the router itself answers below each route of an app that somebody works on. */
const events = '/.localpaas/live-reload';
const script = '/.localpaas/live-reload.js';

export type ReservedPath = 'events' | 'script';

/** @param target path and query @param uris of the app that is asked for */
export function reservedPathIn(target: string, uris: readonly string[]): ReservedPath | undefined {
  const path = pathOf(target);
  const found = path.endsWith(events) ? events : path.endsWith(script) ? script : undefined;
  if (found === undefined || !isRoute(path.slice(0, -found.length), uris)) return undefined;
  return found === events ? 'events' : 'script';
}

/** The path of the script, for a page at `target`: below the route by which it was reached. */
export function scriptPathFor(target: string, uris: readonly string[]): string {
  const path = pathOf(target).toLowerCase();
  const covering = uris.map(routePathOf).filter((route) => path === route || path.startsWith(`${route}/`));
  const [longest = ''] = covering.sort((a, b) => b.length - a.length);
  // As the client spelled it: the rest of the page's addresses are like that, too.
  return pathOf(target).slice(0, longest.length) + script;
}

function isRoute(path: string, uris: readonly string[]): boolean {
  return uris.some((uri) => routePathOf(uri) === path.toLowerCase());
}

/** Of `hello.localhost/api` that is `/api`. */
function routePathOf(uri: string): string {
  const slash = uri.indexOf('/');
  return slash < 0 ? '' : uri.slice(slash).toLowerCase().replace(/\/+$/, '');
}

function pathOf(target: string): string {
  const query = target.indexOf('?');
  return query < 0 ? target : target.slice(0, query);
}
