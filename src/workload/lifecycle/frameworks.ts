/**
 * The frameworks that apps can be staged with, as their manifests of 2012 described them (vcap-staging 93f6a1f),
 * in the order in which the client of that time (vmc 0.3) looked for them.
 */

/** Glob → regular expression that a file must match, or whether such a file must exist. All must hold. */
export type DetectionRules = readonly Readonly<Record<string, string | boolean>>[];

export interface Framework {
  readonly name: string;
  /** What can run it. */
  readonly runtimes: readonly Readonly<Record<string, { readonly default: boolean }>>[];
  /** From the manifest: some plugins take the app's main file from the files that match a regular expression here. */
  readonly detection: DetectionRules;
  /**
   * How an app is recognised when nobody named its framework. Stricter than the manifest where that would call any
   * directory with one Python or JavaScript file an app.
   */
  readonly signs: DetectionRules;
  /** The signs in words. */
  readonly lookedFor: string;
}

const ruby = [{ ruby18: { default: true } }, { ruby19: { default: false } }];
const python = [{ python2: { default: true } }];

const rackFiles = [{ 'config.ru': true }, { 'config/environment.rb': false }];
const sinatraFiles = [{ '*.rb': '\\s*require[\\s\\(]*[\'"]sinatra(/base)?[\'"]' }, { 'config/environment.rb': false }];
const phpFiles = [{ '*.php': true }];

export const frameworks: readonly Framework[] = [
  {
    name: 'rack',
    runtimes: ruby,
    detection: rackFiles,
    signs: rackFiles,
    lookedFor: 'config.ru',
  },
  {
    name: 'sinatra',
    runtimes: ruby,
    detection: sinatraFiles,
    signs: sinatraFiles,
    lookedFor: 'a Ruby file that requires sinatra',
  },
  {
    name: 'php',
    runtimes: [{ php: { default: true } }],
    detection: phpFiles,
    signs: phpFiles,
    lookedFor: 'a PHP file',
  },
  {
    name: 'django',
    runtimes: python,
    detection: [{ '*.py': '.' }],
    signs: [{ 'manage.py': true }, { '{,*/}settings.py': true }],
    lookedFor: 'manage.py with a settings.py',
  },
  {
    name: 'wsgi',
    runtimes: python,
    detection: [{ '*.py': '.' }],
    signs: [{ 'wsgi.py': true }],
    lookedFor: 'wsgi.py',
  },
  {
    name: 'node',
    runtimes: [{ node: { default: true } }, { node06: { default: false } }, { node08: { default: false } }],
    detection: [{ '*.js': '.' }],
    signs: [{ '{package.json,server.js,app.js,index.js,main.js,application.js}': true }],
    lookedFor: 'package.json, server.js, app.js, index.js, main.js or application.js',
  },
];

/** Has no signs: it runs the command it is given. */
export const standalone = 'standalone';

export function frameworkNamed(name: string): Framework | undefined {
  return frameworks.find((framework) => framework.name === name);
}
