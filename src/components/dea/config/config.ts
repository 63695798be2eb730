import { join, resolve } from 'node:path';
import { checkedOptions } from '#vcap/checked-options.ts';
import { ConfigError, checkedConfig, common, config, type ValueOf } from '#vcap/config-rules.ts';
import { localAddressFor } from '#vcap/local-address.ts';
import { DeaOptions } from '../options.ts';

const { text, whole, number, yesOrNo, list, record, optional } = config;

/** `dea.yml` as the original has it (dea 0e200ef, 2012). */
const DeaConfig = record({
  /** Holds `staged/`, `apps/` and `db/`. */
  base_dir: text,
  pid: optional(text),
  runtimes: optional(list(text)),
  /** `nats://user:password@host:port` */
  mbus: optional(text),
  /** An address towards which the machine's own address is chosen. */
  local_route: optional(text),
  index: optional(whole),
  /** MB. */
  max_memory: whole,
  multi_tenant: optional(yesOrNo),
  secure: optional(yesOrNo),
  enforce_ulimit: optional(yesOrNo),
  prod: optional(yesOrNo),
  force_http_sharing: optional(yesOrNo),
  disable_dir_cleanup: optional(yesOrNo),
  filer_port: optional(whole),
  /** Seconds, as the intervals are. */
  evacuation_delay: optional(number),
  intervals: optional(record({ heartbeat: optional(number), advertise: optional(number) })),
  droplet_fs_percent_used_threshold: optional(number),
  dea_ruby: optional(text),
  status: optional(record({ port: optional(whole), user: optional(text), password: optional(text) })),
  logging: optional(common.logging),
  /** Ours: whether runtimes have to be exactly as apps ask for them. */
  strict_runtimes: optional(yesOrNo),
  /** Ours: directories with runtimes, which go before the PATH. */
  runtime_directories: optional(list(text)),
});
type DeaConfig = ValueOf<typeof DeaConfig>;

/** What the machine and the command line add to a `dea.yml`. */
export interface DeaSurroundings {
  /** The PATH in which runtimes are looked for. */
  readonly path: string;
  readonly userHome?: string | undefined;
  /** Where others reach this machine. */
  readonly host?: string | undefined;
}

/** What `dea.yml` asks for. */
export interface DeaSettings {
  readonly options: DeaOptions;
  /** Absent: the bus is where it usually is. */
  readonly mbus: string | undefined;
  readonly pid: string | undefined;
  /** `level` is one of off, fatal, error, warn, info, debug, debug1, debug2; without `file`, lines go to the output. */
  readonly logging: NonNullable<DeaConfig['logging']>;
  readonly index: number | null;
  /** What is asked for and works otherwise here: to be said when the DEA starts. */
  readonly remarks: readonly string[];
}

/** How many instances a DEA for one tenant, and one for many, runs at most. */
const clients = { single: 1, many: 1024 };

/** @throws ConfigError naming each key that is missing or wrong */
export function deaConfigOf(value: unknown, { path, userHome, host }: DeaSurroundings): DeaSettings {
  refuseRuntimeMap(value);
  const given = checkedConfig(withoutNulls(value), DeaConfig);
  const { intervals = {}, runtimes = [], status = {}, index = null, evacuation_delay, local_route: _, ...rest } = given;
  const wanted = {
    path,
    userHome,
    host,
    baseDir: resolve(given.base_dir),
    index,
    status,
    runtimes,
    strictRuntimes: given.strict_runtimes,
    runtimeDirectories: given.runtime_directories,
    maxMemoryMb: given.max_memory,
    maxInstances: given.multi_tenant === true ? clients.many : clients.single,
    minFreeDiskMb: 0,
    maxDiskUsePercent: given.droplet_fs_percent_used_threshold ?? 95,
    prod: given.prod ?? null,
    forceHttpSharing: given.force_http_sharing,
    keepDirectories: given.disable_dir_cleanup,
    filerPort: given.filer_port === 0 ? null : given.filer_port,
    evacuationDelayMs: inMs(evacuation_delay),
    heartbeatEveryMs: inMs(intervals.heartbeat),
    advertiseEveryMs: inMs(intervals.advertise),
    shownConfig: given,
  };
  return {
    options: checkedOptions(DeaOptions, wanted, originals),
    mbus: rest.mbus,
    pid: rest.pid,
    logging: rest.logging ?? {},
    index,
    remarks: remarksOn(given),
  };
}

/**
 * The settings in `path`, or else in `dea.yml` of the directory which `CLOUD_FOUNDRY_CONFIG_PATH` names.
 * @throws ConfigError when neither names a file, or what it names cannot be used
 */
export async function readDeaConfig(
  path: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
): Promise<DeaSettings> {
  const { configPathOf, readConfigFile } = await import('#vcap/config-file.ts');
  const file = configPathOf(path, 'dea.yml', env);
  if (file === undefined) {
    throw new ConfigError(
      'The location of the config file was not specified: name it with `-c FILE`, or the directory of a dea.yml in CLOUD_FOUNDRY_CONFIG_PATH',
    );
  }
  const given = await readConfigFile(file, record({ local_route: optional({ mistakeIn: () => undefined }) }));
  const route = given.local_route;
  return deaConfigOf(
    { ...given, config_file: file },
    {
      path: env['PATH'] ?? '',
      userHome: env['HOME'],
      host: typeof route === 'string' ? await localAddressFor(route) : undefined,
    },
  );
}

/** Lists became names in 2012; who still has the map of before is told so, in words of its own. */
function refuseRuntimeMap(value: unknown): void {
  const runtimes = value !== null && typeof value === 'object' ? (value as { runtimes?: unknown }).runtimes : undefined;
  if (typeof runtimes !== 'object' || runtimes === null || Array.isArray(runtimes)) return;
  const names = Object.keys(runtimes).join(', ');
  throw new ConfigError(`The DEA takes a list of runtime names, not a map: write \`runtimes: [${names}]\``);
}

/** An empty value in YAML is the same as none. */
function withoutNulls(value: unknown): unknown {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return value;
  const kept = Object.entries(value).filter(([, each]) => (each ?? null) !== null);
  return Object.fromEntries(kept.map(([key, each]) => [key, withoutNulls(each)]));
}

function inMs(seconds: number | undefined): number | undefined {
  return seconds === undefined ? undefined : seconds * 1000;
}

/** By our names of options that a file can get wrong. */
const originals = {
  maxMemoryMb: 'max_memory',
  maxDiskUsePercent: 'droplet_fs_percent_used_threshold',
  filerPort: 'filer_port',
  evacuationDelayMs: 'evacuation_delay',
  heartbeatEveryMs: 'intervals.heartbeat',
  advertiseEveryMs: 'intervals.advertise',
};

function remarksOn({ secure, enforce_ulimit, runtimes = [], base_dir, disable_dir_cleanup }: DeaConfig): string[] {
  return [
    ...(secure === true ? ['secure: apps do not get users of their own here; their limits hold anyway'] : []),
    ...(enforce_ulimit === true ? ['enforce_ulimit: descriptors are limited here, memory and disk are watched'] : []),
    ...(runtimes.length === 0 ? ['runtimes: none is named, so only apps without a runtime can run'] : []),
    ...(disable_dir_cleanup === true ? [`disable_dir_cleanup: ${join(base_dir, 'apps')} will grow`] : []),
  ];
}
