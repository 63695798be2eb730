import type { Kind, Records } from '../records.ts';
import { type AnyRecord, keyOf, partsOf } from '../stored-record.ts';

/** What is said to be lost when nobody can know whether there was anything. */
export const whateverFollowed = 'changes after the snapshot, if there were any';

/** The same where there is not even a snapshot. */
export const whateverThereWas = 'all apps and routes, if there were any';

/** What a user calls the records under these keys: `app one`, `route one.localhost`. What only tells what happened has no name. */
export function namesOf(keys: readonly string[], records: ReadonlyMap<string, AnyRecord>): string[] {
  return keys
    .map((key) => nameOf(key, records))
    .filter((name) => name !== undefined)
    .sort();
}

const nameless: readonly Kind[] = ['build', 'task', 'revision', 'deployment'];

function nameOf(key: string, records: ReadonlyMap<string, AnyRecord>): string | undefined {
  const parts = partsOf(key);
  if (parts === undefined || nameless.includes(parts.kind)) return undefined;
  const record = records.get(key);
  if (record === undefined) return `${parts.kind} ${parts.guid}`;
  if (parts.kind === 'app') return `app ${(record as Records['app']).name}`;
  if (parts.kind === 'route') {
    const { host, domain, path } = record as Records['route'];
    return `route ${host === '' ? domain : `${host}.${domain}`}${path}`;
  }
  if (parts.kind === 'buildpack') return `buildpack ${(record as Records['buildpack']).name}`;
  const { app, guid } = record as Records['package' | 'droplet'];
  const owner = records.get(keyOf('app', app)) as Records['app'] | undefined;
  return `${parts.kind} ${guid.slice(0, 8)} of ${owner?.name ?? app}`;
}
