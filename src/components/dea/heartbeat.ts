import type { DropletExited, Heartbeat } from '#contract/dea.ts';
import { epochSeconds } from '#contract/primitives.ts';
import { isAnothers } from './cron-turn.ts';
import type { Ending } from './instance.ts';
import { stateOf } from './instance.ts';
import type { InstanceRecord } from './instance-record.ts';

/**
 * What the health manager is told of these instances, or `undefined` when there is nothing to tell. One that is being
 * ended is left out: it is no longer there for anybody, and `droplet.exited` follows. Tasks are none of its concern.
 */
export function heartbeatOf(
  records: readonly InstanceRecord[],
  dea: string,
  prod: boolean | null,
): Heartbeat | undefined {
  const told = records.filter(({ life, task }) => task === null && life.phase !== 'ENDING' && life.phase !== 'GONE');
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
      ...(record.cronTurn !== null && isAnothers(record.cronTurn) ? { cron_waits: true } : {}),
    })),
  };
}

/** A task that ended, however it did, is told as stopped: nobody shall start it again. */
export function exitOf(record: InstanceRecord, ending: Ending, nowMs: number): DropletExited {
  return {
    droplet: record.app,
    version: record.version,
    instance: record.id,
    index: record.index,
    reason: record.task === null ? ending.reason : 'STOPPED',
    cc_partition: record.partition,
    ...(ending.reason === 'CRASHED' && record.task === null ? { crash_timestamp: epochSeconds(nowMs) } : {}),
    ...howItEnded(record, ending),
  };
}

/** The words of `droplet.exited` for how an instance ended. */
export function howItEnded(
  { task }: Pick<InstanceRecord, 'task'>,
  { reason, status, description = task === null ? undefined : whyEnded[reason] }: Ending,
): Pick<DropletExited, 'exit_status' | 'exit_description'> {
  return {
    ...(status === undefined ? {} : { exit_status: status }),
    ...(description === undefined ? {} : { exit_description: description }),
  };
}

/** Nobody reads the reason of a task's end. */
const whyEnded = {
  CRASHED: undefined,
  STOPPED: undefined,
  DEA_SHUTDOWN: 'was ended because the platform stopped',
  DEA_EVACUATION: 'was ended because its DEA stopped',
} as const;
