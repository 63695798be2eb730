import { processGuidOf, processIn } from '../process-guid.ts';
import { canRun } from '../process-types.ts';
import type { AppRecord, DropletRecord, ProcessRecord, SidecarRecord } from '../records.ts';
import { asDeployed, versionOf } from '../revisions.ts';
import { sidecarsOf } from '../sidecars.ts';
import type { Store } from '../store.ts';
import { urisOf } from '../uris.ts';

/** What should run of a process. */
export interface Desired {
  /** Of the process: that of `web` is the app's own. */
  readonly guid: string;
  readonly app: AppRecord;
  readonly process: ProcessRecord;
  readonly droplet: DropletRecord;
  readonly version: string;
  readonly uris: readonly string[];
  /** Instead of what the droplet runs by itself. */
  readonly command: string | undefined;
  /** What runs beside it. */
  readonly sidecars: readonly SidecarRecord[];
}

/** @returns undefined when nothing should run: the app is stopped, idle, gone, has no droplet, or none that could run this */
export function desiredOf(store: Store, guid: string): Desired | undefined {
  const { app: appGuid, type } = processIn(guid);
  const app = store.get('app', appGuid);
  if (app?.state !== 'STARTED' || (type === 'web' && app.isIdle === true)) return undefined;
  return desiredAs(store, guid, asDeployed(store, app));
}

/**
 * What should run of a process if the app was this.
 * @param wished what its instances are to carry as version, and its droplet; the app's own when absent
 */
export function desiredAs(
  store: Store,
  guid: string,
  app: AppRecord,
  wished?: { readonly version: string; readonly droplet: DropletRecord },
): Desired | undefined {
  const { type } = processIn(guid);
  const process = app.processes.find((each) => each.type === type);
  const own = app.currentDroplet === null ? undefined : store.get('droplet', app.currentDroplet);
  const droplet = wished?.droplet ?? own;
  if (process === undefined || droplet === undefined) return undefined;
  if (!canRun(process, droplet)) return undefined;
  return {
    guid,
    app,
    process,
    droplet,
    version: wished?.version ?? versionOf(app, droplet),
    uris: type === 'web' ? urisOf(store, app.guid) : [],
    command: commandOf(process, droplet),
    sidecars: sidecarsOf(app, type),
  };
}

/** Guids of what should run of an app. */
export function processesOf({ guid, processes }: AppRecord): string[] {
  return processes.map((process) => processGuidOf({ guid }, process));
}

/** 0, 1, … of the instances an app should have. */
export function wantedIndices({ process }: Desired): number[] {
  return Array.from({ length: process.instances }, (_, index) => index);
}

/** A droplet of 2012 has one command inside, and can run no other. */
function commandOf({ type, command }: ProcessRecord, { processTypes }: DropletRecord): string | undefined {
  if (processTypes === undefined) return undefined;
  if (command !== null) return command;
  return type === 'web' ? undefined : processTypes[type];
}
