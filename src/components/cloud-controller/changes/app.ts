import { randomUUID } from 'node:crypto';
import { ApiError } from '#contract/api/errors.ts';
import { checkAppName } from '../names.ts';
import type { CloudControllerOptions } from '../options.ts';
import type { AppRecord, ProcessRecord } from '../records.ts';
import type { Store } from '../store.ts';

/** A process before anybody said how it should be. `web`, which every app has, runs once and listens. */
export function newProcess(
  type: string,
  { defaultMemoryMb, defaultDiskMb }: Pick<CloudControllerOptions, 'defaultMemoryMb' | 'defaultDiskMb'>,
): ProcessRecord {
  return {
    type,
    command: null,
    instances: type === 'web' ? 1 : 0,
    memoryMb: defaultMemoryMb,
    diskMb: defaultDiskMb,
    healthCheck: { type: type === 'web' ? 'port' : 'process', timeoutSeconds: null, endpoint: null },
  };
}

/** An app that is not stored yet. @throws ApiError 422 when it cannot be called so */
export function newApp(name: string, options: CloudControllerOptions, now: Date): AppRecord {
  checkAppName(name);
  return {
    guid: randomUUID(),
    createdAt: now.toISOString(),
    updatedAt: now.toISOString(),
    name,
    state: 'STOPPED',
    environment: {},
    processes: [newProcess('web', options)],
    currentDroplet: null,
    runCount: 0,
    lifecycle: { type: 'buildpack', buildpacks: [], stack: null },
    labels: {},
    annotations: {},
  };
}

export function webOf(app: AppRecord): ProcessRecord {
  const web = app.processes.find(({ type }) => type === 'web');
  if (web === undefined) throw new TypeError(`App ${app.guid} has no web process.`);
  return web;
}

/** The app with one process, if it has it, replaced by what `change` makes of it. */
export function withProcess(
  app: AppRecord,
  type: string,
  change: (process: ProcessRecord) => ProcessRecord,
): AppRecord {
  return { ...app, processes: app.processes.map((process) => (process.type === type ? change(process) : process)) };
}

/** Runs `work` while nobody else here takes an app's name. */
export function whileNamesHold<T>(store: Store, work: () => Promise<T>): Promise<T> {
  return store.exclusively('app names', work);
}

/** @throws ApiError 422 when another app has the name */
export function checkNameIsFree(store: Store, name: string, except?: string): void {
  const holder = store.all('app').find((app) => app.name === name);
  if (holder === undefined || holder.guid === except) return;
  throw new ApiError('CF-UniquenessError', `App with the name '${name}' already exists.`);
}

/** Labels or annotations after a change; `null` takes one away. */
export function merged(
  before: Readonly<Record<string, string>>,
  changes: Readonly<Record<string, string | null>> = {},
): Record<string, string> {
  const all = { ...before, ...changes };
  return Object.fromEntries(
    Object.entries(all).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}
