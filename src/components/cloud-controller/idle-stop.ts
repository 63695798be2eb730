import { appAnnotations } from '#contract/annotations.ts';
import { cronOf, idleStopOf } from './app-annotations.ts';
import type { AppRecord } from './records.ts';
import type { Store } from './store.ts';
import { urisOf } from './uris.ts';

/**
 * After how many seconds without a request an app may be stopped; null is never, undefined is for health managers to know.
 * @param usual of apps that do not say it themselves
 */
export function idleStopSecondsOf(store: Store, app: AppRecord, usual: number | undefined): number | null | undefined {
  const own = idleStopOf(app);
  if (own === 'never' || whyNeverIdle(store, app) !== undefined) return null;
  return own ?? usual;
}

/** Why an app may not be stopped even when nobody asks for it. */
export function whyNeverIdle(store: Store, app: AppRecord): string | undefined {
  if (idleStopOf(app) === 'never') return `its annotation ${appAnnotations.idleStop} says never`;
  if (cronOf(app).length > 0) return 'it has cron lines';
  return urisOf(store, app.guid).length === 0 ? 'it has no routes by which anybody could ask for it' : undefined;
}

/** An app whose web process runs again, or may. */
export function awake({ isIdle: _, ...app }: AppRecord): AppRecord {
  return app;
}
