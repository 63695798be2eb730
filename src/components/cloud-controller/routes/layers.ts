import * as v from 'valibot';
import { ApiError } from '#contract/api/errors.ts';
import { type HttpRequest, type Routes, readBody } from '#ground/http-server.ts';
import type { Api } from '../api.ts';
import type { Phase } from '../deployments/deployments.ts';
import type { DropletRecord } from '../records.ts';
import { deploymentView } from '../views/deployment.ts';
import { baseOf } from './address.ts';
import { readJson } from './body.ts';
import { find } from './find.ts';

const layerLimitBytes = 20 * 1024 * 1024;
const mostWaitSeconds = 60;
const mostWatchSeconds = 3_600;

const Watch = v.strictObject({ seconds: v.pipe(v.number(), v.minValue(0), v.maxValue(mostWatchSeconds)) });
const Named = v.strictObject({ droplet: v.object({ guid: v.string() }) });

/** What somebody who works on an app needs: v3 has no words for it. */
export function layerRoutes(routes: Routes, api: Api): void {
  const { operations, store } = api;
  const present = (guid: string, request: HttpRequest) => {
    const deployment = find(store, 'deployment', { ...request, params: { guid } });
    const revision = store.get('revision', deployment.revision);
    return deploymentView(deployment, operations.phaseOf(deployment), revision, baseOf(request));
  };
  routes.on('PUT', '/localpaas/v1/apps/:guid/watch', async (request) => {
    const app = find(store, 'app', request);
    operations.watch(app, (await readJson(request, Watch)).seconds);
    return { status: 204 };
  });
  routes.on('POST', '/localpaas/v1/apps/:guid/layers', async (request) => {
    const app = find(store, 'app', request);
    const layer = await layerIn(request);
    const deployment = await operations.deployLayer(app, baseIn(api, request), layer);
    return { status: 201, body: present(deployment.guid, request) };
  });
  routes.on('POST', '/localpaas/v1/apps/:guid/sync', async (request) => {
    const app = find(store, 'app', request);
    const layer = await layerIn(request);
    return { status: 200, body: { instances: await operations.syncLayer(app, baseIn(api, request), layer) } };
  });
  routes.on('POST', '/localpaas/v1/apps/:guid/actions/settle', async (request) => {
    const app = find(store, 'app', request);
    const { droplet } = await readJson(request, Named);
    return { status: 200, body: await operations.settle(app, dropletNamed(api, droplet.guid, app.guid)) };
  });
  routes.on('GET', '/localpaas/v1/deployments/:guid', async (request) => {
    const deployment = find(store, 'deployment', request);
    const seconds = Math.min(mostWaitSeconds, Number(request.query.get('wait') ?? 0) || 0);
    const seen = request.query.get('phase');
    if (seen !== null) await operations.untilOtherPhase(deployment, seen as Phase, seconds * 1000);
    return { status: 200, body: present(deployment.guid, request) };
  });
}

/** @throws ApiError 413 */
async function layerIn(request: HttpRequest): Promise<Buffer> {
  return readBody(request, layerLimitBytes).catch((error: unknown) => {
    if (!(error instanceof RangeError)) throw error;
    throw new ApiError('CF-RequestEntityTooLarge', `A layer takes at most ${layerLimitBytes} bytes: push instead.`);
  });
}

/** The droplet that `?base=` names. @throws ApiError 404 */
function baseIn(api: Api, request: HttpRequest): DropletRecord {
  return dropletNamed(api, request.query.get('base') ?? '', request.params['guid'] ?? '');
}

function dropletNamed({ store }: Api, guid: string, app: string): DropletRecord {
  const found = store.get('droplet', guid);
  if (found?.app === app) return found;
  throw new ApiError('CF-ResourceNotFound', 'Droplet not found');
}
