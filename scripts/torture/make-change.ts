import type { Answered } from './api.ts';
import type { Change } from './changes.ts';
import type { Reachable } from './reachable.ts';
import { writeWitness } from './witness-app.ts';

/** An app under torture. */
export interface Target {
  readonly name: string;
  /** Looked up each time when absent: the app comes and goes. */
  readonly guid?: string;
  /** Its files. */
  readonly directory: string;
}

/** Asks the platform for a change. It is acknowledged by exit code 0, or by a status 2xx. */
export async function makeChange(platform: Reachable, target: Target, change: Change): Promise<Answered> {
  if (change.kind === 'create') return await platform.api.createApp(target.name);
  if ('way' in change && change.way === 'api') return await askApi(platform, target, change);
  const { code, err } = await platform.run(await commandFor(target, change));
  return { isAcknowledged: code === 0, said: `exit code ${code}: ${err.trim()}` };
}

async function askApi(
  { api }: Reachable,
  target: Target,
  change: Extract<Change, { way: unknown }>,
): Promise<Answered> {
  const app = `/v3/apps/${target.guid ?? (await api.guidOf(target.name))}`;
  switch (change.kind) {
    case 'scale':
      return await api.change('POST', `${app}/processes/web/actions/scale`, { instances: change.instances });
    case 'set-env':
      return await api.change('PATCH', `${app}/environment_variables`, { var: { [change.key]: change.value } });
    case 'unset-env':
      return await api.change('PATCH', `${app}/environment_variables`, { var: { [change.key]: null } });
    case 'delete':
      return await api.change('DELETE', app);
    default:
      return await api.change('POST', `${app}/actions/${change.kind}`);
  }
}

async function commandFor({ name, directory }: Target, change: Exclude<Change, { kind: 'create' }>): Promise<string[]> {
  switch (change.kind) {
    case 'set-env':
      return ['set-env', name, change.key, '--', change.value];
    case 'unset-env':
      return ['unset-env', name, change.key];
    case 'scale':
      return ['scale', name, '--instances', String(change.instances)];
    case 'push':
      return ['push', await writeWitness(directory, change.version), '--name', name];
    case 'delete':
      return ['delete', name, '-f', '-r'];
    case 'map-route':
    case 'unmap-route':
      return [change.kind, name, change.host];
    default:
      return [change.kind, name];
  }
}
