import { BuilderFailure } from './failure.ts';
import { buildVariable } from './leftovers.ts';
import type { BuilderOptions, BuilderWorld } from './options.ts';

/**
 * The environment of a build's scripts.
 * @param mark tells the processes of this build from all others
 * @param time of all files of the droplet: tools that write times into files are told to take it
 * @throws BuilderFailure with 3 or 4, when the platform options are no JSON or ask for what there is not
 */
export function environmentFor(
  { strict }: BuilderOptions,
  { env }: BuilderWorld,
  { mark, time }: { readonly mark: string; readonly time: Date },
): Readonly<Record<string, string>> {
  checkPlatformOptions(env);
  const database = databaseUrlIn(env['VCAP_SERVICES'] ?? '');
  const services = database === undefined ? env : { ...env, DATABASE_URL: database };
  return strict ? services : { ...stackIn(env), ...soothing(time), ...services, [buildVariable]: mark };
}

function soothing(time: Date): Record<string, string> {
  return { SOURCE_DATE_EPOCH: String(time.getTime() / 1_000) };
}

/** Heroku and Cloud Foundry each have a name for it. */
function stackIn({ STACK, CF_STACK }: Readonly<Record<string, string>>): Record<string, string> {
  const stack = STACK ?? CF_STACK;
  return stack === undefined ? {} : { STACK: stack, CF_STACK: CF_STACK ?? stack };
}

function checkPlatformOptions({
  VCAP_PLATFORM_OPTIONS: text = '',
  VCAP_SERVICES: services = '',
}: Readonly<Record<string, string>>) {
  if (text === '') return;
  const options = parsedJson(text);
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new BuilderFailure('options', 'Invalid platform options: they are no JSON object');
  }
  // Without references there is nothing to ask CredHub for.
  if ('credhub-uri' in options && options['credhub-uri'] !== '' && services.includes('"credhub-ref"')) {
    throw new BuilderFailure('credhub', 'Unable to interpolate credhub refs: there is no CredHub here');
  }
}

/** Rails' names for the databases there are, by what others call them. */
const schemes: ReadonlyMap<string, string> = new Map([
  ...([
    ['mysql', 'mysql2'],
    ['mysql2', 'mysql2'],
  ] as const),
  ...([
    ['postgres', 'postgres'],
    ['postgresql', 'postgres'],
  ] as const),
]);

/** The address of the first database among the services, in the order of the document. */
export function databaseUrlIn(services: string): string | undefined {
  const value = parsedJson(services);
  if (typeof value !== 'object' || value === null) return undefined;
  for (const service of Object.values(value).flat()) {
    const uri = (service as { credentials?: { uri?: unknown } | null } | null)?.credentials?.uri;
    if (typeof uri !== 'string') continue;
    const [, scheme = '', rest] = /^([^:]+):(.*)$/s.exec(uri) ?? [];
    const name = schemes.get(scheme.toLowerCase());
    if (name !== undefined) return `${name}:${rest}`;
  }
  return undefined;
}

function parsedJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined; // told apart from every value JSON has
  }
}

const platforms =
  /^(?:PATH|HOME|PWD|OLDPWD|SHLVL|_|LANG|LANGUAGE|LC_\w+|TMPDIR|USER|LOGNAME|SHELL|TERM|MAIL|MEMORY_LIMIT|STACK|STAGING_TIMEOUT|BUILDPACK_CACHE|NODE_OPTIONS|(?:VCAP|CF|LOCALPAAS|STACKATO|SSH|XDG)_\w+)$/;

/** What is left of an environment without what every process has: what a user may have set. */
export function usersVariables(env: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !platforms.test(name)));
}
