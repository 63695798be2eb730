import type { Kind, Records } from '../records.ts';
import type { Store } from '../store.ts';

/**
 * Deletes an app's older droplets, packages and builds beyond the newest `kept` of each, but never the droplet it runs
 * nor what a build under way needs. With them their blobs go.
 */
export async function retireOldBits(store: Store, app: string, kept: number): Promise<void> {
  const builds = store.all('build').filter((build) => build.app === app);
  const staging = builds.filter(({ state }) => state === 'STAGING');
  const inUse = new Set<string | null>([
    store.get('app', app)?.currentDroplet ?? null,
    ...staging.flatMap((build) => [build.guid, build.package]),
  ]);
  await retire(store, 'droplet', app, { kept, isInUse: ({ guid }) => inUse.has(guid) });
  await retire(store, 'build', app, { kept, isInUse: ({ guid }) => inUse.has(guid) });
  await retire(store, 'package', app, {
    kept,
    isInUse: ({ guid, state }) => inUse.has(guid) || state === 'AWAITING_UPLOAD' || state === 'PROCESSING_UPLOAD',
  });
}

async function retire<K extends 'droplet' | 'build' | 'package'>(
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
