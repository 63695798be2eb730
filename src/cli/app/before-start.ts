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

const logLimitMs = 50;
const mostCrashes = 20;

export async function beforeStart(api: ApiClient, appGuid: string): Promise<BeforeStart> {
  const log = new LogReader(api, appGuid).mark();
  const [logFrom, [newest]] = await Promise.all([
    log.settle(logLimitMs),
    newestEvents(api, appGuid, { most: 1, type: 'app.crash' }),
  ]);
  return { logFrom, lastCrash: newest?.guid };
}

/**
 * The instances that crashed since, by index, with the reason. A crashed instance is started again at once, so its
 * state alone would often not tell.
 */
export async function crashesSince(
  api: ApiClient,
  appGuid: string,
  { lastCrash }: BeforeStart,
): Promise<ReadonlyMap<number, string>> {
  const events = await newestEvents(api, appGuid, { most: mostCrashes, type: 'app.crash' });
  const known = events.findIndex(({ guid }) => guid === lastCrash);
  const fresh = known < 0 ? events : events.slice(0, known);
  return new Map(
    fresh.flatMap(({ data: { index, exit_description: reason } }) =>
      typeof index === 'number' ? [[index, typeof reason === 'string' ? reason : ''] as const] : [],
    ),
  );
}
