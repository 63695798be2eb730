import { ApiError } from '#contract/api/errors.ts';
import { type BulkApp, bulkCredentials } from '#contract/health.ts';
import type { Bus } from '#ground/bus.ts';
import type { HttpReply, HttpRequest, Routes } from '#ground/http-server.ts';
import { jsonIn } from '#ground/json-in.ts';
import { type Credentials, newCredentials, shows } from '#vcap/credentials.ts';
import { idleStopSecondsOf } from './idle-stop.ts';
import { packageStateOf } from './package-state.ts';
import { processGuidOf } from './process-guid.ts';
import type { AppRecord, ProcessRecord } from './records.ts';
import { asDeployed, dropletOf, versionOf } from './revisions.ts';
import { desiredOf } from './running/desired.ts';
import type { Store } from './store.ts';
import { urisOf } from './uris.ts';

export interface BulkApiParts {
  readonly store: Store;
  readonly credentials: Credentials;
  /** Of apps that do not say themselves when they may be stopped. */
  readonly idleStopSeconds: number | undefined;
}

const defaultBatch = 200;
const largestBatch = 1_000;

/** Who may read the desired state in bulk is told over the bus, and is another one after each start. */
export function newBulkCredentials(): Credentials {
  return newCredentials('bulk_api');
}

export function answerBulkCredentials(bus: Bus, credentials: Credentials, ownAddress: () => string): Disposable {
  return bus.answer(bulkCredentials, () => ({ ...credentials, url: ownAddress() }));
}

/** The desired state for health managers, page by page. Origin: the bulk API of the 2012 cloud controller. */
export function addBulkRoutes(routes: Routes, parts: BulkApiParts): void {
  const { store, credentials } = parts;
  const guarded =
    (answer: (request: HttpRequest) => object) =>
    (request: HttpRequest): HttpReply => {
      if (shows(request.headers.authorization, credentials)) return { status: 200, body: answer(request) };
      const { body } = new ApiError('CF-NotAuthenticated', 'Authentication error');
      return { status: 401, headers: { 'www-authenticate': 'Basic realm="localpaas"' }, body };
    };
  routes.on(
    'GET',
    '/bulk/apps',
    guarded(({ query }) => pageOf(parts, query)),
  );
  routes.on(
    'GET',
    '/bulk/counts',
    guarded(({ query }) => ({ counts: countsOf(store, query.get('model')) })),
  );
}

/** Of one kind when the reader names it. There is one user. */
function countsOf(store: Store, model: string | null): object {
  const counts = { user: 1, app: store.all('app').length };
  if (model === null || model === '') return counts;
  if (model === 'user' || model === 'app') return { [model]: counts[model] };
  throw new ApiError('CF-BadQueryParameter', `There is no model '${model}' to count: ask for 'user' or 'app'.`);
}

function pageOf(parts: BulkApiParts, query: URLSearchParams): object {
  const { store } = parts;
  const size = sizeOf(query.get('batch_size'));
  const after = lastIdOf(query.get('bulk_token'));
  const processes = store
    .all('app')
    .map((app) => (app.state === 'STARTED' ? asDeployed(store, app) : app))
    .flatMap((app) => app.processes.map((process) => ({ guid: processGuidOf(app, process), app, process })));
  const page = processes
    .sort((one, other) => (one.guid < other.guid ? -1 : 1))
    .filter(({ guid }) => guid > after)
    .slice(0, size);
  return {
    results: Object.fromEntries(page.map((each) => [each.guid, bulkAppOf(parts, each)])),
    bulk_token: { id: page.at(-1)?.guid ?? after },
  };
}

function sizeOf(text: string | null): number {
  if (text === null) return defaultBatch;
  const size = /^\d+$/.test(text) ? Number(text) : 0;
  if (size > 0) return Math.min(size, largestBatch);
  throw new ApiError('CF-BadQueryParameter', `The batch_size '${text}' is no whole number above 0.`);
}

/** Apps come in the order of their ids; the token holds the last one of the page before, and a number before the first. */
function lastIdOf(text: string | null): string {
  if (text === null || text === '') return '';
  const token = jsonIn(text);
  if (typeof token !== 'object' || token === null || Array.isArray(token)) throw badToken(text);
  if (!('id' in token) || typeof token.id === 'number') return '';
  if (typeof token.id !== 'string') throw badToken(text);
  return token.id;
}

function badToken(text: string): ApiError {
  return new ApiError('CF-BadQueryParameter', `The bulk_token '${text}' is none: send back the one of the last page.`);
}

interface AppProcess {
  readonly guid: string;
  readonly app: AppRecord;
  readonly process: ProcessRecord;
}

/** A process is an app to health managers. One that nothing can run is no reason to start it again and again. */
function bulkAppOf({ store, idleStopSeconds }: BulkApiParts, { guid, app, process }: AppProcess): BulkApp {
  const { instances, memoryMb } = process;
  const isWeb = process.type === 'web';
  const seconds = isWeb ? idleStopSecondsOf(store, app, idleStopSeconds) : null;
  const droplet = dropletOf(store, app);
  const canRun = isWeb || app.state !== 'STARTED' || desiredOf(store, guid) !== undefined;
  return {
    id: guid,
    name: app.name,
    instances: canRun ? instances : 0,
    state: isWeb && app.isIdle === true ? 'STOPPED' : app.state,
    memory: memoryMb,
    framework: droplet?.framework ?? null,
    runtime: droplet?.runtime ?? null,
    // What can run counts: newer bits, staged or not, are nothing to be restarted with.
    package_state: droplet === undefined ? packageStateOf(store, app) : 'STAGED',
    updated_at: app.updatedAt,
    // The health manager of 2013 ends on an app without a version, and with it all apps are left alone.
    version: versionOf(app, droplet),
    uris: isWeb ? urisOf(store, app.guid) : [],
    ...(seconds === undefined ? {} : { idle_stop_seconds: seconds }),
  };
}
