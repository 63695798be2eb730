import { type App, Package, Space } from '#contract/api/resources.ts';
import { readableSize } from '#ground/bytes.ts';
import { ActionableError } from '#ground/errors.ts';
import type { ApiClient } from '../api-client.ts';
import { lookUpApp } from '../app/find-app.ts';
import type { Cli } from '../cli.ts';
import { awaitJob } from '../job.ts';
import type { ContentHashes } from './content-hashes.ts';
import type { PushPlan } from './push-plan.ts';
import type { PushSource } from './push-source.ts';
import { uploadBits } from './upload-bits.ts';

/** Where apps are. @throws ActionableError API_REFUSED */
export async function ownSpace(api: ApiClient): Promise<Space> {
  const [space] = await api.list('/v3/spaces', Space);
  if (space !== undefined) return space;
  throw new ActionableError(
    'API_REFUSED',
    'This platform has no space for apps.',
    'Start it anew with `localpaas up`.',
  );
}

/**
 * Has the platform store what the manifest says of all apps, or of none.
 * @param space asked for before, where there was time
 * @param onStored told when the platform has taken it
 */
export async function applyManifest(
  cli: Cli,
  api: ApiClient,
  plans: readonly PushPlan[],
  { space = ownSpace(api), onStored = () => {} }: { space?: Promise<Space>; onStored?: () => void } = {},
): Promise<void> {
  const { guid } = await space;
  const answer = await api.exchange(`/v3/spaces/${guid}/actions/apply_manifest`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-yaml' },
    body: JSON.stringify({ applications: plans.map(({ attributes }) => attributes) }),
  });
  onStored();
  await awaitJob(cli, api, answer);
}

/** An app that a manifest made or changed just now. @throws ActionableError API_REFUSED */
export async function recordedApp(api: ApiClient, name: string): Promise<App> {
  const app = await lookUpApp(api, name);
  if (app !== undefined) return app;
  throw new ActionableError('API_REFUSED', `${name} is gone: somebody deleted it just now.`, 'Push again.');
}

/**
 * Makes a package of what is to be pushed.
 * @param hashes what is known of the files' content from the last time
 * @returns its guid
 */
export async function uploadPackage(
  cli: Cli,
  api: ApiClient,
  app: App,
  { source, hashes }: { source: PushSource; hashes?: ContentHashes },
): Promise<string> {
  cli.progress.step(`Uploading ${sizeOf(source)}`);
  const made = await api.post(
    '/v3/packages',
    { type: 'bits', relationships: { app: { data: { guid: app.guid } } } },
    Package,
  );
  await uploadBits(cli, api, source, { packageGuid: made.guid, ...(hashes === undefined ? {} : { hashes }) });
  return made.guid;
}

function sizeOf(source: PushSource): string {
  if (source.kind === 'archive') return readableSize(source.sizeBytes);
  const files = source.files.filter(({ kind }) => kind !== 'directory').length;
  return `${files} ${files === 1 ? 'file' : 'files'}, ${readableSize(source.sizeBytes)}`;
}
