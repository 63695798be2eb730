import { App } from '#contract/api/resources.ts';
import { ActionableError } from '#ground/errors.ts';
import { ApiClient } from '../api-client.ts';
import { isNotFound } from '../api-refusal.ts';
import { deploy } from '../app/deploy.ts';
import { rollOut, type Strategy } from '../app/roll-out.ts';
import type { Cli } from '../cli.ts';
import { LogReader } from '../log-reader.ts';
import type { ContentHashes } from '../push/content-hashes.ts';
import { applyManifest, recordedApp, uploadPackage } from '../push/push-app.ts';
import type { PushPlan } from '../push/push-plan.ts';
import type { PushSource } from '../push/push-source.ts';
import { diagnosed } from './version-failed.ts';
import type { Steps } from './watch-event.ts';

/** What is to serve. */
export interface Pushable {
  readonly plan: PushPlan;
  readonly source: PushSource;
  /** Where it was staged already. */
  readonly staged: StagedVersion | undefined;
}

/** A droplet that was staged, and not deployed yet. */
export interface StagedVersion {
  readonly droplet: string;
  readonly packageGuid: string;
}

export interface DeployedVersion {
  readonly app: App;
  /** Of the package it was made of. */
  readonly packageGuid: string;
  readonly droplet: string;
  /** Rejects with VersionFailed when it fails in its first seconds, and what served before takes over again. */
  readonly proved: Promise<void>;
  /** `layered`: over what was staged before. `synced`: into the instances that run. */
  readonly way: 'pushed' | 'layered' | 'synced';
  readonly steps: Steps;
  /** Its log begins here. */
  readonly logFrom: bigint;
}

export interface DeployVersionOptions {
  readonly hashes: ContentHashes;
  /** Where the app is known already, with the settings of the plan. */
  readonly app: App | undefined;
  readonly strategy: Strategy;
  /** Called before anything is uploaded. */
  readonly onRecorded: (api: ApiClient, app: App) => Promise<void>;
}

/**
 * Pushes a version as `push` does, and resolves when it serves.
 * @throws VersionFailed; ActionableError when it did not come to that: NOBODY_ANSWERED, NOT_FOUND, BAD_INPUT, …
 */
export async function deployVersion(
  cli: Cli,
  { plan, source, staged }: Pushable,
  { hashes, app: known, strategy, onRecorded }: DeployVersionOptions,
): Promise<DeployedVersion> {
  const api = await ApiClient.open(cli);
  if (known === undefined) await applyManifest(cli, api, [plan]);
  const app = known === undefined ? await recordedApp(api, plan.name) : await currentApp(api, known);
  const log = new LogReader(api, app.guid).mark();
  await onRecorded(api, app);
  const startedAt = performance.now();
  const packageGuid = staged?.packageGuid ?? (await uploadPackage(cli, api, app, { source, hashes }));
  const uploadedAt = performance.now();
  let stagedAt = uploadedAt;
  let droplet = staged?.droplet ?? '';
  const onStarting = (made: string) => {
    droplet = made;
    stagedAt = performance.now();
  };
  const { promise: serving, onServing } = announced();
  const carriedOut =
    staged === undefined
      ? deploy(cli, api, app, packageGuid, { wait: true, strategy, log, onStarting, onServing })
      : rollOut(cli, api, app, staged, { wait: true, onServing, logFrom: () => log.settle() });
  const paths = pathsOf(source);
  const proved = carriedOut.catch(async (error: unknown) =>
    Promise.reject(await diagnosed(error, { api, app, log, paths })),
  );
  await Promise.race([serving, proved]);
  proved.catch(() => {}); // whoever it is told to may look at it later
  const steps = {
    upload: Math.round(uploadedAt - startedAt),
    stage: Math.round(stagedAt - uploadedAt),
    start: Math.round(performance.now() - stagedAt),
  };
  return { app, packageGuid, droplet, proved, way: 'pushed', steps, logFrom: await log.settle() };
}

function announced(): { promise: Promise<void>; onServing: () => void } {
  let onServing = () => {};
  const promise = new Promise<void>((resolve) => {
    onServing = resolve;
  });
  return { promise, onServing };
}

/** @throws ActionableError NOT_FOUND for one that was deleted */
async function currentApp(api: ApiClient, { guid, name }: App): Promise<App> {
  try {
    return await api.get(`/v3/apps/${guid}`, App);
  } catch (error) {
    if (!isNotFound(error)) throw error;
    throw new ActionableError(
      'NOT_FOUND',
      `${name} was deleted: there is nothing to watch any more.`,
      'Say `localpaas watch` again to push it anew.',
      { cause: error },
    );
  }
}

export function pathsOf(source: PushSource): ReadonlySet<string> {
  return new Set(source.kind === 'folder' ? source.files.map(({ path }) => path) : []);
}
