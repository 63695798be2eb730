import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { scratchDirectory } from '../../support/scratch.ts';
import type { Scope } from '../../support/spec.ts';
import {
  appResource,
  dropletResource,
  logAnswer,
  pageOf,
  processResource,
  type RecordedApi,
  recordedApi,
  routeResource,
  statsResource,
} from '../recorded-api.ts';

const stamps = { created_at: '', updated_at: '' };
export const app = '/v3/apps/guid-of-hello';
export const upload = 'POST /v3/packages/package-1/upload';
export const apply = 'POST /v3/spaces/space-1/actions/apply_manifest';

export const packageIn = (state: string) => ({ body: { ...stamps, guid: 'package-1', type: 'bits', state, data: {} } });
export const buildIn = (state: string, changes: object = {}) => ({
  body: { ...stamps, guid: 'build-1', state, error: null, package: { guid: 'package-1' }, droplet: null, ...changes },
});

/** A platform on which a push of `hello` goes well. */
export function platform(scope: Scope, changes: Parameters<typeof recordedApi>[1] = {}): Promise<RecordedApi> {
  let builds = 0;
  return recordedApi(scope, {
    'GET /v3/spaces': pageOf([{ ...stamps, guid: 'space-1', name: 'dev' }]),
    [apply]: { status: 202, headers: { location: 'http://x/v3/jobs/j' } },
    'GET /v3/jobs/j': { body: { guid: 'j', state: 'COMPLETE', errors: [], warnings: [] } },
    'GET /v3/apps': pageOf([appResource('hello', 'STOPPED')]),
    'POST /v3/packages': { status: 201, ...packageIn('AWAITING_UPLOAD') },
    [upload]: packageIn('READY'),
    'GET /api/v1/read/guid-of-hello': logAnswer([]),
    'GET /v3/audit_events': pageOf([]),
    'POST /v3/builds': { status: 201, ...buildIn('STAGING') },
    'GET /v3/builds/build-1': () => {
      builds += 1;
      return builds === 1 ? buildIn('STAGING') : buildIn('STAGED', { droplet: { guid: 'droplet-1' } });
    },
    [`PATCH ${app}/relationships/current_droplet`]: { body: {} },
    [`POST ${app}/actions/restart`]: { body: appResource('hello') },
    'GET /v3/processes/guid-of-hello/stats': { body: { resources: [statsResource(0, 'RUNNING')] } },
    [`GET ${app}`]: { body: appResource('hello') },
    [`GET ${app}/processes`]: pageOf([processResource('hello')]),
    [`GET ${app}/routes`]: pageOf([routeResource('hello', ['hello'])]),
    [`GET ${app}/droplets/current`]: { body: dropletResource() },
    ...changes,
  });
}

/** A folder called hello with one small file. */
export async function hello(scope: Scope, content = 'listen()'): Promise<string> {
  const folder = join(await scratchDirectory(scope), 'hello');
  await mkdir(folder);
  await writeFile(join(folder, 'app.js'), content);
  return folder;
}
