import type { Bus } from '#ground/bus.ts';
import type { Log } from '#ground/log.ts';
import { FoundState, problemsOf } from '../snapshots/found-state.ts';
import { newestSnapshot } from '../snapshots/snapshot-files.ts';
import { Store } from '../store.ts';
import type { DesiredState } from './desired-state.ts';

/**
 * What a message bus holds of the platform of this directory, which does not run; `undefined` when it holds nothing,
 * and never did. @throws Error when it is not all that was there
 */
export async function storedState(bus: Bus, dataDir: string, log: Log): Promise<DesiredState | undefined> {
  const found = new FoundState();
  await using store = await Store.open(bus, log, found);
  if (store.isNew) return undefined;
  const { newest } = await newestSnapshot(dataDir);
  const problems = problemsOf(
    { id: store.id, lastRevision: store.lastRevision, missing: store.missing, found },
    newest?.snapshot,
  );
  if (problems.length > 0) throw new Error(problems.join(', '));
  return stateIn(store);
}

export function stateIn(store: Store): DesiredState {
  return {
    app: store.all('app'),
    route: store.all('route'),
    package: store.all('package'),
    droplet: store.all('droplet'),
    revision: store.all('revision'),
    buildpack: store.all('buildpack'),
  };
}
