import { accessSync, constants, readdirSync, statSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import type { BuildpackChoice, StagingRequest } from '#contract/staging.ts';
import { ActionableError, explainDiskError, messageOf } from '#ground/errors.ts';
import { createTarGz } from '#ground/tar.ts';
import { extractZip } from '#ground/unzip.ts';
import { BuilderFailure, exitCodes } from '#workload/lifecycle/builder/failure.ts';
import { AppFiles, type StagedApp, stageFramework, UnknownApp, whyToBuild } from '#workload/lifecycle/index.ts';
import type { StagedByBuildpacks } from './buildpacks/stage-by-buildpacks.ts';
import { ScriptRoom } from './script-room.ts';
import { startHooksOf } from './start-hooks.ts';
import type { TaskContext } from './task-context.ts';
import { TaskFailure } from './task-failure.ts';
import { downloadApp, uploadDroplet } from './transfer.ts';

/** Runs a staging task in its seven steps. @throws TaskFailure; the signal's reason when it aborts */
export async function runTask(
  request: StagingRequest,
  given: Omit<TaskContext, 'scripts'>,
): Promise<StagedApp | StagedByBuildpacks> {
  await using scripts = new ScriptRoom({ ...given, diskMb: request.properties.resources.disk });
  const context = { ...given, scripts, signal: AbortSignal.any([given.signal, scripts.signal]) };
  const { log, options, workspace, signal } = context;
  const { unstaged, droplet } = workspace;

  log.line('Downloading application');
  const zip = await step('Failed downloading app', context, () => obtainApp(request, context));
  log.line('Unpacking application');
  const limits = { maxFiles: options.maxAppFiles, maxBytes: options.maxAppBytes };
  await step('Failed unpacking app', context, () => extractZip(zip, unstaged, { limits, signal }));
  log.line('Staging application');
  await runHookIfAny('pre-staging', request, unstaged, context);
  const app = await stage(request, context);
  log.line('Uploading droplet');
  await step('Failed uploading droplet', context, () => uploadDroplet(request.upload_uri, droplet, signal));
  log.line('Done!');
  return app;
}

/** @returns where the app's zip is: it need not be copied when it lies on this machine anyway */
async function obtainApp(request: StagingRequest, { options, workspace, signal }: TaskContext): Promise<string> {
  const maxBytes = options.maxPackageBytes;
  const local = request.download_file;
  if (local != null && isReadable(local, maxBytes)) return local;
  await downloadApp(request.download_uri, workspace.zip, { maxBytes, signal });
  return workspace.zip;
}

function isReadable(path: string, maxBytes: number): boolean {
  try {
    accessSync(path, constants.R_OK);
    const stats = statSync(path);
    return isAbsolute(path) && stats.isFile() && stats.size <= maxBytes;
  } catch {
    return false; // it is elsewhere, or not for us
  }
}

const pluginFailed = 'Staging plugin failed';

/**
 * Where the request leaves it open, buildpacks get the apps that need building, and those that no framework plugin knows.
 * Buildpacks that somebody added are asked in any case: that is why they were.
 */
async function stage(request: StagingRequest, context: TaskContext): Promise<StagedApp | StagedByBuildpacks> {
  const { lifecycle, lifecycle_data: data } = request;
  if (data == null) return byFramework(request, context);
  const { log, workspace } = context;
  const { stageByBuildpacks } = await import('./buildpacks/stage-by-buildpacks.ts');
  if (lifecycle === 'buildpack') return stageByBuildpacks(request, data, context);
  const why = whyToBuild(new AppFiles(workspace.unstaged));
  if (why !== undefined) {
    log.line(`The app ${why}: asking the buildpacks`);
    return stageByBuildpacks(request, data, context);
  }
  if (isOpen(request) && data.buildpacks.some(isAdded)) {
    const own = { ...data, buildpacks: data.buildpacks.filter(isAdded) };
    const staged = await stageByBuildpacks(request, own, context).catch((error: unknown) => {
      if (!isDetectFailure(error)) throw error;
    });
    if (staged !== undefined) return staged;
  }
  return byFramework(request, context).catch((error: unknown) => {
    if (!(error instanceof TaskFailure && error.cause instanceof UnknownApp)) throw error;
    log.line('No framework plugin knows the app: asking the buildpacks');
    return stageByBuildpacks(request, data, context, error.cause);
  });
}

function isOpen({ properties }: StagingRequest): boolean {
  return properties.framework_info.name === 'auto';
}

/** Those that come with the stager are nowhere to be fetched. */
function isAdded({ url }: BuildpackChoice): boolean {
  return Boolean(url);
}

function isDetectFailure(error: unknown): boolean {
  const cause = error instanceof TaskFailure ? error.cause : undefined;
  return cause instanceof BuilderFailure && cause.exitCode === exitCodes.detect;
}

/** The droplet of a framework plugin. */
async function byFramework(request: StagingRequest, context: TaskContext): Promise<StagedApp> {
  const { properties } = request;
  const { log, options, workspace, signal } = context;
  const { unstaged, staged, droplet } = workspace;
  const app = await step(pluginFailed, context, () =>
    stageFramework({
      framework: properties.framework_info.name,
      sourceDir: unstaged,
      destDir: staged,
      properties,
      log: (line) => log.line(line),
      signal,
      moveSource: true,
      scripts: options.scripts,
      stacksDir: options.stacksDir,
      manifestsDir: options.manifestsDir,
      hooks: startHooksOf(request, 'framework'),
    }),
  );
  await runHookIfAny('post-staging', request, join(staged, app.appDirectory), context);
  log.line('Creating droplet');
  await step('Failed creating droplet', context, () =>
    createTarGz(staged, readdirSync(staged).sort(), droplet, { gzipLevel: options.gzipLevel, signal }),
  );
  return app;
}

/** What runs programs is loaded where there are any. */
async function runHookIfAny(
  name: 'pre-staging' | 'post-staging',
  request: StagingRequest,
  directory: string,
  context: TaskContext,
): Promise<void> {
  if (request.hooks?.[name] == null) return;
  const { runHook } = await import('./hooks.ts');
  await runHook(name, { request, directory }, context);
}

async function step<T>(failed: string, { signal }: TaskContext, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    signal.throwIfAborted();
    const cause = explainDiskError(error, 'the app could not be staged');
    throw new TaskFailure(`${failed}: ${reasonOf(cause)}`, { isLogged: failed === pluginFailed, cause });
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof ActionableError)) return messageOf(error);
  const cause = error.cause === undefined ? '' : ` (${messageOf(error.cause)})`;
  return `${error.message}${cause} ${error.remedy}`;
}
