import type { ActualState, Instance } from '../running/actual-state.ts';
import { type Desired, wantedIndices } from '../running/desired.ts';

/** How far a version is that takes over. */
export type Progress =
  | { readonly is: 'ready' }
  | { readonly is: 'under way'; readonly running: number; readonly wanted: number }
  | { readonly is: 'failed'; readonly reason: string };

type Seen = Pick<ActualState, 'instancesOf' | 'troubleAt'>;

/**
 * What has become of the instances of a version.
 * @param wished one per process that should run
 */
export function progressOf(wished: readonly Desired[], actual: Seen): Progress {
  const places = wished.flatMap((desired) => wantedIndices(desired).map((index) => ({ desired, index })));
  for (const { desired, index } of places) {
    const trouble = actual.troubleAt(desired.guid, index);
    if (trouble?.version !== desired.version) continue;
    const verb = trouble.kind === 'crashed' ? '' : 'cannot be started: ';
    return { is: 'failed', reason: `${whoIs(wished, desired, index)} ${verb}${trouble.reason}` };
  }
  const isRunning = ({ desired, index }: (typeof places)[number]) =>
    liveAt(actual, desired, index).some(({ state }) => state === 'RUNNING');
  const running = places.filter(isRunning).length;
  return running === places.length ? { is: 'ready' } : { is: 'under way', running, wanted: places.length };
}

/** Whether some instance was not even asked for: there are to be more of them since. */
export function isIncomplete(desired: Desired, actual: Seen): boolean {
  return wantedIndices(desired).some((index) => liveAt(actual, desired, index).length === 0);
}

/** Versions of a process that run beside this one. */
export function otherVersions(actual: Seen, process: string, version: string): string[] {
  const others = actual.instancesOf(process).filter((each) => each.version !== version && !each.isStopping);
  return [...new Set(others.map((each) => each.version))];
}

function liveAt(actual: Seen, { guid, version }: Desired, index: number): Instance[] {
  return actual
    .instancesOf(guid)
    .filter((each) => each.index === index && each.version === version && !each.isStopping);
}

function whoIs(wished: readonly Desired[], { process }: Desired, index: number): string {
  const isOnly = wished.length === 1 && process.instances === 1;
  if (isOnly) return 'it';
  return `instance ${index}${process.type === 'web' ? '' : ` of ${process.type}`}`;
}
