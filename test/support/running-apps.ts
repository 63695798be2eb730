import { waitFor } from '#ground/wait.ts';
import type { Localpaas } from './localpaas.ts';

/** An app as `localpaas apps` lists it. */
interface Listed {
  readonly name: string;
  readonly health: string;
  readonly instances: { readonly running: number; readonly wanted: number };
}

async function appsOf(paas: Localpaas): Promise<readonly Listed[]> {
  return JSON.parse(await paas.ok(['apps', '--json'])) as Listed[];
}

/** All apps, when each of them that is not stopped runs as often as it should. */
export async function awaitAllRunning(paas: Localpaas): Promise<readonly Listed[]> {
  const all = async () => {
    const apps = await appsOf(paas);
    const wait = apps.filter(({ health, instances }) => health !== 'stopped' && instances.running < instances.wanted);
    return wait.length === 0 ? apps : undefined;
  };
  return waitFor('all instances to run', all, { limitMs: 60_000, everyMs: 100 });
}
