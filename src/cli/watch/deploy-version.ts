import { App } from '#contract/api/resources.ts';
import { ActionableError } from '#ground/errors.ts';
import { ApiClient } from '../api-client.ts';
import { isNotFound } from '../api-refusal.ts';
import { deploy } from '../app/deploy.ts';
import type { Strategy } from '../app/roll-out.ts';
import type { Cli } from '../cli.ts';
import { type LogMark, LogReader } from '../log-reader.ts';
import type { ContentHashes } from '../push/content-hashes.ts';
import { applyManifest, recordedApp, uploadPackage } from '../push/push-app.ts';
import type { PushPlan } from '../push/push-plan.ts';
import type { PushSource } from '../push/push-source.ts';
import { placeInLog, reasonInLog } from './place-in-log.ts';
import type { Failure, Steps } from './watch-event.ts';

/** What is to serve. */
export interface Pushable {
  readonly plan: PushPlan;
  readonly source: PushSource;
}

export interface DeployedVersion {
  readonly app: App;
  readonly packageGuid: string;
  /** Rejects with VersionFailed when it fails in its first seconds, and what served before takes over again. */
  readonly proved: Promise<void>;
  readonly steps: Steps;
  /** Its log begins here. */
  readonly logFrom: bigint;
}

export interface DeployVersionOptions {
  readonly hashes: ContentHashes;
  /** Where the app is known already, with the settings of the plan. */
  readonly app: App | undefined;
  readonly strategy: Strategy;
}

/** A version does not serve; with what its log says about it. */
export class VersionFailed extends Error {
  readonly error: ActionableError;
  readonly app: App;
  readonly logFrom: bigint;
  readonly diagnosis: Diagnosis;

  constructor(error: ActionableError, { app, logFrom }: { app: App; logFrom: bigint }, diagnosis: Diagnosis) {
    super(error.message, { cause: error });
    this.error = error;
    this.app = app;
    this.logFrom = logFrom;
    this.diagnosis = diagnosis;
  }
}

export type Diagnosis = Pick<Failure, 'place' | 'reason' | 'log'>;

/**
 * Pushes a version as `push` does, and resolves when it serves.
 * @throws VersionFailed; ActionableError when it did not come to that: NOBODY_ANSWERED, NOT_FOUND, BAD_INPUT, …
 */
export async function deployVersion(
  cli: Cli,
  { plan, source }: Pushable,
  { hashes, app: known, strategy }: DeployVersionOptions,
): Promise<DeployedVersion> {
  const api = await ApiClient.open(cli);
  if (known === undefined) await applyManifest(cli, api, [plan]);
  const app = known === undefined ? await recordedApp(api, plan.name) : await currentApp(api, known);
  const log = new LogReader(api, app.guid).mark();
  const startedAt = performance.now();
  const packageGuid = await uploadPackage(cli, api, app, { source, hashes });
  const uploadedAt = performance.now();
  let stagedAt = uploadedAt;
  const onStarting = () => {
    stagedAt = performance.now();
  };
  const { promise: serving, onServing } = announced();
  const proved = deploy(cli, api, app, packageGuid, { wait: true, strategy, log, onStarting, onServing }).catch(
    async (error: unknown) => Promise.reject(await explained(error, { api, app, log, source })),
  );
  await Promise.race([serving, proved]);
  proved.catch(() => {}); // whoever it is told to may look at it later
  const steps = {
    upload: Math.round(uploadedAt - startedAt),
    stage: Math.round(stagedAt - uploadedAt),
    start: Math.round(performance.now() - stagedAt),
  };
  return { app, packageGuid, proved, steps, logFrom: await log.settle() };
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

interface Failed {
  readonly api: ApiClient;
  readonly app: App;
  readonly log: LogMark;
  readonly source: PushSource;
}

/** Whose lines tell what went wrong, by what did. */
const tellers: Readonly<Record<string, RegExp>> = {
  STAGING_FAILED: /^(STG|APP\/TASK\/release)$/,
  START_UNSUCCESSFUL: /^APP\//,
};
const readLines = 200;
const keptLines = 10;

async function explained(error: unknown, { api, app, log, source }: Failed): Promise<unknown> {
  const teller = error instanceof ActionableError ? tellers[error.code] : undefined;
  if (!(error instanceof ActionableError) || teller === undefined) return error;
  const logFrom = await log.settle();
  const lines = await new LogReader(api, app.guid).recent(readLines, logFrom).catch(() => []);
  const said = lines.filter((line) => teller.test(line.source)).map(({ text }) => text);
  const paths = new Set(source.kind === 'folder' ? source.files.map(({ path }) => path) : []);
  return new VersionFailed(
    error,
    { app, logFrom },
    {
      place: placeInLog(said, paths) ?? null,
      reason: reasonInLog(said) ?? null,
      log: said.slice(-keptLines),
    },
  );
}
