import * as v from 'valibot';

/** The programs that can run apps. `%VCAP_LOCAL_RUNTIME%` becomes the path of one of them. */
export const runtimeFamilies = ['ruby', 'node', 'python', 'php', 'java'] as const;
export type RuntimeFamily = (typeof runtimeFamilies)[number];

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
});
export type RuntimeInfo = v.InferOutput<typeof RuntimeInfo>;

/** Family of a runtime's name as 2012 wrote it: `ruby19` → ruby, `node08` → node, `python2` → python, `java7` → java. */
export function familyOf(runtimeName: string): RuntimeFamily | undefined {
  const stem = runtimeName.toLowerCase().replace(/[\d.]+$/, '');
  return runtimeFamilies.find((family) => family === stem);
}

/** How to get a runtime, for messages: `needs ruby, which is not on this machine: <hint>`. */
export function installHintOf(family: RuntimeFamily): string {
  const debian = { ruby: 'ruby', node: 'nodejs', python: 'python3', php: 'php-cli', java: 'default-jre' }[family];
  const mac = { ruby: 'ruby', node: 'node', python: 'python', php: 'php', java: 'openjdk' }[family];
  return process.platform === 'darwin'
    ? `install it with \`brew install ${mac}\``
    : `install it with \`apt install ${debian}\``;
}
