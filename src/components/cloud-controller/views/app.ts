import type * as v from 'valibot';
import { type App, type AppEnvironment, apiTime } from '#contract/api/resources.ts';
import type { AppRecord, ProcessRecord } from '../records.ts';
import type { Setup } from '../setup.ts';
import { linksAt, to } from './links.ts';

/** The stack of apps that run on the machine itself. */
export const hostStack = 'host';

export function appView(app: AppRecord, { space }: Setup, base: string): App {
  const self = `/v3/apps/${app.guid}`;
  return {
    guid: app.guid,
    created_at: apiTime(new Date(app.createdAt)),
    updated_at: apiTime(new Date(app.updatedAt)),
    name: app.name,
    state: app.state,
    ...(app.isIdle === true ? { idle: true } : {}),
    lifecycle: lifecycleView(app),
    relationships: { space: to(space.guid), current_droplet: to(app.currentDroplet) },
    metadata: { labels: app.labels, annotations: app.annotations },
    links: linksAt(base, {
      self,
      environment_variables: `${self}/environment_variables`,
      space: `/v3/spaces/${space.guid}`,
      processes: `${self}/processes`,
      packages: `${self}/packages`,
      current_droplet: `${self}/droplets/current`,
      droplets: `${self}/droplets`,
      start: `${self}/actions/start`,
      stop: `${self}/actions/stop`,
    }),
  };
}

function lifecycleView({ lifecycle }: Pick<AppRecord, 'lifecycle'>) {
  return {
    type: lifecycle.type,
    data: { buildpacks: [...lifecycle.buildpacks], stack: lifecycle.stack ?? hostStack },
  };
}

/** What `cf env` prints. @param uris what the app is reached at */
export function environmentView(
  app: AppRecord,
  web: ProcessRecord,
  uris: readonly string[],
  { space, organization }: Setup,
): v.InferOutput<typeof AppEnvironment> {
  return {
    environment_variables: app.environment,
    staging_env_json: {},
    running_env_json: {},
    system_env_json: { VCAP_SERVICES: {} },
    application_env_json: {
      VCAP_APPLICATION: {
        application_id: app.guid,
        application_name: app.name,
        name: app.name,
        application_uris: uris,
        uris,
        limits: { mem: web.memoryMb, disk: web.diskMb, fds: 16_384 },
        organization_id: organization.guid,
        organization_name: organization.name,
        space_id: space.guid,
        space_name: space.name,
        users: null,
      },
    },
  };
}
