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
    publish: (lines) => announcer.log(record, sourceOf(record), lines),
    heard: () => announcer.heard(),
    onPositions: (reached) => positions.save(reached),
    onDropped: (text) => announcer.tell(record, text, 'ERR'),
    maxFileBytes: options.logFileBytes,
    batchMs: options.logBatchMs,
    partialLineMs: options.partialLineMs,
  });
}

function sourceOf({ processType, task }: InstanceRecord): Source {
  return task === null ? `APP/PROC/${processType.toUpperCase()}` : `APP/TASK/${task}`;
}
