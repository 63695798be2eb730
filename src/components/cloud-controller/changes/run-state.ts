import { ApiError } from '#contract/api/errors.ts';
import type { Api } from '../api.ts';
import { awake } from '../idle-stop.ts';
import type { Operations } from '../operations.ts';
import type { AppRecord } from '../records.ts';

/** Starts, stops and restarts: first what is wanted is stored, then it is set in motion. */

/** An app that is started already stays as it is, but for one that is idle. @throws ApiError 422 without a droplet */
export async function startApp(api: Api, guid: string): Promise<AppRecord> {
  let isNew = false;
  const app = await api.store.update('app', guid, (app) => {
    const isToStart = app.state === 'STOPPED' || app.runCount === 0; // the API of 2012 makes apps that wait for their bits
    isNew = isToStart || app.isIdle === true;
    if (isToStart) return started(app);
    return isNew ? awake(app) : app;
  });
  if (!isNew) return app;
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
  let wasStopped = false;
  const app = await api.store.update('app', guid, (app) => {
    wasStopped = app.state === 'STOPPED';
    return started(app);
  });
  api.events.record('audit.app.restart', { app });
  await (wasStopped ? api.operations.start(app) : api.operations.restart(app));
  return app;
}

function started(app: AppRecord): AppRecord {
  if (app.currentDroplet === null) {
    throw new ApiError('CF-UnprocessableEntity', 'Assign a droplet before starting this app.');
  }
  return { ...awake(app), state: 'STARTED', runCount: app.runCount + 1 };
}
