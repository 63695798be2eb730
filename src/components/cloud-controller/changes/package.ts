import { randomUUID } from 'node:crypto';
import type { PackageRecord } from '../records.ts';
import type { Store } from '../store.ts';

/** A package that waits for its bits. */
export function createPackage(store: Store, app: string): Promise<PackageRecord> {
  const now = new Date().toISOString();
  return store.create('package', {
    guid: randomUUID(),
    createdAt: now,
    updatedAt: now,
    app,
    state: 'AWAITING_UPLOAD',
    error: null,
    sha256: null,
    sizeBytes: 0,
  });
}
