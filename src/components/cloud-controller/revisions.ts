import { randomUUID } from 'node:crypto';
import { annotationNames } from '#workload/manifest/travellers.ts';
import type { AppRecord, DropletRecord, ProcessRecord, RevisionRecord } from './records.ts';
import type { Store } from './store.ts';

/** The annotations by which an app is started. */
const starting: readonly string[] = [
  annotationNames.cron,
  annotationNames.environmentScopes,
  annotationNames.framework,
];

/** What a revision holds of an app. */
type Settings = Omit<RevisionRecord, 'guid' | 'createdAt' | 'updatedAt' | 'app' | 'number' | 'description'>;

/** The app as it was started: what was set since counts from the next start on, only the number of instances at once. */
export function asDeployed(store: Store, app: AppRecord): AppRecord {
  const revision = app.revision === undefined ? undefined : store.get('revision', app.revision);
  // One of an earlier release has none, and one that was damaged is gone: then what is set is the best there is.
  return revision === undefined || store.get('droplet', revision.droplet) === undefined ? app : asOf(app, revision);
}

/** The app as a revision has it. */
export function asOf(app: AppRecord, revision: RevisionRecord): AppRecord {
  const { droplet, environment, processes, sidecars, annotations } = revision;
  const { sidecars: _, ...rest } = app;
  const kept = Object.entries(app.annotations).filter(([name]) => !starting.includes(name));
  return {
    ...rest,
    currentDroplet: droplet,
    environment,
    processes: processes.map((process) => ({ ...process, instances: instancesOf(app, process) })),
    ...(sidecars === undefined ? {} : { sidecars }),
    annotations: { ...Object.fromEntries(kept), ...annotations },
  };
}

/** The droplet of what runs, or of the next start where nothing does. */
export function dropletOf(store: Store, app: AppRecord): DropletRecord | undefined {
  const { currentDroplet } = asDeployed(store, app);
  return currentDroplet === null ? undefined : store.get('droplet', currentDroplet);
}

/** What tells the instances of one start from those of another; before the first start what they would carry. */
export function versionOf(app: AppRecord, droplet: DropletRecord | undefined): string {
  return app.version ?? versionNamed(droplet, app.runCount);
}

/** `<sha1 of the droplet>-<run count>`, as it was in 2012. */
export function versionNamed(droplet: Pick<DropletRecord, 'sha1'> | undefined, runCount: number): string {
  return `${droplet?.sha1 ?? ''}-${runCount}`;
}

/** Revisions of an app, oldest first. */
export function revisionsOf(store: Store, app: string): RevisionRecord[] {
  return store
    .all('revision')
    .filter((revision) => revision.app === app)
    .sort((one, other) => one.number - other.number);
}

/**
 * The revision of an app as it is set now: the one that runs if nothing else was set since, or a new one.
 * @param app has a droplet
 */
export function revisionFor(store: Store, app: AppRecord): { revision: RevisionRecord; isNew: boolean } {
  const settings = settingsOf(app);
  const running = app.revision === undefined ? undefined : store.get('revision', app.revision);
  if (running !== undefined && isSame(settings, running)) return { revision: running, isNew: false };
  const now = new Date().toISOString();
  const others = revisionsOf(store, app.guid);
  const revision = {
    guid: randomUUID(),
    createdAt: now,
    updatedAt: now,
    app: app.guid,
    number: (others.at(-1)?.number ?? 0) + 1,
    description: running === undefined ? 'Initial revision.' : differencesOf(running, settings).join(' '),
    ...settings,
  };
  return { revision, isNew: true };
}

function settingsOf(app: AppRecord): Settings {
  const { currentDroplet, environment, processes, sidecars, annotations } = app;
  return {
    droplet: currentDroplet ?? '',
    environment,
    processes,
    ...(sidecars === undefined ? {} : { sidecars }),
    annotations: Object.fromEntries(Object.entries(annotations).filter(([name]) => starting.includes(name))),
  };
}

function isSame(settings: Settings, revision: RevisionRecord): boolean {
  return differencesOf(revision, settings).length === 0;
}

/** In the words of the real cloud controller, where it has some. */
function differencesOf(before: Settings, now: Settings): string[] {
  const differs = (part: (settings: Settings) => unknown) => JSON.stringify(part(before)) !== JSON.stringify(part(now));
  const commands = ({ processes }: Settings) => processes.map(({ type, command }) => [type, command]);
  const sizes = ({ processes }: Settings) =>
    processes.map(({ type, memoryMb, diskMb, healthCheck }) => [type, memoryMb, diskMb, healthCheck]);
  return [
    differs(({ droplet }) => droplet) ? 'New droplet deployed.' : '',
    differs(({ environment, annotations }) => [sorted(environment), sorted(annotations)])
      ? 'New environment variables deployed.'
      : '',
    differs(commands) ? 'Custom start command changed.' : '',
    differs(sizes) ? 'New limits or health checks deployed.' : '',
    differs(({ sidecars = [] }) =>
      sidecars.map(({ name, command, processTypes, memoryMb }) => [name, command, processTypes, memoryMb]),
    )
      ? 'Sidecars updated.'
      : '',
  ].filter((each) => each !== '');
}

function sorted(texts: Readonly<Record<string, string>>): [string, string][] {
  return Object.entries(texts).sort(([one], [other]) => (one < other ? -1 : 1));
}

function instancesOf(app: AppRecord, { type, instances }: ProcessRecord): number {
  return app.processes.find((each) => each.type === type)?.instances ?? instances;
}
