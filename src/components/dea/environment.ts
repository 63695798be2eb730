import type { StartRequest } from '#contract/dea.ts';
import { epochSeconds, rubyTime } from '#contract/primitives.ts';
import { ActionableError } from '#ground/errors.ts';
import { startCommandVariable } from '#workload/lifecycle/launcher/index.ts';
import { factsOf } from './instance-facts.ts';
import { applicationIdOf, type InstanceRecord } from './instance-record.ts';
import { instanceVariable } from './process-census.ts';
import { ownMemoryMb, sidecarsNamedIn } from './sidecars.ts';

export interface EnvironmentPlaces {
  /** Absolute path of the instance's directory. */
  readonly directory: string;
  /** The whole PATH for apps. */
  readonly path: string;
  readonly host: string;
}

type Variables = Record<string, string>;

/** Linux takes no longer `NAME=value` than this, its closing zero included: 32 pages. */
const longestVariable = 128 * 1024;

/**
 * The environment of an app, all of it. The user's own variables come last and win; only the one by which we find
 * the app's processes is ours alone.
 * @throws ActionableError BAD_INPUT when a variable cannot be passed to a process
 */
export function environmentOf(record: InstanceRecord, request: StartRequest, places: EnvironmentPlaces): Variables {
  const variables: Variables = {
    ...systemVariables(places),
    ...appVariables(record, request, places),
    ...legacyVariables(record, request, places),
    ...runtimeVariables(request, places),
    ...debugVariables(record, request),
    ...userVariables(request.env ?? []),
    ...(request.start_command ? { [startCommandVariable]: request.start_command } : {}),
    [instanceVariable]: record.id,
  };
  for (const [name, value] of Object.entries(variables)) check(name, value);
  return variables;
}

function systemVariables({ directory, path }: EnvironmentPlaces): Variables {
  return {
    PATH: path,
    HOME: directory,
    TMPDIR: `${directory}/tmp`,
    // Without it programs take every text for ASCII. macOS has no C.UTF-8.
    LANG: process.platform === 'darwin' ? 'en_US.UTF-8' : 'C.UTF-8',
  };
}

function appVariables(record: InstanceRecord, request: StartRequest, { host }: EnvironmentPlaces): Variables {
  const port = record.port === null ? '' : String(record.port);
  return {
    VCAP_APPLICATION: JSON.stringify(applicationOf(record, host)),
    VCAP_SERVICES: JSON.stringify(servicesOf(request.services)),
    VCAP_APP_HOST: host,
    VCAP_APP_PORT: port,
    ...addressVariables('VCAP_DEBUG', host, record.debugPort),
    ...addressVariables('VCAP_CONSOLE', host, record.consolePort),
    // From here on the names of later years, which today's apps look for.
    ...(record.port === null ? {} : { PORT: port, CF_INSTANCE_PORT: port, CF_INSTANCE_ADDR: `${host}:${port}` }),
    CF_INSTANCE_IP: host,
    CF_INSTANCE_INDEX: String(record.index),
    CF_INSTANCE_GUID: record.id,
    MEMORY_LIMIT: `${ownMemoryMb(record.memoryMb, sidecarsNamedIn(request))}m`,
  };
}

function addressVariables(prefix: string, host: string, port: number | null): Variables {
  return { [`${prefix}_IP`]: port === null ? '' : host, [`${prefix}_PORT`]: port === null ? '' : String(port) };
}

function applicationOf(record: InstanceRecord, host: string) {
  const megabyte = 1024 * 1024;
  return {
    instance_id: record.id,
    instance_index: record.index,
    name: record.name,
    uris: record.uris,
    users: record.users,
    version: record.version,
    start: rubyTime(new Date(record.startedAtMs)),
    runtime: record.runtime,
    state_timestamp: epochSeconds(record.startedAtMs),
    port: record.port,
    limits: { fds: record.fds, mem: record.memoryMb * megabyte, disk: record.diskMb * megabyte },
    host,
    application_id: applicationIdOf(record),
    application_name: record.name,
    application_uris: record.uris,
    application_version: record.version,
    ...(record.application === null ? {} : { process_id: record.app, process_type: record.processType }),
    ...(record.task === null ? {} : { task_name: record.task }),
  };
}

