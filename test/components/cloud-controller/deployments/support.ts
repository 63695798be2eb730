import * as assert from 'uvu/assert';
import type { AppRecord, DeploymentRecord } from '#components/cloud-controller/records.ts';
import { waitFor } from '#ground/wait.ts';
import type { Scope } from '../../../support/spec.ts';
import { createDroplet, startTestOperations, type TestOperations } from '../operations.ts';
import { type PlayedDea, playDea, startedApp } from '../running/dea.ts';

type Options = NonNullable<Parameters<typeof startTestOperations>[1]>;

/** An app of which one instance runs, and another droplet of it. */
export async function running(scope: Scope, options: Options['options'] = {}, memoryMb = 4_096, given: Options = {}) {
  const cc = await startTestOperations(scope, { ...given, options: { proveSeconds: 0.05, ...options } });
  const dea = await playDea(scope, cc, { memoryMb });
  const { app } = await startedApp(cc);
  await cc.operations.start(app);
  await dea.started(1);
  dea.beats();
  await waitFor('it to run', () => cc.operations.instancesOf(app)[0]?.state === 'RUNNING' || undefined, {
    limitMs: 3_000,
  });
  const droplet = await createDroplet(cc.store, app, { runtime: 'ruby', sha1: 'b'.repeat(40) });
  return { cc, app, dea, droplet };
}

export function stored({ store }: TestOperations, { guid }: AppRecord): AppRecord {
  const app = store.get('app', guid);
  assert.ok(app);
  return app;
}

export function over({ store }: TestOperations, { guid }: DeploymentRecord, state: DeploymentRecord['state']) {
  const look = () => {
    const now = store.get('deployment', guid);
    return now?.state === state ? now : undefined;
  };
  return waitFor(`the deployment to be ${state}`, look, { limitMs: 15_000 });
}

/** What it was told, but for who runs what is due by the clock. */
export function routes({ updates }: PlayedDea) {
  return updates.map(({ cron: _, ...rest }) => rest);
}

export function versionsOf(dea: PlayedDea): string[] {
  return [...dea.live].map(({ version }) => version);
}

export function oldSha1(dea: PlayedDea): string {
  return dea.starts[0]?.sha1 ?? '';
}
