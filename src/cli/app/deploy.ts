import * as v from 'valibot';
import { App, Package } from '#contract/api/resources.ts';
import { ActionableError } from '#ground/errors.ts';
import type { ApiClient } from '../api-client.ts';
import type { Cli } from '../cli.ts';
import { type LogMark, LogReader } from '../log-reader.ts';
import { beforeStart, logLimitMs } from './before-start.ts';
import { rollOut, type Strategy } from './roll-out.ts';
import { stagePackage } from './stage-package.ts';
import { type AwaitedProcesses, awaitRunning } from './wait-for-app.ts';

export interface DeployOptions {
  /** Whether to wait until the instances run. */
  readonly wait: boolean;
  /** How what runs is replaced. */
  readonly strategy: Strategy;
  /** Taken when the work began; absent, it is taken now. */
  readonly log?: LogMark;
  /** Told when the droplet is there, with its guid, and instances are being started. */
  readonly onStarting?: (droplet: string) => void;
  /** Told once or more that it serves, where it has yet to prove itself. */
  readonly onServing?: () => void;
}

/**
 * Stages a package, makes it the app's version and starts it; a version that runs goes on until the new one serves.
 * @throws ActionableError STAGING_FAILED, START_UNSUCCESSFUL
 */
export async function deploy(
  cli: Cli,
  api: ApiClient,
  app: App,
  packageGuid: string,
  { log = new LogReader(api, app.guid).mark(), ...options }: DeployOptions,
): Promise<void> {
  cli.progress.step(`Staging ${app.name}`);
  const { droplet, endLog } = await stagePackage(cli, api, { app, packageGuid, log });
  const isRolling = options.strategy === 'rolling' && app.state === 'STARTED';
  try {
    if (isRolling) {
      options.onStarting?.(droplet);
      cli.progress.step(`Deploying ${app.name}`);
      const { wait, onServing } = options;
      await rollOut(cli, api, app, { droplet }, { wait, onServing, logFrom: () => log.settle(logLimitMs) });
    } else await startWith(cli, api, app, droplet, options);
  } finally {
    await endLog();
  }
  cli.progress.end();
}

/** Starts an app anew with this droplet. */
async function startWith(cli: Cli, api: ApiClient, app: App, droplet: string, { wait, onStarting }: DeployOptions) {
  const path = `/v3/apps/${app.guid}/relationships/current_droplet`;
  const [before] = await Promise.all([
    beforeStart(api, app.guid),
    api.patch(path, { data: { guid: droplet } }, v.looseObject({})),
  ]);
  onStarting?.(droplet);
  cli.progress.step(`Starting ${app.name}`);
  await api.post(`/v3/apps/${app.guid}/actions/restart`, {}, App);
  if (wait) await awaitRunning(cli, api, app, before);
}

export interface StateChange {
  readonly action: 'start' | 'restart';
  readonly wait: boolean;
  /** How what runs is replaced. */
  readonly strategy?: Strategy;
  readonly only?: AwaitedProcesses;
}

/** Starts or restarts an app that has a droplet. @throws ActionableError START_UNSUCCESSFUL */
export async function changeState(
  cli: Cli,
  api: ApiClient,
  app: App,
  { action, wait, strategy = 'rolling', only }: StateChange,
): Promise<void> {
  if (action === 'restart' && strategy === 'rolling' && app.state === 'STARTED') {
    const logFrom = () => new LogReader(api, app.guid).mark().settle(logLimitMs);
    return rollOut(cli, api, app, {}, { wait, logFrom });
  }
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
