import { stat } from 'node:fs/promises';
import * as v from 'valibot';
import { ConfigError, checkedConfig, config, invalid, type ValueOf } from '#vcap/config-rules.ts';
import { localAddressFor } from '#vcap/local-address.ts';
import { takePidFile } from '#vcap/pid-file.ts';
import { StagerOptions } from './options.ts';

const { text, whole, yesOrNo, list, record, optional } = config;

/** `stager.yml` as the original has it (stager 206b107, 2012). */
const StagerConfig = record({
  logging: record({ level: text, file: optional(text), syslog: optional(text) }),
  /** `nats://user:password@host:port` */
  nats_uri: text,
  /** Seconds. */
  max_staging_duration: whole,
  max_active_tasks: whole,
  queues: list(text),
  pid_filename: text,
  dirs: optional(record({ manifests: optional(text), tmp: optional(text) })),
  /** Whether plugins run as users of their own. */
  secure: yesOrNo,
  index: optional(whole),
  ruby_path: optional(text),
  /** An address towards which the machine's own address is chosen. */
  local_route: optional(text),
  run_plugin_path: optional(text),
});
type StagerConfig = ValueOf<typeof StagerConfig>;

/** What `stager.yml` asks for. */
export interface StagerSettings {
  readonly options: StagerOptions;
  readonly natsUri: string;
  readonly pidFilename: string;
  /** `level` is one of off, fatal, error, warn, info, debug, debug1, debug2; without `file`, lines go to the output. */
  readonly logging: StagerConfig['logging'];
  readonly index: number | null;
  /** Ours never changes the user: to be said when it is true. */
  readonly secure: boolean;
}

/** @param host where others reach the stager @throws ConfigError in the original's words */
export function stagerConfigOf(value: unknown, host = '127.0.0.1'): StagerSettings {
  const given = checkedConfig(value, StagerConfig);
  const { queues, max_staging_duration, max_active_tasks, dirs = {}, index = null } = given;
  const options = v.safeParse(StagerOptions, {
    queues,
    maxStagingMs: max_staging_duration * 1000,
    maxActiveTasks: max_active_tasks,
    tmpDir: dirs.tmp,
    manifestsDir: dirs.manifests,
    index,
    host,
    atStop: 'finish',
    logsTaskLines: true,
    // Those of the plugins which this stager was released with.
    scripts: '8f2fa00',
    shownConfig: { ...given, dirs },
  });
  if (!options.success) throw invalid(unusable(given));
  return {
    options: options.output,
    natsUri: given.nats_uri,
    pidFilename: given.pid_filename,
    logging: given.logging,
    index,
    secure: given.secure,
  };
}

/**
 * The settings in `path`, or else in `stager.yml` of the directory which `CLOUD_FOUNDRY_CONFIG_PATH` names; `undefined`
 * when neither names a file. @throws ConfigError in the original's words
 */
export async function readStagerConfig(
  path: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
): Promise<StagerSettings | undefined> {
  const { configPathOf, readConfigFile } = await import('#vcap/config-file.ts');
  const file = configPathOf(path, 'stager.yml', env);
  if (file === undefined) return undefined;
  const given = await readConfigFile(file, StagerConfig);
  const { local_route: route, dirs } = given;
  await checkManifests(dirs?.manifests);
  return stagerConfigOf(given, route === undefined ? undefined : await localAddressFor(route));
}

/** Our pid in the file the settings name; disposing removes it. @throws ConfigError in the original's words */
export async function takeStagerPidFile(pidFilename: string): Promise<AsyncDisposable> {
  try {
    return await takePidFile(pidFilename);
  } catch (cause) {
    throw new ConfigError(`Can't create stager pid file ${pidFilename}`, { cause });
  }
}

/** Their mistakes are told by the tasks, since they may be edited at any time; that there are none is told at once. */
async function checkManifests(directory: string | undefined): Promise<void> {
  if (directory === undefined) return;
  const isThere = await stat(directory).then(
    (found) => found.isDirectory(),
    () => false,
  );
  if (!isThere) throw invalid(`{ dirs => { manifests => Expected a directory, given ${directory} } }`);
}

/** What the original takes, and then cannot work with: no threads, no queue. */
function unusable({ queues, max_staging_duration, max_active_tasks }: StagerConfig): string {
  const mistakes = [
    ...(max_staging_duration >= 1 ? [] : [`max_staging_duration => Expected 1 or more, given ${max_staging_duration}`]),
    ...(max_active_tasks >= 1 ? [] : [`max_active_tasks => Expected 1 or more, given ${max_active_tasks}`]),
    ...(queues.length > 0 && !queues.includes('') ? [] : ['queues => Expected the names of one queue or more']),
  ];
  return `{ ${mistakes.join(', ')} }`;
}
