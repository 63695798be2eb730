import { ApiError } from '#contract/api/errors.ts';
import type { HttpRequest } from '#ground/http-server.ts';
import type { Access } from './access.ts';
import type { OwnHosts } from './own-hosts.ts';

/** What is answered only to who shows a token. `/v3` itself and `/v2/info` are asked before a login. */
const guarded = /^\/(v3|v2|localpaas)\/./;
const open = new Set(['/v3/', '/v2/info']);

/**
 * Decides whether a request may be answered at all. A page in a browser must not drive the platform, neither by its own
 * name (`Origin`) nor through a name that was made to point here (`Host`).
 * @throws ApiError 401, 403
 */
export async function admit(request: HttpRequest, hosts: OwnHosts, access: Access): Promise<void> {
  const { host, origin, authorization } = request.headers;
  if (host === undefined || !hosts.includes(host)) {
    throw new ApiError('CF-NotAuthorized', `This platform does not answer under the name '${host ?? ''}'.`);
  }
  if (origin !== undefined && !hosts.includes(hostOf(origin))) {
    throw new ApiError('CF-NotAuthorized', `Pages of ${origin} may not use this API.`);
  }
  if (!guarded.test(request.path) || open.has(request.path)) return;
  if (authorization === undefined) throw new ApiError('CF-NotAuthenticated', 'Authentication error');
  const token = /^bearer +(\S+)$/i.exec(authorization)?.[1];
  if (token === undefined || (await access.verify(token)) === undefined) {
    throw new ApiError('CF-InvalidAuthToken', 'Invalid Auth Token');
  }
}

function hostOf(origin: string): string {
  return /^https?:\/\/(.+)$/i.exec(origin)?.[1] ?? '';
}
