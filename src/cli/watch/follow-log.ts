import { sleep } from '#ground/wait.ts';
import { ApiClient } from '../api-client.ts';
import { type LogLine, LogReader } from '../log-reader.ts';
import type { WatchEvent } from './watch-event.ts';

type LogEvent = Extract<WatchEvent, { event: 'log' }>;

export interface FollowOptions {
  readonly home: string;
  readonly appGuid: string;
  /** As of `LogMark.settle`. */
  readonly from: bigint;
  /** Also what the platform says about the app, not only the app. */
  readonly isVerbose: boolean;
  readonly onLine: (line: LogEvent) => void;
  /** Told that the log cannot be read any more; reading goes on when it can. */
  readonly onFailure: (error: unknown) => void;
  readonly signal: AbortSignal;
}

const retryMs = 500;

/** Tells the lines of an app's log until the signal aborts. */
export async function followLog(options: FollowOptions): Promise<void> {
  const position = { from: options.from };
  while (!options.signal.aborted) {
    try {
      await followOnce(options, position);
    } catch (error) {
      if (options.signal.aborted) return;
      options.onFailure(error);
      await sleep(retryMs, options.signal).catch(() => {}); // the loop ends then
    }
  }
}

async function followOnce(options: FollowOptions, position: { from: bigint }): Promise<void> {
  const reader = new LogReader(await ApiClient.open(options), options.appGuid);
  for await (const lines of reader.follow(position.from, options.signal)) {
    for (const line of lines) {
      if (line.at >= position.from) position.from = line.at + 1n;
      if (options.isVerbose || line.source.startsWith('APP/')) options.onLine(eventOf(line));
    }
  }
}

function eventOf({ at, source, instance, stream, text }: LogLine): LogEvent {
  // To the hundredth of a second, in UTC.
  const time = new Date(Number(at / 1_000_000n)).toISOString().replace(/\dZ$/, 'Z');
  return { event: 'log', at: time, source, instance, stream, text };
}
