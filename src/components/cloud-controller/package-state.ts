import type { AppRecord, PackageRecord } from './records.ts';
import type { Store } from './store.ts';

/** The bits that were brought last. */
export function newestPackageOf(store: Store, app: AppRecord): PackageRecord | undefined {
  return store.all('package').findLast((each) => each.app === app.guid && each.state === 'READY');
}

/** Origin: `package_state` of the 2012 cloud controller. PENDING: there are newer bits than those that run. */
export function packageStateOf(store: Store, app: AppRecord): 'PENDING' | 'STAGED' | 'FAILED' {
  const droplet = app.currentDroplet === null ? undefined : store.get('droplet', app.currentDroplet);
  const bits = newestPackageOf(store, app);
  if (droplet !== undefined && (bits === undefined || isOf(droplet.package, bits))) return 'STAGED';
  const build = store.all('build').findLast((each) => each.package === bits?.guid);
  return build?.state === 'FAILED' ? 'FAILED' : 'PENDING';

  function isOf(from: string | null, newest: PackageRecord): boolean {
    return from === newest.guid || (droplet?.createdAt ?? '') > newest.createdAt;
  }
}
