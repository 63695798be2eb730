import type { Change } from './plan.ts';
import type { Platform } from './platform.ts';
import { writeWitness } from './witness-app.ts';

/** An app under torture. */
export interface Target {
  readonly name: string;
  readonly guid: string;
  /** Its files. */
  readonly directory: string;
}

/** Asks the platform for a change. @returns whether it was acknowledged: by exit code 0, or by a status 2xx */
export async function makeChange(platform: Platform, target: Target, change: Change): Promise<boolean> {
  if (change.kind !== 'push' && change.way === 'api') return await askApi(platform, target, change);
  const { code } = await platform.run(await commandFor(target, change));
  return code === 0;
}

async function askApi(
  { api }: Platform,
  { guid }: Target,
  change: Exclude<Change, { kind: 'push' }>,
): Promise<boolean> {
  if (change.kind === 'scale') {
    return await api.change('POST', `/v3/apps/${guid}/processes/web/actions/scale`, { instances: change.instances });
  }
  const value = change.kind === 'set-env' ? change.value : null;
  return await api.change('PATCH', `/v3/apps/${guid}/environment_variables`, { var: { [change.key]: value } });
}

async function commandFor({ name, directory }: Target, change: Change): Promise<string[]> {
  if (change.kind === 'set-env') return ['set-env', name, change.key, '--', change.value];
  if (change.kind === 'unset-env') return ['unset-env', name, change.key];
  if (change.kind === 'scale') return ['scale', name, '--instances', String(change.instances)];
  return ['push', await writeWitness(directory, change.version), '--name', name];
}
