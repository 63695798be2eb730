import { V1Error } from '#contract/api/v1.ts';
import { familyOf, type RuntimeFamily } from '#contract/runtimes.ts';

/** What could be pushed in 2012, by the names of that time: what `stacks/` says, as it is shipped. */

interface Runtime {
  readonly version: string;
  readonly description: string;
}

const runtimes: Readonly<Record<string, Runtime>> = {
  ruby18: { version: '1.8.7', description: 'Ruby 1.8' },
  ruby19: { version: '1.9.2', description: 'Ruby 1.9' },
  node: { version: '0.4.12', description: 'Node.js' },
  node06: { version: '0.6.8', description: 'Node.js 0.6' },
  node08: { version: '0.8.2', description: 'Node.js 0.8' },
  java: { version: '1.6', description: 'Java 6' },
  java7: { version: '1.7', description: 'Java 7' },
  php: { version: '5.3', description: 'PHP 5' },
  python2: { version: '2.6.5', description: 'Python 2' },
  erlangR14B01: { version: 'R14B01', description: 'Erlang R14B01' },
  erlangR14B02: { version: 'R14B02', description: 'Erlang R14B02' },
};

interface Framework {
  /** The first one is the default. */
  readonly runtimes: readonly string[];
  readonly detection: readonly Readonly<Record<string, string | boolean>>[];
}

const ruby = ['ruby18', 'ruby19'];
const java = ['java', 'java7'];
const war = [{ '*.war': true }];
const pythonFiles = [{ '*.py': '.' }];

const frameworks: Readonly<Record<string, Framework>> = {
  rails3: { runtimes: ruby, detection: [{ 'config/application.rb': true }, { 'config/environment.rb': true }] },
  rack: { runtimes: ruby, detection: [{ 'config.ru': true }, { 'config/environment.rb': false }] },
  sinatra: {
    runtimes: ruby,
    detection: [{ '*.rb': '\\s*require[\\s\\(]*[\'"]sinatra(/base)?[\'"]' }, { 'config/environment.rb': false }],
  },
  node: { runtimes: ['node', 'node06', 'node08'], detection: [{ '*.js': '.' }] },
  php: { runtimes: ['php'], detection: [{ '*.php': true }] },
  java_web: { runtimes: java, detection: war },
  spring: { runtimes: java, detection: war },
  grails: { runtimes: java, detection: war },
  lift: { runtimes: java, detection: war },
  play: { runtimes: java, detection: [{ 'lib/play.*.jar': true }] },
  django: { runtimes: ['python2'], detection: pythonFiles },
  wsgi: { runtimes: ['python2'], detection: pythonFiles },
  otp_rebar: { runtimes: ['erlangR14B02', 'erlangR14B01'], detection: [{ 'releases/*/*.rel': '.' }] },
  standalone: { runtimes: Object.keys(runtimes), detection: [] },
};

/** Runs the command it is given. */
export const standalone = 'standalone';

/** `frameworks` of `GET /info`. */
export function frameworksView(): object {
  return Object.fromEntries(
    Object.entries(frameworks).map(([name, { runtimes: names, detection }]) => [
      name,
      { name, runtimes: names.map((each) => ({ name: each, ...runtimes[each] })), detection },
    ]),
  );
}

/** `GET /info/runtimes`. */
export function runtimesView(): object {
  return Object.fromEntries(
    Object.entries(runtimes).map(([name, { version, description }]) => [
      name,
      { version, description: `${description}: what this machine has of it runs the app`, debug_modes: null },
    ]),
  );
}

/** The runtime that apps of a framework had when nobody named one. */
export function defaultRuntimeOf(framework: string): string | undefined {
  if (framework === standalone || !Object.hasOwn(frameworks, framework)) return undefined;
  return frameworks[framework]?.runtimes[0];
}

/** @throws V1Error 308 */
export function checkFramework(name: string): void {
  if (Object.hasOwn(frameworks, name)) return;
  const known = Object.keys(frameworks).join(', ');
  throw new V1Error('frameworkInvalid', `There is no framework '${name}'. Known are ${known}.`);
}

/** Any version of what runs the framework will do. @throws V1Error 307 */
export function checkRuntime(name: string, framework: string | undefined): void {
  const names = framework !== undefined && Object.hasOwn(frameworks, framework) ? frameworks[framework]?.runtimes : [];
  const allowed = names?.length ? names : Object.keys(runtimes);
  const families = new Set<RuntimeFamily | undefined>(allowed.map(familyOf));
  const family = familyOf(name);
  if (allowed.includes(name) || (family !== undefined && families.has(family))) return;
  const of = framework === undefined ? '' : ` of '${framework}'`;
  throw new V1Error('runtimeInvalid', `'${name}' is no runtime${of}. Known are ${allowed.join(', ')}.`);
}
