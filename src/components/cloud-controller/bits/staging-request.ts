import type { StagingRequest } from '#contract/staging.ts';
import { webOf } from '../changes/app.ts';
import { addressWith } from '../credentials.ts';
import type { AppRecord } from '../records.ts';
import type { Ticket } from './staging-tickets.ts';

/** Open files of a staging task. Origin: the default of the 2012 DEA. */
const maxOpenFiles = 1024;

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
      runtime_info: { name: 'auto' },
      resources: { memory: memoryMb, disk: diskMb, fds: maxOpenFiles },
      environment: Object.entries(app.environment).map(([name, value]) => `${name}=${value}`),
      ...(command === null ? {} : { meta: { command } }),
    },
  };
}

/** A framework of 2012 by its plain name. Buildpacks go by other names: what they would build is found by itself. */
function chosenFramework({ lifecycle }: AppRecord): string | undefined {
  const [name, ...others] = lifecycle.buildpacks;
  if (name === undefined || others.length > 0) return undefined;
  return /^[a-z0-9_]+$/.test(name) && !name.endsWith('_buildpack') ? name : undefined;
}
