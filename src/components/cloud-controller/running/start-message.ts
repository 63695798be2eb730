import type { DiscoverRequest, LayerSource, StartRequest } from '#contract/dea.ts';
import { familyOf, type RuntimeFamily, type RuntimeInfo } from '#contract/runtimes.ts';
import { cronOf, variablesFor } from '../app-annotations.ts';
import { maxOpenFiles } from '../limits.ts';
import type { AppRecord, SidecarRecord } from '../records.ts';
import type { Desired } from './desired.ts';

/** How the programs of a family are called and tell their version, for DEAs that ask them. */
const programs: Readonly<Record<RuntimeFamily, { executable: string; version_flag: string }>> = {
  ruby: { executable: 'ruby', version_flag: '-v' },
  node: { executable: 'node', version_flag: '-v' },
  python: { executable: 'python3', version_flag: '-V' },
  php: { executable: 'php', version_flag: '-v' },
  java: { executable: 'java', version_flag: '-version' },
};

/** What an app needs to run; an empty name when it needs nothing. Any version will do, unless its files say which. */
function runtimeInfoOf(runtime: string | null, constraint: string | undefined): RuntimeInfo {
  if (runtime === null || runtime === '') return { name: '' };
  const family = familyOf(runtime);
  const program = family === undefined ? { executable: runtime } : programs[family];
  return { name: runtime, ...program, version_output: '.', ...(constraint === undefined ? {} : { constraint }) };
}

/** @param runtime the name under which the DEAs have it */
export function discoverRequestOf({ guid, app, process, droplet }: Desired, runtime: string | null): DiscoverRequest {
  return {
    droplet: guid,
    name: app.name,
    runtime,
    runtime_info: runtimeInfoOf(runtime, droplet.runtimeConstraint),
    limits: { mem: process.memoryMb, disk: process.diskMb, fds: maxOpenFiles },
    sha: droplet.sha1,
    prod: false,
  };
}

export interface StartDetails {
  readonly index: number;
  /** The name under which the DEA has it. */
  readonly runtime: string | null;
  /** Where the DEA gets the droplet, with the credentials for it. */
  readonly executableUri: string;
  /** Where it is on this machine. */
  readonly executableFile: string;
  /** What is laid over the droplet. */
  readonly layer: LayerSource | undefined;
  readonly users: readonly string[];
  readonly flapping: boolean;
  /** Whether the next version will come soon. */
  readonly isWatched?: boolean;
  /** Whether another version runs what is due by the clock. */
  readonly cronWaits?: boolean;
}

export function startRequestOf(
  { guid, app, process, droplet, version, uris, command, sidecars }: Desired,
  {
    index,
    runtime,
    executableUri,
    executableFile,
    layer,
    users,
    flapping,
    isWatched = false,
    cronWaits = false,
  }: StartDetails,
): StartRequest {
  const { type, timeoutSeconds, endpoint } = process.healthCheck;
  return {
    droplet: guid,
    application_id: app.guid,
    process_type: process.type,
    ...(command === undefined ? {} : { start_command: command }),
    index,
    name: app.name,
    version,
    uris: [...uris],
    sha1: droplet.sha1,
    executableFile,
    executableUri,
    runtime,
    runtime_info: runtimeInfoOf(runtime, droplet.runtimeConstraint),
    framework: droplet.framework,
    services: [],
    limits: { mem: process.memoryMb, disk: process.diskMb, fds: maxOpenFiles },
    env: variablesFor('runtime', app),
    users: [...users],
    cc_partition: 'default',
    prod: false,
    debug: null,
    console: false,
    flapping,
    health_check: {
      type,
      ...(timeoutSeconds === null ? {} : { timeout: timeoutSeconds }),
      ...(type === 'http' ? { endpoint: endpoint ?? '/' } : {}),
    },
    ...(sidecars.length === 0 ? {} : { sidecars: sidecars.map(sidecarOnWire) }),
    ...cronFor(app, { type: process.type, index, waits: cronWaits }),
    ...(layer === undefined ? {} : { layer }),
    ...(isWatched ? { standby: true } : {}),
  };
}

/** One instance does it for all. */
function cronFor(
  app: AppRecord,
  { type, index, waits }: { readonly type: string; readonly index: number; readonly waits: boolean },
): Pick<StartRequest, 'cron' | 'cron_waits'> {
  const cron = type === 'web' && index === 0 ? cronOf(app) : [];
  return cron.length === 0 ? {} : { cron: [...cron], ...(waits ? { cron_waits: true } : {}) };
}

function sidecarOnWire({ name, command, memoryMb }: SidecarRecord) {
  return { name, command, ...(memoryMb === null ? {} : { memory: memoryMb }) };
}
