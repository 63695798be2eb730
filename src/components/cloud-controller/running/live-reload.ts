import { appAnnotations } from '#contract/annotations.ts';
import type { AppState } from '#contract/apps.ts';
import type { AppRecord } from '../records.ts';
import { dropletOf } from '../revisions.ts';
import type { Store } from '../store.ts';
import type { ActualState, Instance } from './actual-state.ts';
import { type Desired, desiredOf, wantedIndices } from './desired.ts';
import type { Versions } from './versions.ts';

type LiveReloadState = Pick<AppState, 'live_reload' | 'version' | 'trouble'>;

export interface LiveReloadParts {
  readonly store: Store;
  readonly actual: ActualState;
  readonly versions: Versions;
  /** The newest version of an app, if it was given up for another one that serves on. */
  readonly troubleOf: (app: string) => AppState['trouble'];
}

/** What routers are to know of an app that somebody works on; nothing of others. */
export function liveReloadOf(parts: LiveReloadParts, app: AppRecord): LiveReloadState {
  const { actual, store, versions } = parts;
  if (app.annotations[appAnnotations.liveReload] !== 'true') return {};
  const desired = desiredOf(store, app.guid);
  const standingBy = versions.standingBy(app.guid);
  // One that is to take over gets no reader before it has.
  const mayServe = (version: string) =>
    version === desired?.version || !(standingBy.includes(version) || versions.isWished(app.guid, version));
  const serving = actual
    .instancesOf(app.guid)
    .filter(({ state, isStopping, version }) => state === 'RUNNING' && !isStopping && mayServe(version));
  const version = versionThatServes(serving, desired);
  const trouble = troubleOf(parts, app, desired);
  return {
    live_reload: true,
    ...(version === undefined ? {} : { version }),
    ...(trouble === undefined ? {} : { trouble }),
  };
}

/** As long as an instance of another version gets requests, a page that is loaded anew may come from that one. */
function versionThatServes(serving: readonly Instance[], desired: Desired | undefined): string | undefined {
  const older = serving.find(({ version }) => version !== desired?.version);
  return older?.version ?? serving[0]?.version;
}

/** Why what was pushed last does not serve: it could not be staged, or each of its instances failed. */
function troubleOf(
  { actual, store, troubleOf: givenUp }: LiveReloadParts,
  app: AppRecord,
  desired: Desired | undefined,
): AppState['trouble'] {
  const failed = failedBuild(store, app) ?? givenUp(app.guid);
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
