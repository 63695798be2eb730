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
  /** Where programs of the machine are looked for: PATH, CATALINA_HOME. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Directory of parts that go into apps, when PLATFORM_CONFIG names one. */
  readonly cache: string | undefined;
}

/** A file that staging adds to the droplet, e.g. because an old script needs it on a machine of today. */
export interface DropletFile {
  /** In the droplet. */
  readonly path: string;
  readonly text: string;
  readonly mode: number;
  /** Takes the place of a file of the app. */
  readonly replaces?: boolean;
}

/** A file or directory of the machine that becomes part of the droplet; links in it are followed. */
export interface DropletCopy {
  readonly from: string;
  /** In the droplet. */
  readonly to: string;
}

/** A link to something of the machine, in place of what the app has there. */
export interface DropletLink {
  readonly path: string;
  readonly target: string;
}

/** What a plugin makes of an app: a droplet that has not been written yet. */
export interface DropletPlan {
  readonly startup: StartupScript;
  /** Lines of `stop`; the usual ones when absent. */
  readonly stop?: readonly string[];
  readonly files?: readonly DropletFile[];
  readonly copies?: readonly DropletCopy[];
  readonly links?: readonly DropletLink[];
  /** Where the app's files lie in the droplet; `app` when absent. */
  readonly appDirectory?: string;
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
  return resources.memory > 0 ? resources.memory : 512;
}
