import { factsOf } from './instance-news.ts';
import type { InstanceRecord } from './instance-record.ts';
import { LogPositions } from './log-positions.ts';
import { instanceVariable } from './process-census.ts';
import { stopInstance } from './stop-instance.ts';
import type { LogTail } from './tail-logs.ts';
import { directoryOf, type Tools } from './tools.ts';

/** Longer than a bus takes to come back: without it the end of the instance is no news to anybody either. */
const lastWordsLimitMs = 5_000;

/** Ends all processes of an instance, and resolves when its last lines were read. A crash gets no grace. */
export async function endInstance(record: InstanceRecord, tail: LogTail | undefined, tools: Tools): Promise<void> {
  const { census, log, options, places } = tools;
  const { id, life, process: leader } = record;
  const directory = directoryOf(record, places);
  const isCrash = 'ending' in life && life.ending.reason === 'CRASHED';
  const left = await stopInstance({
    directory,
    members: () => census.membersOf(id),
    leaderPid: leader?.pid,
    graceMs: isCrash ? 0 : options.stopGraceMs,
    killLimitMs: options.killLimitMs,
    env: { PATH: options.path, HOME: directory, [instanceVariable]: id },
  });
  if (left.length > 0) log.error('processes cannot be ended', { ...factsOf(record), pids: left.map(({ pid }) => pid) });
  await tail?.finish(lastWordsLimitMs);
  new LogPositions(places.logPositions, id).remove();
}
