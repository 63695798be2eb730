import { join } from 'node:path';
import type { Source } from './announcer.ts';
import type { InstanceRecord } from './instance-record.ts';
import { LogPositions } from './log-positions.ts';
import { LogTail } from './tail-logs.ts';
import { directoryOf, type Tools } from './tools.ts';

/** Brings what an instance writes onto the bus, from where it was left. */
export function followLog(record: InstanceRecord, { announcer, buffer, options, places }: Tools): LogTail {
  const positions = new LogPositions(places.logPositions, record.id);
  return new LogTail({
    directory: join(directoryOf(record, places), 'logs'),
    from: positions.load(),
    buffer,
    sidecars: record.sidecars,
    publish: (lines, sidecar) => announcer.log(record, sourceOf(record, sidecar), lines),
    heard: () => announcer.heard(),
    onPositions: (reached) => positions.save(reached),
    onDropped: (text) => announcer.tell(record, text, 'ERR'),
    maxFileBytes: options.logFileBytes,
    batchMs: options.logBatchMs,
    partialLineMs: options.partialLineMs,
  });
}

function sourceOf({ processType, task }: InstanceRecord, sidecar: string | undefined): Source {
  if (task !== null) return `APP/TASK/${task}`;
  const process = `APP/PROC/${processType.toUpperCase()}` as const;
  return sidecar === undefined ? process : `${process}/SIDECAR/${sidecar.toUpperCase()}`;
}
