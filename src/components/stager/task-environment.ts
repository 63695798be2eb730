import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { StagingRequest } from '#contract/staging.ts';
import { type StagingEnvironment, stagingEnvironmentOf } from './buildpacks/environment.ts';
import { type WantedRuntimes, wantedRuntimes } from './buildpacks/wanted-runtimes.ts';
import type { TaskContext } from './task-context.ts';

type TaskEnvironment = StagingEnvironment & Pick<WantedRuntimes, 'asked' | 'remarks'>;

/**
 * What scripts of a task see, with the versions of runtimes in front that the app asks for, and a home and a place for
 * temporary files of the task's own.
 * @param directory with the app as it is now
 */
export async function taskEnvironmentOf(
  request: StagingRequest,
  directory: string,
  { options, workspace }: TaskContext,
): Promise<TaskEnvironment> {
  const [home, tmp] = [join(workspace.own, 'home'), join(workspace.own, 'tmp')];
  for (const each of [home, tmp]) await mkdir(each, { recursive: true, mode: 0o700 });
  const { asked, path, remarks } = await wantedRuntimes(directory, process.env);
  const limitSeconds = options.maxStagingMs / 1000;
  const environment = stagingEnvironmentOf(request, { home, tmp, path, limitSeconds, env: process.env });
  return { ...environment, asked, remarks };
}
