import { webOf } from '../changes/app.ts';
import type { AppRecord, DropletRecord, ProcessRecord } from '../records.ts';
import type { Store } from '../store.ts';
import { urisOf } from '../uris.ts';

/** What should run of an app. Only the web process runs: a droplet of v1 has one `startup`. */
export interface Desired {
  readonly app: AppRecord;
  readonly process: ProcessRecord;
  readonly droplet: DropletRecord;
  readonly version: string;
  readonly uris: readonly string[];
}

/** @returns undefined when nothing should run: the app is stopped, gone, or has no droplet */
export function desiredOf(store: Store, appGuid: string): Desired | undefined {
  const app = store.get('app', appGuid);
  if (app?.state !== 'STARTED') return undefined;
  const droplet = dropletOf(store, app);
  if (droplet === undefined) return undefined;
  return { app, process: webOf(app), droplet, version: versionOf(app, droplet), uris: urisOf(store, appGuid) };
}

export function dropletOf(store: Store, app: AppRecord): DropletRecord | undefined {
  return app.currentDroplet === null ? undefined : store.get('droplet', app.currentDroplet);
}

/** What tells the instances of one start from those of another. */
export function versionOf(app: AppRecord, droplet: DropletRecord): string {
  return `${droplet.sha1}-${app.runCount}`;
}

/** 0, 1, … of the instances an app should have. */
export function wantedIndices({ process }: Desired): number[] {
  return Array.from({ length: process.instances }, (_, index) => index);
}
