import { V1Error } from '#contract/api/v1.ts';
import type { Bus } from '#ground/bus.ts';
import type { HttpRequest } from '#ground/http-server.ts';
import type { Access } from '../access.ts';
import type { Api } from '../api.ts';
import type { AppRecord } from '../records.ts';
import { param } from '../routes/find.ts';
import type { V1Door } from './v1-door.ts';

/** What the handlers of the API of 2012 work with. */
export interface V1Context {
  readonly api: Api;
  readonly bus: Bus;
  readonly access: Access;
  readonly door: V1Door;
}

/** The app of `:name`. @throws V1Error 301 */
export function appIn({ api }: V1Context, request: HttpRequest): AppRecord {
  const name = param(request, 'name');
  const app = api.store.all('app').find((each) => each.name === name);
  if (app === undefined) throw new V1Error('appNotFound', `There is no app '${name}'.`);
  return app;
}
