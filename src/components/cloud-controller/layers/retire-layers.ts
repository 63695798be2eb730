import type { DropletRecord } from '../records.ts';
import type { Store } from '../store.ts';

/** Those that stand by may have to serve again. */
const kept = 3;

/**
 * Deletes an app's layered droplets but the newest and those in use, with the revisions that were of them: who saves all day
 * makes thousands, and goes back by other means. Their layers go with them.
 */
export async function retireLayers(store: Store, app: string): Promise<void> {
  const record = store.get('app', app);
  const running = record?.revision === undefined ? undefined : store.get('revision', record.revision);
  const active = store.all('deployment').filter((each) => each.app === app && each.state === 'ACTIVE');
  const inUse = new Set([record?.currentDroplet, running?.droplet, ...active.map(({ droplet }) => droplet)]);
  const layered = store.all('droplet').filter((each) => each.app === app && each.layer !== undefined);
  const old = layered.slice(0, Math.max(0, layered.length - kept)).filter(({ guid }) => !inUse.has(guid));
  const isOld = (droplet: string) => old.some(({ guid }) => guid === droplet);
  for (const { guid, droplet } of store.all('revision').filter((each) => each.app === app)) {
    if (isOld(droplet) && guid !== record?.revision) await store.delete('revision', guid);
  }
  for (const { guid } of old) await store.delete('droplet', guid);
}

/** Whether a droplet is needed for others: they are it with something over it. */
export function isBaseOf(droplet: DropletRecord, others: readonly DropletRecord[]): boolean {
  return others.some(({ guid, base }) => base === droplet.guid && guid !== droplet.guid);
}
