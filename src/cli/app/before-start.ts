import type { ApiClient } from '../api-client.ts';
import { LogReader } from '../log-reader.ts';
import { newestEvents } from './app-events.ts';

/** What was the case before a start, so that what comes of it can be told from what was. */
export interface BeforeStart {
  /** Log lines from here on are of this start. */
  readonly logFrom: bigint;
  /** The crash that was the newest one, by its event. */
  readonly lastCrash: string | undefined;
}

/** How long the log is given to bring what was said before. */
export const logLimitMs = 50;
const mostCrashes = 20;

export async function beforeStart(api: ApiClient, appGuid: string): Promise<BeforeStart> {
  const log = new LogReader(api, appGuid).mark();
  const [logFrom, [newest]] = await Promise.all([
    log.settle(logLimitMs),
    newestEvents(api, appGuid, { most: 1, type: 'app.crash' }),
  ]);
  return { logFrom, lastCrash: newest?.guid };
}

/** Tells an instance from those of other processes. */
export function keyOf({ type, index }: { readonly type: string; readonly index: number }): string {
  return `${type}/${index}`;
}

/**
 * The instances that crashed since, by `keyOf`, with the reason. A crashed instance is started again at once, so its
 * state alone would often not tell.
 */
export async function crashesSince(
  api: ApiClient,
  appGuid: string,
  { lastCrash }: BeforeStart,
): Promise<ReadonlyMap<string, string>> {
  const events = await newestEvents(api, appGuid, { most: mostCrashes, type: 'app.crash' });
  const known = events.findIndex(({ guid }) => guid === lastCrash);
  const fresh = known < 0 ? events : events.slice(0, known);
  return new Map(
    fresh.flatMap(({ data: { index, process_type: type, exit_description: reason } }) => {
      if (typeof index !== 'number') return [];
      const key = keyOf({ type: typeof type === 'string' ? type : 'web', index });
      return [[key, typeof reason === 'string' ? reason : ''] as const];
    }),
  );
}