type Service = StartRequest['services'][number];

/** Services by label; what a service does not say is left out. */
function servicesOf(services: readonly Service[]): Record<string, object[]> {
  const byLabel: Record<string, object[]> = {};
  for (const { name, label, plan, tags, plan_option, credentials } of services) {
    const entries = Object.entries({ name, label, plan, tags, plan_option, credentials });
    const told = entries.filter(([, value]) => value !== undefined && value !== null);
    byLabel[label] = [...(byLabel[label] ?? []), Object.fromEntries(told)];
  }
  return byLabel;
}

/** What apps of 2011 read. */
function legacyVariables(
  record: InstanceRecord,
  { services }: StartRequest,
  { directory, host }: EnvironmentPlaces,
): Variables {
  const legacyServices = services.map(({ name, type, vendor, version, plan, credentials }) => {
    return { name, type, vendor, version, tier: plan, options: credentials };
  });
  return {
    VMC_SERVICES: JSON.stringify(legacyServices),
    VMC_APP_INSTANCE: JSON.stringify(factsOf(record, directory, host)),
    VMC_APP_NAME: record.name,
    VMC_APP_ID: record.id,
    VMC_APP_VERSION: record.version,
    VMC_APP_HOST: host,
    VMC_APP_PORT: record.port === null ? '' : String(record.port),
    VMC_WARNING_WARNING: 'The names with VMC_ are those of 2011; use the ones with VCAP_.',
    ...Object.fromEntries(services.flatMap(serviceAddress)),
  };
}

function serviceAddress({ vendor, credentials }: Service): [string, string][] {
  const host = credentials['hostname'] ?? credentials['host'];
  const port = credentials['port'];
  if (typeof vendor !== 'string' || typeof host !== 'string' || port === undefined || port === null) return [];
  return [[`VMC_${vendor.toUpperCase().replaceAll(/\W/g, '_')}`, `${host}:${port}`]];
}

/** What the runtime asks for; a value may build on the PATH. */
function runtimeVariables({ runtime_info }: StartRequest, { path }: EnvironmentPlaces): Variables {
  const entries = Object.entries(runtime_info.environment ?? {});
  return Object.fromEntries(
    entries.map(([name, value]) => [name, value.replaceAll(/\$PATH\b|\$\{PATH\}/g, () => path)]),
  );
}

function debugVariables({ debugMode }: InstanceRecord, { runtime_info }: StartRequest): Variables {
  return typeof debugMode === 'string' ? userVariables(runtime_info.debug_env?.[debugMode] ?? []) : {};
}

/** `NAME=value`, everything after the first `=` taken as it is. */
function userVariables(env: readonly string[]): Variables {
  return Object.fromEntries(
    env.map((entry) => {
      const at = entry.indexOf('=');
      return at < 0 ? [entry, ''] : [entry.slice(0, at), entry.slice(at + 1)];
    }),
  );
}

function check(name: string, value: string): void {
  if (name === '' || `${name}${value}`.includes('\0')) {
    throw new ActionableError(
      'BAD_INPUT',
      `The environment variable '${name.replaceAll('\0', '\\0')}' cannot be passed to a program: it has no name or holds a zero byte.`,
      'Correct or remove it.',
    );
  }
  const bytes = Buffer.byteLength(name) + Buffer.byteLength(value) + 2;
  if (bytes > longestVariable) {
    throw new ActionableError(
      'BAD_INPUT',
      `The environment variable ${name} is ${Math.ceil(bytes / 1024)} kB long, and the system takes 128 kB at most.`,
      'Put the value into a file, or split it.',
    );
  }
}
