import { apiTime, type Package } from '#contract/api/resources.ts';
import type { PackageRecord } from '../records.ts';
import { linksAt, noMetadata, to } from './links.ts';

export function packageView(record: PackageRecord, base: string): Package {
  const self = `/v3/packages/${record.guid}`;
  return {
    guid: record.guid,
    created_at: apiTime(new Date(record.createdAt)),
    updated_at: apiTime(new Date(record.updatedAt)),
    type: 'bits',
    state: record.state,
    data: { error: record.error, checksum: { type: 'sha256', value: record.sha256 } },
    relationships: { app: to(record.app) },
    metadata: noMetadata,
    links: linksAt(base, {
      self,
      upload: `${self}/upload`,
      download: `${self}/download`,
      app: `/v3/apps/${record.app}`,
    }),
  };
}
