import { ApiError } from '#contract/api/errors.ts';
import type { HttpRequest } from '#ground/http-server.ts';
import type { Api } from '../api.ts';
import { processGuidOf } from '../process-guid.ts';
import type { AppRecord, Kind, ProcessRecord, Records } from '../records.ts';
import type { Store } from '../store.ts';

/** The thing a request's path names; a 404 in the API's words when there is none. */

const nouns: Readonly<Record<Kind, string>> = {
  app: 'App',
  package: 'Package',
  build: 'Build',
  droplet: 'Droplet',
  route: 'Route',
  buildpack: 'Buildpack',
  task: 'Task',
  revision: 'Revision',
  deployment: 'Deployment',
};

export function notFound(noun: string): ApiError {
  return new ApiError('CF-ResourceNotFound', `${noun} not found`);
}

export function param({ params }: HttpRequest, name: string): string {
  return params[name] ?? '';
}

/** The record of `:guid`. @throws ApiError 404 */
export function find<K extends Kind>(store: Store, kind: K, request: HttpRequest): Records[K] {
  const record = store.get(kind, param(request, 'guid'));
  if (record === undefined) throw notFound(nouns[kind]);
  return record;
}

/** The app and process whose process guid is `:guid`. @throws ApiError 404 */
export function findProcess(store: Store, request: HttpRequest): { app: AppRecord; process: ProcessRecord } {
  const guid = param(request, 'guid');
  const app = store.get('app', guid) ?? store.all('app').find((each) => guid.startsWith(`${each.guid}-`));
  const process = app?.processes.find((each) => processGuidOf(app, each) === guid);
  if (app === undefined || process === undefined) throw notFound('Process');
  return { app, process };
}

/** The app of `:guid` and its process of `:type`. @throws ApiError 404 */
export function findAppProcess(store: Store, request: HttpRequest): { app: AppRecord; process: ProcessRecord } {
  const app = find(store, 'app', request);
  const process = app.processes.find(({ type }) => type === param(request, 'type'));
  if (process === undefined) throw notFound('Process');
  return { app, process };
}

/** Each of these is one, so a wrong guid names nothing. @throws ApiError 404 */
export function checkPlace({ setup }: Api, place: 'organization' | 'space' | 'domain', guid: string): void {
  if (guid !== setup[place].guid) throw notFound(place.charAt(0).toUpperCase() + place.slice(1));
}
