import { messageOf } from '#ground/errors.ts';
import type { Log } from '#ground/log.ts';
import { measureDisk } from '#ground/measure-disk.ts';
import type { ProcessRow } from '#ground/processes.ts';
import { sleep } from '#ground/wait.ts';
import type { Usage } from './find-instance.ts';
import type { InstanceRecord } from './instance-record.ts';
import type { ProcessCensus } from './process-census.ts';

/** An instance whose use of the machine is watched. */
export interface Watched {
  readonly record: Pick<InstanceRecord, 'id' | 'memoryMb' | 'diskMb'>;
  readonly directory: string;
  /** What was measured last. */
  usage: Usage | undefined;
  /** Called for memory over the limit in two samples, or disk over the limit in one. */
  exceeded(what: 'memory' | 'disk', usedBytes: number): void;
}

export interface WatchOptions {
  readonly census: ProcessCensus;
  readonly instances: () => readonly Watched[];
  readonly memoryEveryMs: number;
  readonly diskEveryMs: number;
  readonly log: Log;
  readonly signal: AbortSignal;
}

/** A second sample over the limit has to confirm the first one, and need not wait long for it. */
const confirmAfterMs = 200;
/** Measuring disks takes no more than this part of the time: large trees are measured less often. */
const diskShare = 0.02;
const megabyte = 1024 * 1024;

/** Measures what instances use, one process table for all of them, until the signal aborts. */
export async function watchUsage(options: WatchOptions): Promise<void> {
  const failed = (error: unknown) => {
    if (!options.signal.aborted) options.log.error('usage is not watched any more', { error: messageOf(error) });
  };
  await Promise.all([watchMemory(options).catch(failed), watchDisk(options).catch(failed)]);
}

interface Sample {
  readonly atMs: number;
  readonly cpuMs: number;
  readonly isOver: boolean;
}

async function watchMemory({ census, instances, memoryEveryMs, signal }: WatchOptions): Promise<void> {
  let samples = new Map<string, Sample>();
  for (;;) {
    const isSomeOver = [...samples.values()].some(({ isOver }) => isOver);
    await sleep(isSomeOver ? Math.min(confirmAfterMs, memoryEveryMs) : memoryEveryMs, signal);
    const watched = instances();
    if (watched.length === 0) {
      samples = new Map();
      continue;
    }
    const rows = await census.take();
    samples = new Map(
      watched.map((each) => {
        const { id } = each.record;
        return [id, sample(each, rows.get(id) ?? [], samples.get(id))];
      }),
    );
  }
}

function sample(watched: Watched, rows: readonly ProcessRow[], before: Sample | undefined): Sample {
  const memoryBytes = sum(rows, ({ residentBytes }) => residentBytes);
  const now = {
    atMs: Date.now(),
    cpuMs: sum(rows, ({ cpuMs }) => cpuMs),
    isOver: memoryBytes > watched.record.memoryMb * megabyte,
  };
  watched.usage = {
    atMs: now.atMs,
    cpuPercent: before === undefined ? 0 : cpuPercent(before, now),
    memoryBytes,
    diskBytes: watched.usage?.diskBytes ?? 0,
  };
  if (now.isOver && before?.isOver === true) watched.exceeded('memory', memoryBytes);
  return now;
}

/** The processor time of processes that ended between two samples is lost: what is negative counts as nothing. */
function cpuPercent(before: Sample, now: Sample): number {
  const passedMs = now.atMs - before.atMs;
  return passedMs <= 0 ? 0 : Math.max(0, ((now.cpuMs - before.cpuMs) / passedMs) * 100);
}

async function watchDisk({ instances, diskEveryMs, signal }: WatchOptions): Promise<void> {
  let tookMs = 0;
  for (;;) {
    await sleep(Math.max(diskEveryMs, tookMs / diskShare), signal);
    const startedAt = performance.now();
    for (const watched of instances()) {
      const limitBytes = watched.record.diskMb * megabyte;
      const diskBytes = await measureDisk(watched.directory, limitBytes, signal);
      const before = watched.usage ?? { atMs: Date.now(), cpuPercent: 0, memoryBytes: 0, diskBytes: 0 };
      watched.usage = { ...before, diskBytes };
      if (diskBytes > limitBytes) watched.exceeded('disk', diskBytes);
    }
    tookMs = performance.now() - startedAt;
  }
}

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}
