import { appAnnotations } from '#contract/annotations.ts';
import type { AppState } from '#contract/apps.ts';
import type { AppRecord } from '../records.ts';
import type { Store } from '../store.ts';
import type { ActualState, Instance } from './actual-state.ts';
import { type Desired, desiredOf, dropletOf, wantedIndices } from './desired.ts';

type LiveReloadState = Pick<AppState, 'live_reload' | 'version' | 'trouble'>;

/** What routers are to know of an app that somebody works on; nothing of others. */
export function liveReloadOf(store: Store, actual: ActualState, app: AppRecord): LiveReloadState {
  if (app.annotations[appAnnotations.liveReload] !== 'true') return {};
  const running = actual.instancesOf(app.guid).filter(({ state, isStopping }) => state === 'RUNNING' && !isStopping);
  const desired = desiredOf(store, app.guid);
  const version = versionThatServes(running, desired);
  const trouble = troubleOf(store, actual, app, desired);
  return {
    live_reload: true,
    ...(version === undefined ? {} : { version }),
    ...(trouble === undefined ? {} : { trouble }),
  };
}

/** As long as an instance of another version gets requests, a page that is loaded anew may come from that one. */
function versionThatServes(running: readonly Instance[], desired: Desired | undefined): string | undefined {
  const older = running.find(({ version }) => version !== desired?.version);
  return older?.version ?? running[0]?.version;
}

/** Why what was pushed last does not serve: it could not be staged, or each of its instances failed. */
function troubleOf(
  store: Store,
  actual: ActualState,
  app: AppRecord,
  desired: Desired | undefined,
): AppState['trouble'] {
  const failed = failedBuild(store, app);
  if (failed !== undefined) return failed;
  if (desired === undefined) return undefined;
  const troubles = wantedIndices(desired).map((index) => actual.troubleAt(app.guid, index));
  const [first] = troubles;
  const haveAllFailed = troubles.every((trouble) => trouble?.version === desired.version);
  const isThere = actual
    .instancesOf(app.guid)
    .some(({ version, isStopping }) => version === desired.version && !isStopping);
  return first !== undefined && haveAllFailed && !isThere
    ? { version: desired.version, reason: first.reason }
    : undefined;
}

/** The newest build, if it failed and nothing newer was made the app's version. */
function failedBuild(store: Store, app: AppRecord): AppState['trouble'] {
  const newest = store.all('build').findLast((build) => build.app === app.guid);
  if (newest?.state !== 'FAILED') return undefined;
  const droplet = dropletOf(store, app);
  if (droplet !== undefined && droplet.createdAt > newest.createdAt) return undefined;
  return { version: newest.guid, reason: newest.error ?? 'its staging failed' };
}
