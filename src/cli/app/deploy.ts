import * as v from 'valibot';
import { App, Package } from '#contract/api/resources.ts';
import { ActionableError } from '#ground/errors.ts';
import type { ApiClient } from '../api-client.ts';
import type { Cli } from '../cli.ts';
import { type LogMark, LogReader } from '../log-reader.ts';
import { beforeStart } from './before-start.ts';
import { stagePackage } from './stage-package.ts';
import { type AwaitedProcesses, awaitRunning } from './wait-for-app.ts';

export interface DeployOptions {
  /** Whether to wait until the instances run. */
  readonly wait: boolean;
  /** Taken when the work began; absent, it is taken now. */
  readonly log?: LogMark;
  /** Told when the droplet is there and instances are being started. */
  readonly onStarting?: () => void;
}

/** Stages a package, makes it the app's version and starts it. @throws ActionableError STAGING_FAILED, START_UNSUCCESSFUL */
export async function deploy(
  cli: Cli,
  api: ApiClient,
  app: App,
  packageGuid: string,
  options: DeployOptions,
): Promise<void> {
  const log = options.log ?? new LogReader(api, app.guid).mark();
  cli.progress.step(`Staging ${app.name}`);
  const { droplet, endLog } = await stagePackage(cli, api, { app, packageGuid, log });
  const path = `/v3/apps/${app.guid}/relationships/current_droplet`;
  const [before] = await Promise.all([
    beforeStart(api, app.guid),
    api.patch(path, { data: { guid: droplet } }, v.looseObject({})),
  ]);
  options.onStarting?.();
  cli.progress.step(`Starting ${app.name}`);
  try {
    await api.post(`/v3/apps/${app.guid}/actions/restart`, {}, App);
    if (options.wait) await awaitRunning(cli, api, app, before);
  } finally {
    await endLog();
  }
  cli.progress.end();
}

/** Starts or restarts an app that has a droplet. @throws ActionableError START_UNSUCCESSFUL */
export async function changeState(
  cli: Cli,
  api: ApiClient,
  app: App,
  { action, wait, only }: { action: 'start' | 'restart'; wait: boolean; only?: AwaitedProcesses },
): Promise<void> {
  const before = await beforeStart(api, app.guid);
  await api.post(`/v3/apps/${app.guid}/actions/${action}`, {}, App);
  if (wait) await awaitRunning(cli, api, app, only === undefined ? before : { ...before, only });
}

/** The last upload of an app. @throws ActionableError NOT_FOUND */
export async function lastPackage(api: ApiClient, app: App): Promise<Package> {
  const found = await api.list(`/v3/packages?app_guids=${app.guid}&states=READY&order_by=-created_at`, Package);
  const [newest] = found.filter(({ state }) => state === 'READY');
  if (newest !== undefined) return newest;
  throw new ActionableError(
    'NOT_FOUND',
    `Nothing was uploaded for ${app.name} yet.`,
    `Push its folder: \`localpaas push --name ${app.name}\`.`,
  );
}
