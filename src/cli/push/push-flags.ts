import { ActionableError } from '#ground/errors.ts';

/** What `push` was told about the app itself; each counts more than the manifest. */
export interface AppFlags {
  /** MB */
  readonly memory: number | undefined;
  /** MB */
  readonly disk: number | undefined;
  readonly instances: number | undefined;
  readonly command: string | undefined;
  /** `KEY=VALUE` */
  readonly env: readonly string[];
  readonly buildpack: readonly string[];
  readonly stack: string | undefined;
  readonly healthCheckType: string | undefined;
  readonly endpoint: string | undefined;
  /** Seconds. */
  readonly timeout: number | undefined;
  readonly route: boolean;
  readonly randomRoute: boolean;
}

type Attributes = Readonly<Record<string, unknown>>;

/** The flags that were given, as they are typed: they can be meant for one app only. */
export function givenFlags(flags: AppFlags): string[] {
  const given: Record<string, boolean> = {
    '--memory': flags.memory !== undefined,
    '--disk': flags.disk !== undefined,
    '--instances': flags.instances !== undefined,
    '--command': flags.command !== undefined,
    '--env': flags.env.length > 0,
    '--buildpack': flags.buildpack.length > 0,
    '--stack': flags.stack !== undefined,
    '--health-check-type': flags.healthCheckType !== undefined,
    '--endpoint': flags.endpoint !== undefined,
    '--timeout': flags.timeout !== undefined,
    '--no-route': !flags.route,
    '--random-route': flags.randomRoute,
  };
  return Object.keys(given).filter((name) => given[name]);
}

/** An app's entry in the manifest, changed by the flags. @throws ActionableError USAGE */
export function withFlags(attributes: Attributes, flags: AppFlags): Attributes {
  const env = { ...(attributes['env'] as Attributes | undefined), ...environmentOf(flags.env) };
  const changed = {
    ...attributes,
    ...(Object.keys(env).length === 0 ? {} : { env }),
    ...definedOf({ stack: flags.stack, buildpacks: buildpacksOf(flags.buildpack) }),
  };
  return routed(withProcessFlags(changed, flags), flags);
}

/** `default` and `null`: whatever is found in the app. */
function buildpacksOf(names: readonly string[]): readonly string[] | undefined {
  if (names.length === 0) return undefined;
  return names.filter((name) => name !== 'default' && name !== 'null');
}

/** Flags about processes speak of the web process, wherever the manifest describes it. */
function withProcessFlags(attributes: Attributes, flags: AppFlags): Attributes {
  const values = definedOf({
    memory: flags.memory === undefined ? undefined : `${flags.memory}M`,
    'disk-quota': flags.disk === undefined ? undefined : `${flags.disk}M`,
    instances: flags.instances,
    command: flags.command === 'null' ? null : flags.command,
    'health-check-type': flags.healthCheckType ?? (flags.endpoint === undefined ? undefined : 'http'),
    'health-check-http-endpoint': flags.endpoint,
    timeout: flags.timeout,
  });
  const processes = attributes['processes'] as readonly Attributes[] | undefined;
  if (processes?.some(({ type }) => type === 'web') !== true) return { ...attributes, ...values };
  const changed = processes.map((each) => (each['type'] === 'web' ? { ...each, ...values } : each));
  return { ...attributes, processes: changed };
}

function routed(attributes: Attributes, { route, randomRoute }: AppFlags): Attributes {
  if (!route && randomRoute) {
    throw new ActionableError(
      'USAGE',
      '--no-route and --random-route contradict each other.',
      'Leave one of them out.',
    );
  }
  const { routes, 'no-route': noRoute, 'random-route': isRandom, ...rest } = attributes;
  if (!route) return { ...rest, 'no-route': true };
  const listed = routes === undefined ? rest : { ...rest, routes };
  if (randomRoute) return { ...listed, 'random-route': true };
  if (noRoute === true || isRandom === true) return attributes;
  return { ...listed, 'default-route': attributes['default-route'] ?? true };
}

function environmentOf(pairs: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const equals = pair.indexOf('=');
      if (equals > 0) return [pair.slice(0, equals), pair.slice(equals + 1)];
      throw new ActionableError(
        'USAGE',
        `--env cannot be '${pair}'.`,
        'Write it as KEY=VALUE; the value may be empty.',
      );
    }),
  );
}

function definedOf(values: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}
