/** What a framework is: its manifest of 2012, and two keys of ours. The manifests lie in `stacks/manifests/`. */

/** Glob → regular expression that a file must match, or whether such a file must exist. All must hold. */
export type DetectionRules = readonly Readonly<Record<string, string | boolean>>[];

export interface Framework {
  readonly name: FrameworkName;
  /** What can run it. */
  readonly runtimes: readonly { readonly name: string; readonly isDefault: boolean }[];
  /** From the manifest: some plugins take the app's main file from the files that match a regular expression here. */
  readonly detection: DetectionRules;
  /**
   * How an app is recognised when nobody named its framework. Stricter than `detection` where that would call any
   * directory with one Python or JavaScript file an app.
   */
  readonly signs: DetectionRules;
  /** The signs in words. */
  readonly lookedFor: string;
}

/** Has no signs: it runs the command it is given. */
export const standalone = 'standalone';

/** The permissions of everything in the droplet of a standalone app, whatever it had. */
export const standaloneMode = 0o744;

/** The order in which the client of 2012 (vmc 0.3) looked for them, which ends with standalone. */
export const detectionOrder = [
  'rails3',
  'rack',
  'grails',
  'lift',
  'spring',
  'java_web',
  'sinatra',
  'php',
  'otp_rebar',
  'django',
  'wsgi',
  'node',
  'play',
  standalone,
] as const;
export type FrameworkName = (typeof detectionOrder)[number];

export function isFrameworkName(name: string): name is FrameworkName {
  return (detectionOrder as readonly string[]).includes(name);
}
