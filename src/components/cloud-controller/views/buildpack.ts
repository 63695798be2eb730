import { apiTime, type Buildpack } from '#contract/api/resources.ts';
import type { BuildpackRecord } from '../records.ts';
import { linksAt } from './links.ts';

export function buildpackView(record: BuildpackRecord, base: string): Buildpack {
  const self = `/v3/buildpacks/${record.guid}`;
  return {
    guid: record.guid,
    created_at: apiTime(new Date(record.createdAt)),
    updated_at: apiTime(new Date(record.updatedAt)),
    name: record.name,
    state: isReady(record) ? 'READY' : 'AWAITING_UPLOAD',
    filename: record.isBuiltIn ? 'comes with localpaas' : record.filename,
    stack: null,
    position: record.position,
    lifecycle: 'buildpack',
    enabled: record.enabled,
    locked: record.locked,
    metadata: { labels: record.labels, annotations: record.annotations },
    links: linksAt(base, { self, upload: `${self}/upload` }),
  };
}

/** Whether apps can be staged with it. */
export function isReady({ isBuiltIn, sha256 }: BuildpackRecord): boolean {
  return isBuiltIn || sha256 !== null;
}
