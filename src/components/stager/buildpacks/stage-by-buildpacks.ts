import { readFileSync } from 'node:fs';
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { BuilderResult, type BuildpackLifecycle, type StagingRequest } from '#contract/staging.ts';
import { messageOf } from '#ground/errors.ts';
import { type BuilderOptions, runBuilder, type Staged } from '#workload/lifecycle/builder/index.ts';
import type { UnknownApp } from '#workload/lifecycle/index.ts';
import { buildpackStartup, shellScript } from '#workload/lifecycle/launcher/index.ts';
import { startHooksOf } from '../start-hooks.ts';
import type { TaskContext } from '../task-context.ts';
import { taskEnvironmentOf } from '../task-environment.ts';
import { buildCachesIn } from './build-caches.ts';
import { explained } from './explain.ts';
import { BuildpackShelf } from './shelf.ts';
import { constraintTextOf } from './wanted-runtimes.ts';

export interface StagedByBuildpacks {
  readonly framework: undefined;
  /** What the app needs of the machine: `node`; empty for nothing. */
  readonly runtime: string;
  readonly runtimeConstraint: string | undefined;
  readonly startCommand: string;
  readonly result: BuilderResult;
}

/**
 * Has buildpacks make a droplet of the app in `workspace.unstaged`, with a `startup` that any DEA can run.
 * @param unknown why no framework plugin was used before
 * @throws TaskFailure in words for the app's developer
 */
export async function stageByBuildpacks(
  request: StagingRequest,
  lifecycle: BuildpackLifecycle,
  context: TaskContext,
  unknown?: UnknownApp,
): Promise<StagedByBuildpacks> {
  const { dataDir, log, options, scripts, signal, workspace } = context;
  const shelf = new BuildpackShelf({ directory: join(dataDir, 'buildpacks'), maxBytes: options.maxPackageBytes });
  const caches = buildCachesIn(dataDir);
  const place = (name: string) => join(workspace.own, name);
  const app = String(request.app_id ?? '');
  const stack = lifecycle.stack ?? 'host';
  const known = await shelf.find(lifecycle.buildpacks, signal);
  const env = await taskEnvironmentOf(request, workspace.unstaged, context);
  for (const remark of env.remarks) log.line(remark);
  const sandbox = await scripts.enter(env);
  await caches.take(app, stack, place('cache')); // from here on it has to be brought back
  try {
    const staged = await runBuilder(builderOptions(lifecycle, context), {
      env: env.all,
      appEnv: env.app,
      cwd: workspace.own,
      signal,
      sandbox,
      out: (text) => log.output('OUT', text),
      err: (text) => log.output('ERR', text),
      locate: (key) => known.get(key),
      finish: async ({ directory: contents }) => {
        await log.outputEnded();
        await scripts.check({ hasFailed: false });
        await addScripts(contents, request);
        await runPostStaging(request, join(contents, 'app'), context);
        log.line('Creating droplet');
      },
    });
    return {
      ...outcomeOf(staged, place('result.json')),
      runtimeConstraint: constraintTextOf(staged.runtime, env.asked),
    };
  } catch (error) {
    await log.outputEnded();
    await scripts.check({ hasFailed: true });
    signal.throwIfAborted();
    throw explained(error, { lifecycle, log, unknown });
  } finally {
    // Also of a build that failed: what was fetched need not be fetched again. What fills the disk is no use to anybody.
    if (!scripts.signal.aborted) {
      await caches
        .keep(app, stack, place('cache'))
        .catch((error: unknown) => log.line(`The build cache could not be kept: ${messageOf(error)}`));
    }
    const keptBytes = options.keptCachesMb * 1024 * 1024;
    context.afterwards(() => Promise.all([caches.tidy(keptBytes), shelf.tidy()]));
  }
}

function builderOptions(lifecycle: BuildpackLifecycle, { workspace, options }: TaskContext): BuilderOptions {
  const place = (name: string) => join(workspace.own, name);
  return {
    buildDir: workspace.unstaged,
    outputDroplet: workspace.droplet,
    outputMetadata: place('result.json'),
    outputCache: '',
    buildpacksDir: place('buildpacks'),
    downloadDir: place('downloads'),
    cacheDir: place('cache'),
    order: lifecycle.buildpacks.map(({ key }) => key),
    skipDetect: lifecycle.skip_detect ?? false,
    skipCertVerify: false,
    strict: false,
    gzipLevel: options.gzipLevel,
    movesApp: true,
  };
}

/** With the environment the app will have: what buildpacks made for it may be needed. */
async function runPostStaging(request: StagingRequest, directory: string, context: TaskContext): Promise<void> {
  if (request.hooks?.['post-staging'] == null) return;
  const { runHook } = await import('../hooks.ts');
  const runner = (command: string) => ['-c', shellScript, 'post-staging', directory, command];
  await runHook('post-staging', { request, directory, runner }, context);
}

async function addScripts(contents: string, request: StagingRequest): Promise<void> {
  for (const { name, text, mode } of buildpackStartup(startHooksOf(request, 'buildpack'))) {
    await writeFile(join(contents, name), text);
    await chmod(join(contents, name), mode);
  }
}

function outcomeOf(staged: Staged, resultFile: string): Omit<StagedByBuildpacks, 'runtimeConstraint'> {
  return {
    framework: undefined,
    runtime: staged.runtime?.name ?? '',
    startCommand: staged.startCommand,
    result: v.parse(BuilderResult, JSON.parse(readFileSync(resultFile, 'utf8'))),
  };
}
