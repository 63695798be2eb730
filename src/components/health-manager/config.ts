import { checkedOptions } from '#vcap/checked-options.ts';
import { common, config, type ValueOf, wordOf } from '#vcap/config-rules.ts';
import { localAddressFor } from '#vcap/local-address.ts';
import { HealthManagerOptions } from './options.ts';

const { text, whole, number, record, optional } = config;

const seconds = optional(number);

/** `health_manager.yml` as the originals have it (health manager 1, 2012, and 2, 2014). No key is required. */
const HealthManagerConfig = record({
  mbus: optional(text),
  pid: optional(text),
  index: optional(whole),
  local_route: optional(text),
  cc_partition: optional(text),
  bulk_api: optional(record({ host: optional(text) })),
  /** Of health manager 1; that of 2 has `queue_batch_size`. */
  dequeueing_rate: optional(whole),
  status: optional(common.status),
  logging: optional(common.logging),
  intervals: optional(
    record({
      database_scan: seconds,
      desired_state_update: seconds,
      droplets_analysis: seconds,
      droplet_lost: seconds,
      restart_timeout: seconds,
      stable_state: seconds,
      min_restart_delay: seconds,
      max_restart_delay: seconds,
      delay_time_noise: seconds,
      flapping_timeout: seconds,
      flapping_death: optional(whole),
      giveup_crash_number: optional(whole),
      request_queue: seconds,
      queue_batch_size: optional(whole),
      /** Ours. */
      spin_down: seconds,
    }),
  ),
});
type HealthManagerConfig = ValueOf<typeof HealthManagerConfig>;

/** What `health_manager.yml` asks for. */
export interface HealthManagerSettings {
  readonly options: HealthManagerOptions;
  readonly natsUri: string | undefined;
  readonly pidFilename: string | undefined;
  readonly logging: NonNullable<HealthManagerConfig['logging']>;
}

/**
 * The settings in `path`, or else in `health_manager.yml` of the directory which `CLOUD_FOUNDRY_CONFIG_PATH` names;
 * `undefined` when neither names a file. @throws ConfigError
 */
export async function readHealthManagerConfig(
  path: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
): Promise<HealthManagerSettings | undefined> {
  const { configPathOf, readConfigFile } = await import('#vcap/config-file.ts');
  const file = configPathOf(path, 'health_manager.yml', env);
  if (file === undefined) return undefined;
  const given = await readConfigFile(file, HealthManagerConfig);
  const { local_route: route, mbus, pid, logging = {} } = given;
  const host = route === undefined ? undefined : await localAddressFor(route);
  return { options: optionsOf(given, host), natsUri: mbus, pidFilename: pid, logging };
}

function optionsOf(given: HealthManagerConfig, host: string | undefined): HealthManagerOptions {
  const { index = null, status = {}, bulk_api: bulk, cc_partition: partition } = given;
  const wanted = {
    ...timesOf(given.intervals ?? {}),
    startBatch: given.dequeueing_rate ?? given.intervals?.queue_batch_size ?? 40,
    index,
    host,
    partition,
    bulkUrl: bulk?.host === undefined ? undefined : urlOf(bulk.host),
    status: { port: status.port, user: wordOf(status.user), password: wordOf(status.password) },
    shownConfig: given,
  };
  return checkedOptions(HealthManagerOptions, wanted, originals);
}

/** Who configures a health manager of then gets the times of then. */
function timesOf(given: NonNullable<HealthManagerConfig['intervals']>): object {
  const ms = (value: number | undefined, fallback: number) => (value ?? fallback) * 1000;
  const { flapping_death: death = 1, giveup_crash_number: giveUp = 4 } = given;
  return {
    refreshEveryMs: ms(given.desired_state_update ?? given.database_scan, 60),
    analyseEveryMs: ms(given.droplets_analysis, 20),
    instanceLostMs: ms(given.droplet_lost, 30),
    startPatienceMs: ms(given.restart_timeout, 20),
    settledAfterMs: Math.max(0, ms(given.stable_state, 60)), // -1 is none
    minRestartDelayMs: ms(given.min_restart_delay, 60),
    maxRestartDelayMs: ms(given.max_restart_delay, 480),
    restartNoiseMs: ms(given.delay_time_noise, 5),
    flappingTimeoutMs: ms(given.flapping_timeout, 500),
    steadyAfterMs: ms(given.flapping_timeout, 500),
    flappingDeath: death,
    flappingCrashes: death + 1,
    giveUpAfterCrashes: Math.max(0, giveUp), // -1 is never
    startBatchEveryMs: ms(given.request_queue, 1),
    spinDownAfterMs: ms(given.spin_down, 0),
  };
}

/** By our names of options that a file can get wrong. */
const originals: Readonly<Record<string, string>> = {
  refreshEveryMs: 'intervals.desired_state_update',
  analyseEveryMs: 'intervals.droplets_analysis',
  instanceLostMs: 'intervals.droplet_lost',
  startPatienceMs: 'intervals.restart_timeout',
  minRestartDelayMs: 'intervals.min_restart_delay',
  maxRestartDelayMs: 'intervals.max_restart_delay',
  restartNoiseMs: 'intervals.delay_time_noise',
  flappingTimeoutMs: 'intervals.flapping_timeout',
  flappingDeath: 'intervals.flapping_death',
  startBatch: 'dequeueing_rate or intervals.queue_batch_size',
  startBatchEveryMs: 'intervals.request_queue',
  spinDownAfterMs: 'intervals.spin_down',
  bulkUrl: 'bulk_api.host',
  partition: 'cc_partition',
};

function urlOf(host: string): string {
  return /^https?:\/\//.test(host) ? host.replace(/\/+$/, '') : `http://${host}`;
}
