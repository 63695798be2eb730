import type { StagingRequest } from '#contract/staging.ts';
import { settingsOfUser } from '#workload/lifecycle/user-settings.ts';

type Variables = Readonly<Record<string, string | undefined>>;

export interface EnvironmentPlaces {
  /** A home of the task's own: what scripts put there goes away with the task. */
  readonly home: string;
  readonly tmp: string;
  /** The whole PATH. */
  readonly path: string;
  /** Seconds the task may take. */
  readonly limitSeconds: number;
  /** Of this process. */
  readonly env: Variables;
}

/** How programs reach the network, and what they trust there. */
const passed = [
  'http_proxy',
  'https_proxy',
  'no_proxy',
  'all_proxy',
  'HTTP_PROXY',
  'HTTPS_PROXY',
  'NO_PROXY',
  'ALL_PROXY',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
  'NODE_EXTRA_CA_CERTS',
  'REQUESTS_CA_BUNDLE',
  'SSH_AUTH_SOCK',
  'npm_config_registry',
  'NPM_CONFIG_REGISTRY',
  'npm_config_nodedir',
  'PIP_INDEX_URL',
  'PIP_EXTRA_INDEX_URL',
  'PIP_TRUSTED_HOST',
  'PIP_FIND_LINKS',
  'PIP_NO_INDEX',
  'BUNDLE_MIRROR__HTTPS://RUBYGEMS__ORG/',
  'GOPROXY',
  'GOPRIVATE',
  'GONOSUMDB',
  'GOSUMDB',
  'JAVA_HOME',
] as const;

export interface StagingEnvironment {
  /** All that the scripts of buildpacks see. */
  readonly all: Record<string, string>;
  /** What of it the user set for the app. */
  readonly app: Record<string, string>;
  /** What of it is about this machine. */
  readonly machine: Record<string, string>;
}

/**
 * The environment of buildpacks, as Cloud Foundry has it: what the request says, the app's own variables, and what the
 * machine needs to reach the network; nothing else of ours.
 */
export function stagingEnvironmentOf(request: StagingRequest, places: EnvironmentPlaces): StagingEnvironment {
  const app = Object.fromEntries((request.properties.environment ?? []).map(pairOf));
  const variables = request.lifecycle_data?.environment ?? request.hooks?.environment ?? [];
  const told = variables.map(({ name, value }) => [name, value] as const);
  const stack = request.lifecycle_data?.stack ?? 'host';
  const machine = { ...passedOn(places.env), PATH: places.path };
  return {
    app,
    machine,
    all: {
      ...machine,
      LANG: process.platform === 'darwin' ? 'en_US.UTF-8' : 'C.UTF-8',
      HOME: places.home,
      TMPDIR: places.tmp,
      CF_STACK: stack,
      STACK: stack,
      STAGING_TIMEOUT: `${places.limitSeconds}.0`,
      ...Object.fromEntries(told),
      ...app,
    },
  };
}

function passedOn(env: Variables): Record<string, string> {
  const variables: Record<string, string> = {};
  for (const name of passed) if (env[name]) variables[name] = env[name];
  return { ...variables, ...settingsOfUser(env) };
}

function pairOf(entry: string): [string, string] {
  const at = entry.indexOf('=');
  return at < 0 ? [entry, ''] : [entry.slice(0, at), entry.slice(at + 1)];
}
