import type { DropletExited, Heartbeat } from '#contract/dea.ts';
import { epochSeconds } from '#contract/primitives.ts';
import type { Ending } from './instance.ts';
import { stateOf } from './instance.ts';
import type { InstanceRecord } from './instance-record.ts';

/**
 * What the health manager is told of these instances, or `undefined` when there is nothing to tell. One that is being
 * ended is left out: it is no longer there for anybody, and `droplet.exited` follows.
 */
export function heartbeatOf(
  records: readonly InstanceRecord[],
  dea: string,
  prod: boolean | null,
): Heartbeat | undefined {
  const told = records.filter(({ life }) => life.phase !== 'ENDING' && life.phase !== 'GONE');
  if (told.length === 0) return undefined;
  return {
    dea,
    prod,
    droplets: told.map((record) => ({
      droplet: record.app,
      version: record.version,
      instance: record.id,
      index: record.index,
      state: stateOf(record.life),
      state_timestamp: epochSeconds(record.life.sinceMs),
      cc_partition: record.partition,
    })),
  };
}

export function exitOf(record: InstanceRecord, ending: Ending, nowMs: number): DropletExited {
  return {
    droplet: record.app,
    version: record.version,
    instance: record.id,
    index: record.index,
    reason: ending.reason,
    cc_partition: record.partition,
    ...(ending.reason === 'CRASHED' ? { crash_timestamp: epochSeconds(nowMs) } : {}),
    ...(ending.status === undefined ? {} : { exit_status: ending.status }),
    ...(ending.description === undefined ? {} : { exit_description: ending.description }),
  };
}
