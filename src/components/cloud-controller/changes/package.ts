import { randomUUID } from 'node:crypto';
import type { PackageRecord } from '../records.ts';
import type { Store } from '../store.ts';

/** A package that waits for its bits. */
export function createPackage(store: Store, app: string): Promise<PackageRecord> {
  return store.create('package', { ...newPackage(app), state: 'AWAITING_UPLOAD', sha256: null, sizeBytes: 0 });
}

/**
 * A package of an app with the bits of another package, which is READY.
 * @returns undefined when the other one was deleted meanwhile
 */
export async function copyPackage(
  store: Store,
  app: string,
  { guid, sha256, sizeBytes }: PackageRecord,
): Promise<PackageRecord | undefined> {
  const copy = await store.create('package', { ...newPackage(app), state: 'READY', sha256, sizeBytes });
  if (store.get('package', guid) !== undefined) return copy;
  await store.delete('package', copy.guid); // the bits may be gone, too
  return undefined;
}

function newPackage(app: string) {
  const now = new Date().toISOString();
  return { guid: randomUUID(), createdAt: now, updatedAt: now, app, error: null };
}
