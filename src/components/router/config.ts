import * as v from 'valibot';
import { ConfigError, config, type Rule, type ValueOf } from '#vcap/config-rules.ts';
import { RouterOptions } from './options.ts';

const { text, whole, record, optional } = config;

/** Keys for passwords and traces may look like numbers. */
const word: Rule<string | number> = {
  mistakeIn: (value) => (typeof value === 'number' ? undefined : text.mistakeIn(value)),
};

/** `router.yml` as the original has it (router, 2011 and 2013). It checks nothing itself, so no key is required. */
const RouterConfig = record({
  port: optional(whole),
  /** The address to listen on. */
  inet: optional(text),
  /** `nats://user:password@host:port` */
  mbus: optional(text),
  nats_uri: optional(text),
  pid: optional(text),
  index: optional(whole),
  trace_key: optional(word),
  status: optional(record({ port: optional(whole), user: optional(word), password: optional(word) })),
  logging: optional(record({ level: optional(text), file: optional(text), syslog: optional(text) })),
});
type RouterConfig = ValueOf<typeof RouterConfig>;

/** Keys of the original that change nothing here, with the reason. */
const withoutEffect: Readonly<Record<string, string>> = {
  '404_redirect': 'a request without an app gets a page that says so',
  session_key: 'the session cookie holds the id of the instance, which needs no key',
  local_route: 'the router is known by the address it listens on',
  sock: 'it listens on a port',
  publish_active_apps_interval: 'no health manager listens to router.active_apps',
};

/** What `router.yml` asks for. */
export interface RouterSettings {
  readonly options: RouterOptions;
  readonly natsUri: string | undefined;
  readonly pidFilename: string | undefined;
  readonly logging: NonNullable<RouterConfig['logging']>;
  /** Keys that stand in the file and change nothing, each with the reason: to be said. */
  readonly withoutEffect: Readonly<Record<string, string>>;
}

/**
 * The settings in `path`, or else in `router.yml` of the directory which `CLOUD_FOUNDRY_CONFIG_PATH` names; `undefined`
 * when neither names a file. @throws ConfigError
 */
export async function readRouterConfig(
  path: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
): Promise<RouterSettings | undefined> {
  const { configPathOf, readConfigFile } = await import('#vcap/config-file.ts');
  const file = configPathOf(path, 'router.yml', env);
  return file === undefined ? undefined : settingsOf(await readConfigFile(file, RouterConfig));
}

function settingsOf(given: RouterConfig): RouterSettings {
  const { inet, port, index = null, status = {}, trace_key: traceKey, mbus, nats_uri, pid, logging = {} } = given;
  const options = v.safeParse(RouterOptions, {
    host: inet,
    port,
    index,
    traceKey: wordOf(traceKey),
    status: { port: status.port, user: wordOf(status.user), password: wordOf(status.password) },
    shownConfig: given,
  });
  if (!options.success) {
    const [issue] = options.issues;
    const key = v.getDotPath(issue) ?? '';
    const known = key === 'host' ? 'inet' : key === 'traceKey' ? 'trace_key' : key;
    throw new ConfigError(`There was a problem validating the supplied config: { ${known} => ${issue.message} }`);
  }
  const ignored = Object.entries(withoutEffect).filter(([key]) => key in given);
  return {
    options: options.output,
    natsUri: mbus ?? nats_uri,
    pidFilename: pid,
    logging,
    withoutEffect: Object.fromEntries(ignored),
  };
}

function wordOf(value: string | number | undefined): string | undefined {
  return value === undefined ? undefined : String(value);
}
