import { ApiError } from '#contract/api/errors.ts';
import type { Api } from '../api.ts';
import { awake } from '../idle-stop.ts';
import type { Operations } from '../operations.ts';
import type { AppRecord, RevisionRecord } from '../records.ts';
import { revisionFor, versionNamed } from '../revisions.ts';
import type { Store } from '../store.ts';

/** Starts, stops and restarts: first what is wanted is stored, then it is set in motion. */

/** An app that is started already stays as it is, but for one that is idle. @throws ApiError 422 without a droplet */
export async function startApp(api: Api, guid: string): Promise<AppRecord> {
  const isDue = (app: AppRecord) => app.state === 'STOPPED' || app.runCount === 0; // that of 2012 makes apps without bits
  const { app: stored, before } = await startAnew(api.store, guid, isDue);
  if (before === undefined && stored.isIdle !== true) return stored;
  const app = before === undefined ? await api.store.update('app', guid, awake) : stored;
  api.events.record('audit.app.start', { app });
  await api.operations.start(app);
  return app;
}

/** What it takes to stop an app. */
type Stopping = Pick<Api, 'store' | 'events'> & { readonly operations: Pick<Operations, 'stop'> };

export async function stopApp(api: Stopping, guid: string): Promise<AppRecord> {
  let isNew = false;
  const app = await api.store.update('app', guid, (app) => {
    isNew = app.state === 'STARTED';
    return isNew ? { ...awake(app), state: 'STOPPED' } : app;
  });
  if (!isNew) return app;
  api.events.record('audit.app.stop', { app });
  await api.operations.stop(app);
  return app;
}

/** A stopped app is started. @throws ApiError 422 without a droplet */
export async function restartApp(api: Api, guid: string): Promise<AppRecord> {
  const { app, before } = await startAnew(api.store, guid, () => true);
  api.events.record('audit.app.restart', { app });
  await (before?.state === 'STOPPED' ? api.operations.start(app) : api.operations.restart(app));
  return app;
}

/**
 * Stores that an app is to run as it is set now, under a new version.
 * @param isDue whether it is to be started at all
 * @returns what was stored before; undefined when it was not due
 * @throws ApiError 422 without a droplet
 */
async function startAnew(store: Store, guid: string, isDue: (app: AppRecord) => boolean) {
  let before: AppRecord | undefined;
  let made: RevisionRecord | undefined;
  const app = await store.update('app', guid, (app) => {
    before = isDue(app) ? app : undefined;
    if (before === undefined) return app;
    const { revision, isNew } = newest(store, app);
    made = isNew ? revision : undefined;
    return { ...started(store, app), revision: revision.guid };
  });
  // An app without its revision runs as it is set, so nothing is lost when only one of the two is stored.
  if (before !== undefined && made !== undefined) await store.create('revision', made);
  return { app, before };
}

function newest(store: Store, app: AppRecord) {
  if (app.currentDroplet === null) {
    throw new ApiError('CF-UnprocessableEntity', 'Assign a droplet before starting this app.');
  }
  return revisionFor(store, app);
}

/** The app with a version of its own from here on. */
function started(store: Store, app: AppRecord): AppRecord {
  const droplet = app.currentDroplet === null ? undefined : store.get('droplet', app.currentDroplet);
  const runCount = app.runCount + 1;
  return { ...awake(app), state: 'STARTED', runCount, version: versionNamed(droplet, runCount) };
}
