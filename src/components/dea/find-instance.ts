import { cpus } from 'node:os';
import type { FindRequest, FoundInstance, InstanceStats, StopRequest } from '#contract/dea.ts';
import { epochSeconds, rubyTime } from '#contract/primitives.ts';
import type { FileViewer } from './files/file-viewer.ts';
import { howItEnded } from './heartbeat.ts';
import { isLive, stateOf } from './instance.ts';
import type { InstanceRecord } from './instance-record.ts';

/** What an instance used when it was last measured. */
export interface Usage {
  readonly atMs: number;
  readonly cpuPercent: number;
  readonly memoryBytes: number;
  readonly diskBytes: number;
}

/** Whether an instance is meant by a request. Every filter has to agree; one that is absent agrees with all. */
export function isMeant(record: InstanceRecord, request: StopRequest | FindRequest): boolean {
  const agrees = <T>(wanted: readonly T[] | null | undefined, is: T) => !wanted || wanted.includes(is);
  return (
    record.app === request.droplet &&
    record.life.phase !== 'GONE' &&
    agrees(request.version ? [request.version] : undefined, record.version) &&
    agrees(request.instances, record.id) &&
    agrees(request.instance_ids, record.id) &&
    agrees(request.indices, record.index) &&
    agrees(request.states, stateOf(record.life))
  );
}

/** The DEA that was asked, where its instances are reached, and where it shows their files. */
export interface Finder {
  readonly dea: string;
  readonly host: string;
  readonly files: FileViewer;
}

/** The reply about one instance. @param stats when they were asked for */
export function foundOf(
  record: InstanceRecord,
  { dea, host, files }: Finder,
  stats: InstanceStats | undefined,
): FoundInstance {
  return {
    dea,
    version: record.version,
    droplet: record.app,
    instance: record.id,
    index: record.index,
    state: stateOf(record.life),
    state_timestamp: epochSeconds(record.life.sinceMs),
    file_uri: files.uri,
    credentials: [...files.credentials],
    staged: record.directory,
    debug_ip: record.debugPort === null ? null : host,
    debug_port: record.debugPort,
    console_ip: record.consolePort === null ? null : host,
    console_port: record.consolePort,
    ...(stats === undefined ? {} : { stats }),
    ...('ending' in record.life ? howItEnded(record, record.life.ending) : {}),
  };
}

/** Statistics of a running instance, in the units of 2012. */
export function statsOf(record: InstanceRecord, host: string, usage: Usage | undefined, nowMs: number): InstanceStats {
  const megabyte = 1024 * 1024;
  return {
    name: record.name,
    host,
    port: record.port,
    uris: record.uris,
    uptime: (nowMs - record.startedAtMs) / 1000,
    mem_quota: record.memoryMb * megabyte,
    disk_quota: record.diskMb * megabyte,
    fds_quota: record.fds,
    cores: cpus().length,
    ...(usage === undefined ? {} : { usage: usageOf(usage) }),
  };
}

export function usageOf({ atMs, cpuPercent, memoryBytes, diskBytes }: Usage) {
  return {
    time: rubyTime(new Date(atMs)),
    cpu: Math.round(cpuPercent * 10) / 10,
    mem: memoryBytes / 1024,
    disk: diskBytes,
  };
}

/** Whether it answers to `droplet.status`, the question for what starts or runs. */
export function isCounted({ life }: InstanceRecord): boolean {
  return isLive(life) && life.phase !== 'ENDING';
}
