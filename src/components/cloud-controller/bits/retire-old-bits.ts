import { isBaseOf } from '../layers/retire-layers.ts';
import type { DropletRecord, Kind, Records, RevisionRecord } from '../records.ts';
import { asDeployed, revisionsOf } from '../revisions.ts';
import type { Store } from '../store.ts';

const revisionsPerDroplet = 4;

/**
 * Deletes an app's older droplets, packages and builds beyond the newest `kept` of each, but never a droplet it runs, is
 * to run, nor what a build under way needs. With them their blobs go, and the revisions that nothing could run any more.
 */
export async function retireOldBits(store: Store, app: string, kept: number): Promise<void> {
  const builds = store.all('build').filter((build) => build.app === app);
  const staging = builds.filter(({ state }) => state === 'STAGING');
  const record = store.get('app', app);
  const running = record === undefined ? null : asDeployed(store, record).currentDroplet;
  const deploying = store.all('deployment').filter((each) => each.app === app && each.state === 'ACTIVE');
  const inUse = new Set<string | null>([
    record?.currentDroplet ?? null,
    running,
    ...deploying.map(({ droplet }) => droplet),
    ...staging.flatMap((build) => [build.guid, build.package]),
  ]);
  await retireDroplets(store, app, { kept, isInUse: ({ guid }) => inUse.has(guid) });
  await retire(store, 'build', app, { kept, isInUse: ({ guid }) => inUse.has(guid) });
  await retire(store, 'package', app, {
    kept,
    isInUse: ({ guid, state }) => inUse.has(guid) || state === 'AWAITING_UPLOAD' || state === 'PROCESSING_UPLOAD',
  });
  await forgetRevisions(store, app, kept);
}

/** Layered ones are seen to where they are made. */
async function retireDroplets(
  store: Store,
  app: string,
  { kept, isInUse }: { kept: number; isInUse: (droplet: DropletRecord) => boolean },
): Promise<void> {
  const own = store.all('droplet').filter((droplet) => droplet.app === app);
  const staged = own.filter(({ layer }) => layer === undefined);
  // One that took the place of a layered one is only the newest state of what somebody works on: it shall not take the
  // places of those to which one might want to go back.
  const pushed = staged.filter(({ base }) => base === undefined);
  const settled = staged.filter(({ base }) => base !== undefined);
  const old = [...pushed.slice(0, Math.max(0, pushed.length - kept)), ...settled.slice(0, -1)];
  for (const each of old) if (!isInUse(each) && !isBaseOf(each, own)) await store.delete('droplet', each.guid);
}

/** Those without a droplet cannot be gone back to; of one droplet there may be many. */
async function forgetRevisions(store: Store, app: string, kept: number): Promise<void> {
  const runs = store.get('app', app)?.revision;
  const all = revisionsOf(store, app).filter(({ guid }) => guid !== runs);
  const isGone = ({ droplet }: RevisionRecord) => store.get('droplet', droplet) === undefined;
  const old = all.slice(0, Math.max(0, all.length - kept * revisionsPerDroplet));
  for (const { guid } of all.filter((each) => isGone(each) || old.includes(each))) await store.delete('revision', guid);
}

async function retire<K extends 'build' | 'package'>(
  store: Store,
  kind: K & Kind,
  app: string,
  { kept, isInUse }: { kept: number; isInUse: (record: Records[K]) => boolean },
): Promise<void> {
  const own = store.all(kind).filter((record) => record.app === app);
  for (const record of own.slice(0, Math.max(0, own.length - kept))) {
    if (!isInUse(record)) await store.delete(kind, record.guid);
  }
}
