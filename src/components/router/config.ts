import { checkedOptions } from '#vcap/checked-options.ts';
import { common, config, type ValueOf, wordOf } from '#vcap/config-rules.ts';
import { RouterOptions } from './options.ts';

const { text, whole, number, word, yesOrNo, record, optional } = config;

const StatusConfig = record({
  port: optional(whole),
  user: optional(word),
  password: optional(word),
  expose_all_apps: optional(yesOrNo),
});

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
  status: optional(StatusConfig),
  '404_redirect': optional(text),
  /** Whether health managers are told which apps are asked for, */
  enable_nonprod_apps: optional(yesOrNo),
  /** and how often, in seconds. */
  flush_apps_interval: optional(number),
  /** The same, as gorouter has it; 0 is never. */
  publish_active_apps_interval: optional(number),
  /** As in gorouter: a line for each request; `-` is the standard output. */
  access_log: optional(record({ file: optional(text) })),
  logging: optional(common.logging),
});
type RouterConfig = ValueOf<typeof RouterConfig>;

/** Keys of the original that change nothing here, with the reason. */
const withoutEffect: Readonly<Record<string, string>> = {
  session_key: 'the session cookie holds the id of the instance, which needs no key',
  local_route: 'the router is known by the address it listens on',
  sock: 'it listens on a port',
};

/** By our names of options that a file can get wrong. */
const originals = {
  host: 'inet',
  traceKey: 'trace_key',
  notFoundRedirect: '404_redirect',
  accessFile: 'access_log.file',
  activeAppsEveryMs: 'flush_apps_interval or publish_active_apps_interval',
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
  const wanted = {
    host: inet,
    port,
    index,
    traceKey: wordOf(traceKey),
    status: { port: status.port, user: wordOf(status.user), password: wordOf(status.password) },
    notFoundRedirect: given['404_redirect'],
    activeAppsEveryMs: activeAppsEveryMs(given),
    accessFile: given.access_log?.file,
    exposeAllApps: status.expose_all_apps,
    shownConfig: given,
  };
  const ignored = Object.entries(withoutEffect).filter(([key]) => key in given);
  return {
    options: checkedOptions(RouterOptions, wanted, originals),
    natsUri: mbus ?? nats_uri,
    pidFilename: pid,
    logging,
    withoutEffect: Object.fromEntries(ignored),
  };
}

function activeAppsEveryMs({
  enable_nonprod_apps: isOn = false,
  flush_apps_interval: seconds = 30,
  publish_active_apps_interval: gorouterSeconds = 0,
}: RouterConfig): number {
  return (isOn ? seconds : gorouterSeconds) * 1000;
}
