import * as v from 'valibot';
import { exchange } from '#ground/subject.ts';

/** The programs that can run apps. `%VCAP_LOCAL_RUNTIME%` becomes the path of one of them. */
export const runtimeFamilies = ['ruby', 'node', 'python', 'php', 'java'] as const;
export type RuntimeFamily = (typeof runtimeFamilies)[number];

/** What a machine is looked through for: also what only builds apps. */
export const toolFamilies = [...runtimeFamilies, 'go'] as const;
export type ToolFamily = (typeof toolFamilies)[number];

/**
 * What an app needs to run: an entry of the 2012 `runtimes.yml` with its name.
 * An empty name is an app that needs none (standalone).
 */
export const RuntimeInfo = v.looseObject({
  name: v.optional(v.string()),
  executable: v.optional(v.nullable(v.string())),
  version: v.optional(v.nullable(v.string())),
  /** Argument that prints the version; `-v` when absent. */
  version_flag: v.optional(v.nullable(v.string())),
  /** A regular expression for what it prints. */
  version_output: v.optional(v.nullable(v.string())),
  /** Arguments with which the program has to print something with `true` in it. */
  additional_checks: v.optional(v.nullable(v.string())),
  environment: v.optional(v.nullable(v.record(v.string(), v.string()))),
  /** Variables as `NAME=value` for each debug mode. */
  debug_env: v.optional(v.nullable(v.record(v.string(), v.array(v.string())))),
  /**
   * Ours: the versions that will do, in the family's own words, and where that stands: `>=18 (package.json, engines)`.
   * Any will when it is absent.
   */
  constraint: v.nullish(v.string()),
});
export type RuntimeInfo = v.InferOutput<typeof RuntimeInfo>;

/** A runtime that a machine has. */
const FoundRuntime = v.looseObject({
  family: v.picklist(toolFamilies),
  /** Family and the part of the version people call it by: `node20`, `python311`. */
  name: v.string(),
  /** `20.11.0`; `null` when the program does not tell. */
  version: v.nullable(v.string()),
  path: v.string(),
  /** What the path leads to, links followed. */
  real_path: v.string(),
  /** What goes in front of an app's PATH. */
  bin_directory: v.string(),
  /** As Node calls it: `x64`, `arm64`, `arm`; `null` for a script. */
  architecture: v.nullable(v.string()),
  /** Who has put it there, or how it was found: `nvm`, `PATH`, `configuration`, `localpaas`. */
  origin: v.string(),
  /** The directory, or the file, that led to it. */
  found_in: v.string(),
  /** Whether an app gets it that asks for no version. */
  is_default: v.boolean(),
});
export type FoundRuntime = v.InferOutput<typeof FoundRuntime>;

const RuntimesRequest = v.looseObject({ family: v.nullish(v.picklist(toolFamilies)) });

export const RuntimesOfDea = v.looseObject({ dea: v.string(), runtimes: v.array(FoundRuntime) });
export type RuntimesOfDea = v.InferOutput<typeof RuntimesOfDea>;

/** "What do you have?" Each DEA answers with its table, of one family or of all. */
export const runtimesQuestion = exchange('localpaas.runtimes', RuntimesRequest, RuntimesOfDea);

/** Family of a runtime's name as 2012 wrote it: `ruby19` → ruby, `node08` → node, `python2` → python, `java7` → java. */
export function familyOf(runtimeName: string): RuntimeFamily | undefined {
  const stem = runtimeName.toLowerCase().replace(/[\d.]+$/, '');
  return runtimeFamilies.find((family) => family === stem);
}

/** Packages by the name of a family. */
const packages: Readonly<Record<ToolFamily, { debian: string; mac: string }>> = {
  ruby: { debian: 'ruby', mac: 'ruby' },
  node: { debian: 'nodejs', mac: 'node' },
  python: { debian: 'python3', mac: 'python' },
  php: { debian: 'php-cli', mac: 'php' },
  java: { debian: 'default-jre', mac: 'openjdk' },
  go: { debian: 'golang', mac: 'go' },
};

/** How to get a runtime, for messages: `needs ruby, which is not on this machine: <hint>`. */
export function installHintOf(family: ToolFamily): string {
  const { debian, mac } = packages[family];
  return process.platform === 'darwin'
    ? `install it with \`brew install ${mac}\``
    : `install it with \`apt install ${debian}\``;
}
