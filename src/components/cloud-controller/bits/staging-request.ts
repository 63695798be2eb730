import { familyOf } from '#contract/runtimes.ts';
import type { StagingRequest } from '#contract/staging.ts';
import { addressWith } from '#vcap/credentials.ts';
import { webOf } from '../changes/app.ts';
import { chosenRuntimeOf } from '../chosen-runtime.ts';
import { maxOpenFiles } from '../limits.ts';
import type { AppRecord } from '../records.ts';
import type { Ticket } from './staging-tickets.ts';

/** The request for one staging task. @param address where this cloud controller is reached */
export function stagingRequestOf(app: AppRecord, ticket: Ticket, address: string): StagingRequest {
  const { command, memoryMb, diskMb } = webOf(app);
  const own = addressWith(address, ticket.credentials);
  return {
    app_id: app.guid,
    download_uri: `${own}/staging/app/${app.guid}`,
    upload_uri: `${own}/staging/droplet/${app.guid}/${ticket.uploadId}`,
    log_id: app.guid,
    properties: {
      services: [],
      framework_info: { name: command === null ? (chosenFramework(app) ?? 'auto') : 'standalone' },
      runtime_info: { name: chosenRuntime(app) },
      resources: { memory: memoryMb, disk: diskMb, fds: maxOpenFiles },
      environment: Object.entries(app.environment).map(([name, value]) => `${name}=${value}`),
      ...(command === null ? {} : { meta: { command } }),
    },
  };
}

/** A framework of 2012 by its plain name. Buildpacks go by other names: what they would build is found by itself. */
export function chosenFramework({ lifecycle }: Pick<AppRecord, 'lifecycle'>): string | undefined {
  const [name, ...others] = lifecycle.buildpacks;
  if (name === undefined || others.length > 0) return undefined;
  return /^[a-z0-9_]+$/.test(name) && !name.endsWith('_buildpack') ? name : undefined;
}

/** A runtime of 2012 that was named, when this platform has something of its family. */
function chosenRuntime(app: AppRecord): string {
  const name = chosenRuntimeOf(app);
  return name === undefined || familyOf(name) === undefined ? 'auto' : name;
}
