import type { BuildpackLifecycle } from '#contract/staging.ts';
import { explainDiskError, messageOf } from '#ground/errors.ts';
import { BuilderFailure, exitCodes } from '#workload/lifecycle/builder/index.ts';
import type { UnknownApp } from '#workload/lifecycle/index.ts';
import { TaskFailure } from '../task-failure.ts';
import type { TaskLog } from '../task-log.ts';

const shownLines = 10;

export interface Circumstances {
  readonly lifecycle: BuildpackLifecycle;
  readonly log: TaskLog;
  /** Why no framework plugin was used before. */
  readonly unknown: UnknownApp | undefined;
}

/**
 * Why buildpacks did not make a droplet: what they say, in the words by which clients of Cloud Foundry know it, the end of
 * their log, and what to do.
 */
export function explained(error: unknown, { lifecycle, log, unknown }: Circumstances): TaskFailure {
  if (error instanceof TaskFailure) return error;
  if (!(error instanceof BuilderFailure)) {
    const cause = explainDiskError(error, 'the app could not be staged');
    return new TaskFailure(`Staging plugin failed: ${messageOf(cause)}`, { isLogged: true, cause });
  }
  const { name, remedy } = kinds[error.exitCode] ?? {
    name: 'StagingError',
    remedy: 'Mend what the log says, and push again.',
  };
  const asked = lifecycle.buildpacks.map((each) => (each.name === 'custom' ? each.key : each.name)).join(', ');
  if (unknown !== undefined && error.exitCode === exitCodes.detect) {
    const text = `${name}: ${unknown.message} No buildpack does either (asked: ${asked}). ${unknown.remedy}`;
    return new TaskFailure(text, { isLogged: true, cause: error });
  }
  const named = lifecycle.skip_detect ? ` Buildpacks: ${asked}.` : '';
  const said = `${name}: ${error.message}. ${error.remedy ?? remedy}${named}`;
  const tail = error.exitCode === exitCodes.detect ? [] : log.tail(shownLines).map((line) => `   | ${line}`);
  return new TaskFailure([said, ...tail].join('\n'), { isLogged: true, said, cause: error });
}

/** By the builder's exit code: the cloud controller's name for it, and what usually helps. */
const kinds: Readonly<Record<number, { readonly name: string; readonly remedy: string }>> = {
  [exitCodes.detect]: {
    name: 'NoAppDetectedError',
    remedy:
      'Push the directory in which the app lies, name a buildpack with `-b`, or say how the app starts with `--command` or in a Procfile.',
  },
  [exitCodes.compile]: {
    name: 'BuildpackCompileFailed',
    remedy: 'The lines above are the last ones of the buildpack: mend what they say, and push again.',
  },
  [exitCodes.release]: {
    name: 'BuildpackReleaseFailed',
    remedy: 'The buildpack did not say in YAML how the app starts: look at its bin/release, or give a Procfile.',
  },
  [exitCodes.supply]: {
    name: 'StagingError',
    remedy: 'All buildpacks but the last one need a bin/supply that succeeds: put one without it last.',
  },
};
