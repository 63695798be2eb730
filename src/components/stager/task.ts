import { readdirSync } from 'node:fs';
import type { StagingRequest } from '#contract/staging.ts';
import { ActionableError, explainDiskError, messageOf } from '#ground/errors.ts';
import { createTarGz } from '#ground/tar.ts';
import { extractZip } from '#ground/unzip.ts';
import { type StagedApp, stageFramework } from '#workload/lifecycle/index.ts';
import type { StagerOptions } from './options.ts';
import { TaskFailure } from './task-failure.ts';
import type { TaskLog } from './task-log.ts';
import { downloadApp, uploadDroplet } from './transfer.ts';
import type { Workspace } from './workspace.ts';

export interface TaskContext {
  readonly log: TaskLog;
  readonly options: StagerOptions;
  readonly workspace: Workspace;
  /** Aborts with the reason for the end of the task. */
  readonly signal: AbortSignal;
}

/** Runs a staging task in its seven steps. @throws TaskFailure; the signal's reason when it aborts */
export async function runTask(request: StagingRequest, context: TaskContext): Promise<StagedApp> {
  const { log, options, workspace, signal } = context;
  const { zip, unstaged, staged, droplet } = workspace;
  const { properties } = request;

  log.line('Downloading application');
  await step('Failed downloading app', context, () =>
    downloadApp(request.download_uri, zip, { maxBytes: options.maxPackageBytes, signal }),
  );
  log.line('Unpacking application');
  const limits = { maxFiles: options.maxAppFiles, maxBytes: options.maxAppBytes };
  await step('Failed unpacking app', context, () => extractZip(zip, unstaged, { limits, signal }));
  log.line('Staging application');
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
    }),
  );
  log.line('Creating droplet');
  await step('Failed creating droplet', context, () =>
    createTarGz(staged, readdirSync(staged).sort(), droplet, { gzipLevel: options.gzipLevel, signal }),
  );
  log.line('Uploading droplet');
  await step('Failed uploading droplet', context, () => uploadDroplet(request.upload_uri, droplet, signal));
  log.line('Done!');
  return app;
}

const pluginFailed = 'Staging plugin failed';

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
