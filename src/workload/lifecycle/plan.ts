import type { StagingProperties } from '#contract/staging.ts';
import type { AppFiles } from './app-files.ts';
import type { DetectionRules } from './frameworks.ts';
import type { StartupScript } from './startup-script.ts';

/** What a plugin is given. */
export interface StagingInput {
  readonly files: AppFiles;
  /** As the request has it, or the framework's own. */
  readonly detection: DetectionRules;
  readonly properties: StagingProperties;
  /** What the app needs to run: a family of runtimes, or nothing. */
  readonly family: string;
}

/** A file that staging adds to the droplet, e.g. because an old script needs it on a machine of today. */
export interface DropletFile {
  /** In the droplet. */
  readonly path: string;
  readonly text: string;
  readonly mode: number;
}

/** What a plugin makes of an app: a droplet that has not been written yet. */
export interface DropletPlan {
  readonly startup: StartupScript;
  /** Lines of `stop`; the usual ones when absent. */
  readonly stop?: readonly string[];
  readonly files?: readonly DropletFile[];
  /** For the user, into staging.log. */
  readonly log?: readonly string[];
  /** Given to everything in app/. */
  readonly appMode?: number;
}

export type Plugin = (input: StagingInput) => DropletPlan;

/** Where the DEA puts in the path of the program that runs the app. */
export const runtimeToken = '%VCAP_LOCAL_RUNTIME%';

/** MB that the app may use; what Java and PHP are told. */
export function memoryMbOf({ resources }: StagingProperties): number {
  return resources.memory || 512;
}
