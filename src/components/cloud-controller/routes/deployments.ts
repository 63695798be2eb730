import * as v from 'valibot';
import { ApiError } from '#contract/api/errors.ts';
import type { HttpReply, HttpRequest, Routes } from '#ground/http-server.ts';
import type { Api } from '../api.ts';
import type { DeploymentWish } from '../deployments/prepare.ts';
import type { AppRecord, DeploymentRecord } from '../records.ts';
import { deploymentView } from '../views/deployment.ts';
import { baseOf } from './address.ts';
import { count, Metadata, readJson, ToOne } from './body.ts';
import { find } from './find.ts';
import { type Listing, listReply, oneOf } from './list.ts';

const Named = v.object({ guid: v.string() });
const rollingOnly =
  "is no strategy of this platform: it starts all instances of a new version beside the old ones, which is 'rolling'";

const NewDeployment = v.strictObject({
  relationships: v.object({ app: ToOne }),
  droplet: v.nullish(Named),
  revision: v.nullish(Named),
  strategy: v.nullish(v.literal('rolling', ({ received }) => `${received} ${rollingOnly}`)),
  /** All instances are in flight at once, in any case. */
  options: v.nullish(v.looseObject({ max_in_flight: v.nullish(count(1)) })),
  metadata: v.nullish(Metadata),
});
type NewDeployment = v.InferOutput<typeof NewDeployment>;

/** New versions that take over from those that run. */
export function deploymentRoutes(routes: Routes, api: Api): void {
  const { operations, store } = api;
  const listing = deploymentListing(api);
  routes.on('GET', '/v3/deployments', (request) => listReply(request, store.all('deployment'), listing));
  routes.on('GET', '/v3/deployments/:guid', (request) => one(200, api, find(store, 'deployment', request), request));
  routes.on('POST', '/v3/deployments', async (request) => one(201, api, await begin(api, request), request));
  routes.on('POST', '/v3/deployments/:guid/actions/cancel', async (request) => {
    await operations.cancelDeployment(find(store, 'deployment', request));
    return { status: 200 };
  });
  routes.on('POST', '/v3/deployments/:guid/actions/continue', (request) => {
    const { state } = find(store, 'deployment', request);
    const status = state === 'ACTIVE' ? 'ACTIVE deployment that is not paused' : `${state} deployment`;
    throw new ApiError('CF-UnprocessableEntity', `Cannot continue a deployment with status: ${status}`);
  });
}

function deploymentListing(api: Api): Listing<DeploymentRecord> {
  const statusOf = ({ state }: DeploymentRecord) => (state === 'ACTIVE' ? 'ACTIVE' : 'FINALIZED');
  return {
    filters: {
      app_guids: oneOf(({ app }) => app),
      status_values: oneOf(statusOf),
      status_reasons: oneOf(({ state }) => (state === 'ACTIVE' ? 'DEPLOYING' : state)),
      states: oneOf(({ state }) => (state === 'ACTIVE' ? 'DEPLOYING' : state)),
    },
    orders: { created_at: ({ createdAt }) => createdAt, updated_at: ({ updatedAt }) => updatedAt },
    present: (deployment, base) => present(api, deployment, base),
  };
}

async function begin(api: Api, request: HttpRequest): Promise<DeploymentRecord> {
  const wanted = await readJson(request, NewDeployment);
  const app = api.store.get('app', wanted.relationships.app.data.guid);
  if (app === undefined) {
    throw new ApiError(
      'CF-UnprocessableEntity',
      'Unable to use app. Ensure that the app exists and you have access to it.',
    );
  }
  if (app.state !== 'STARTED') {
    throw new ApiError('CF-UnprocessableEntity', `The app ${app.name} is stopped: start it instead.`);
  }
  return api.operations.deploy(app, wishOf(api, app, wanted));
}

function wishOf({ store }: Api, app: AppRecord, { droplet, revision }: NewDeployment): DeploymentWish {
  if (droplet && revision) {
    throw new ApiError('CF-UnprocessableEntity', "Cannot set both fields 'droplet' and 'revision'");
  }
  if (droplet) {
    const found = store.get('droplet', droplet.guid);
    if (found?.app === app.guid) return { droplet: found };
    throw new ApiError(
      'CF-UnprocessableEntity',
      'Unable to assign current droplet. Ensure the droplet exists and belongs to this app.',
    );
  }
  if (!revision) return {};
  const found = store.get('revision', revision.guid);
  if (found?.app !== app.guid) throw new ApiError('CF-UnprocessableEntity', 'The revision does not exist');
  if (store.get('droplet', found.droplet) !== undefined) return { revision: found };
  throw new ApiError(
    'CF-UnprocessableEntity',
    'Unable to deploy this revision, the droplet for this revision no longer exists.',
  );
}

function one(status: number, api: Api, deployment: DeploymentRecord, request: HttpRequest): HttpReply {
  return { status, body: present(api, deployment, baseOf(request)) };
}

function present({ operations, store }: Api, deployment: DeploymentRecord, base: string) {
  const revision = store.get('revision', deployment.revision);
  return deploymentView(deployment, operations.phaseOf(deployment), revision, base);
}
