/** The URL of an app's route. @param route host, domain and path: `hello.localhost/api` */
export function urlOf(route: string, platform: { readonly url: string }): string {
  const { port } = new URL(platform.url);
  const slash = route.indexOf('/');
  const [host, path] = slash < 0 ? [route, ''] : [route.slice(0, slash), route.slice(slash)];
  return `http://${host}${port === '' ? '' : `:${port}`}${path}`;
}

/** The port of an address, which a URL leaves out when it is that of the web. */
export function portOf(url: string): string {
  return new URL(url).port || '80';
}
