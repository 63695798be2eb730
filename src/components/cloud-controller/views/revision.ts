import { apiTime, type Revision } from '#contract/api/resources.ts';
import type { RevisionRecord } from '../records.ts';
import { linksAt, noMetadata, to } from './links.ts';

/** @param isDeployable whether its droplet is still there */
export function revisionView(revision: RevisionRecord, isDeployable: boolean, base: string): Revision {
  const { guid, app, number, droplet, processes, sidecars = [], description } = revision;
  const self = `/v3/revisions/${guid}`;
  return {
    guid,
    created_at: apiTime(new Date(revision.createdAt)),
    updated_at: apiTime(new Date(revision.updatedAt)),
    version: number,
    droplet: { guid: droplet },
    processes: Object.fromEntries(processes.map(({ type, command }) => [type, { command }])),
    sidecars: sidecars.map(({ name, command, processTypes, memoryMb }) => ({
      name,
      command,
      process_types: [...processTypes],
      memory_in_mb: memoryMb,
    })),
    description,
    deployable: isDeployable,
    relationships: { app: to(app) },
    metadata: noMetadata,
    links: linksAt(base, { self, app: `/v3/apps/${app}`, environment_variables: `${self}/environment_variables` }),
  };
}
