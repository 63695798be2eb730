import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { AppRecord, BuildRecord, PackageRecord } from '#components/cloud-controller/records.ts';
import { type StagingReply, type StagingRequest, staging } from '#contract/staging.ts';
import { call, type HttpAnswer } from '#ground/http-client.ts';
import { waitFor } from '#ground/wait.ts';
import type { Scope } from '../../../support/spec.ts';
import {
  createApp,
  createBuild,
  createPackage,
  filesBelow,
  multipartOf,
  startTestOperations,
  type TestOperations,
  type TestOptions,
  upload,
  zipWith,
} from '../operations.ts';

export const droplet = gzipSync('a droplet');
export const done: StagingReply = { task_id: '0'.repeat(32), task_log: 'log\n' };

/** A cloud controller with an app whose package is there. */
export async function startWithBits(scope: Scope, given: TestOptions = {}, app: Partial<AppRecord> = {}) {
  const cc = await startTestOperations(scope, given);
  const record = await createApp(cc.store, { name: 'hello', ...app });
  return { cc, app: record, bits: await uploaded(cc, record) };
}

export async function uploaded(cc: TestOperations, app: AppRecord): Promise<PackageRecord> {
  const bits = await createPackage(cc.store, app);
  const answer = await upload(cc, bits, { bits: await zipWith({ 'app.rb': `puts "${bits.guid}"` }) });
  return JSON.parse(await answer.text());
}

/** Plays a stager. What `work` returns is replied; without a reply it stays silent. */
export async function playStager(
  scope: Scope,
  { bus }: TestOperations,
  work: (request: StagingRequest) => Promise<StagingReply | undefined>,
): Promise<void> {
  scope.use(bus.answer(staging, work, { queue: 'staging' }));
  await bus.flush();
}

export function bring(uri: string, content: Uint8Array = droplet, name = 'upload[droplet]'): Promise<HttpAnswer> {
  return call(uri, { method: 'POST', ...multipartOf([{ name, content, filename: 'droplet.tgz' }]) });
}

export async function staged(cc: TestOperations, bits: PackageRecord): Promise<BuildRecord> {
  const build = await createBuild(cc.store, bits);
  cc.operations.stage(build);
  return ended(cc, build);
}

export function ended({ store }: TestOperations, { guid }: BuildRecord): Promise<BuildRecord> {
  const find = () => {
    const build = store.get('build', guid);
    return build?.state === 'STAGING' ? undefined : build;
  };
  return waitFor('the build to end', find, { limitMs: 15_000 });
}

export const bitsFiles = ({ dataDir }: TestOperations) => filesBelow(join(dataDir, 'blobs'));
