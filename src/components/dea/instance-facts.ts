import { epochSeconds, rubyTime } from '#contract/primitives.ts';
import { stateOf } from './instance.ts';
import type { InstanceRecord } from './instance-record.ts';

const megabyte = 1024 * 1024;

/** An instance with the names and in the units of the original's own records, which apps and `/varz` show. */
export function factsOf(record: InstanceRecord, directory: string, host: string) {
  const { app, id, index, name, debugPort, consolePort } = record;
  return {
    droplet_id: app,
    instance_id: id,
    private_instance_id: record.privateId,
    instance_index: index,
    name,
    dir: directory,
    uris: record.uris,
    users: record.users,
    version: record.version,
    mem_quota: record.memoryMb * megabyte,
    disk_quota: record.diskMb * megabyte,
    fds_quota: record.fds,
    state: stateOf(record.life),
    runtime: record.runtime,
    framework: record.framework,
    start: rubyTime(new Date(record.startedAtMs)),
    state_timestamp: epochSeconds(record.life.sinceMs),
    log_id: `(name=${name} app_id=${app} instance=${id} index=${index})`,
    flapping: record.isFlapping,
    cc_partition: record.partition,
    resources_tracked: true,
    port: record.port,
    ...(debugPort === null ? {} : { debug_ip: host, debug_port: debugPort, debug_mode: record.debugMode }),
    ...(consolePort === null ? {} : { console_ip: host, console_port: consolePort }),
  };
}
