import { apiTime, type Build } from '#contract/api/resources.ts';
import type { BuildRecord } from '../records.ts';
import type { Setup } from '../setup.ts';
import { linksAt, noMetadata, to } from './links.ts';
import { stagingErrorOf } from './staging-error.ts';

export function buildView(build: BuildRecord, { admin }: Setup, base: string): Build {
  return {
    guid: build.guid,
    created_at: apiTime(new Date(build.createdAt)),
    updated_at: apiTime(new Date(build.updatedAt)),
    created_by: { guid: admin.guid, name: admin.name, email: admin.name },
    state: build.state,
    error: build.error === null ? null : stagingErrorOf(build.error),
    lifecycle: { type: 'buildpack', data: { buildpacks: [], stack: null } },
    package: { guid: build.package },
    droplet: build.droplet === null ? null : { guid: build.droplet },
    relationships: { app: to(build.app) },
    metadata: noMetadata,
    links: linksAt(base, { self: `/v3/builds/${build.guid}`, app: `/v3/apps/${build.app}` }),
  };
}
