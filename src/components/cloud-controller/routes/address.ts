import type { HttpRequest } from '#ground/http-server.ts';

/** `http://host:port` as the client reached us, so that links work from where it is. The guard has checked the host. */
export function baseOf({ headers }: HttpRequest): string {
  const scheme = headers['x-forwarded-proto'] === 'https' ? 'https' : 'http';
  return `${scheme}://${headers.host ?? 'localhost'}`;
}
