import { randomUUID } from 'node:crypto';
import type { Api } from '../api.ts';
import type { AppRecord, BuildRecord, PackageRecord } from '../records.ts';

/** The record of a build that is to be staged. */
export async function newBuild(
  { store, events }: Pick<Api, 'store' | 'events'>,
  app: AppRecord,
  bits: PackageRecord,
): Promise<BuildRecord> {
  const now = new Date().toISOString();
  const build = await store.create('build', {
    guid: randomUUID(),
    createdAt: now,
    updatedAt: now,
    app: app.guid,
    package: bits.guid,
    state: 'STAGING',
    error: null,
    droplet: null,
  });
  events.record('audit.app.build.create', { app }, { build_guid: build.guid, package_guid: bits.guid });
  return build;
}

/** Has a package staged in the background; the build's record tells what became of it. */
export async function startBuild(api: Api, app: AppRecord, bits: PackageRecord): Promise<BuildRecord> {
  const build = await newBuild(api, app, bits);
  api.operations.stage(build);
  return build;
}
