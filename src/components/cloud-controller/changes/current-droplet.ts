import type { CloudControllerOptions } from '../options.ts';
import { canRun, releaseType } from '../process-types.ts';
import type { AppRecord, DropletRecord } from '../records.ts';
import { newProcess } from './app.ts';
import { withSidecarsOf } from './sidecars.ts';

type Defaults = Pick<CloudControllerOptions, 'defaultMemoryMb' | 'defaultDiskMb'>;

/**
 * The app with another droplet to run. It has the processes of which the droplet knows how to start them, besides `web`
 * and those to which the user gave a command. Of new ones nothing runs until somebody scales them, but for `web`, and
 * where there is no `web`. What `release` names is run by itself when the droplet is made.
 */
export function withDroplet(app: AppRecord, droplet: DropletRecord, defaults: Defaults): AppRecord {
  const { guid, processTypes } = droplet;
  const sidecars = withSidecarsOf(app, droplet);
  if (processTypes === undefined) return { ...app, ...sidecars, currentDroplet: guid };
  const kept = app.processes.filter(({ type, command }) => type === 'web' || command !== null || type in processTypes);
  const isNew = (type: string) =>
    isProcessType(type) && type !== releaseType && !kept.some((each) => each.type === type);
  const hasWeb = kept.some((each) => each.type === 'web' && canRun(each, droplet));
  const added = Object.keys(processTypes)
    .filter(isNew)
    .map((type) => ({ ...newProcess(type, defaults), ...(hasWeb ? {} : { instances: 1 }) }));
  return { ...app, ...sidecars, currentDroplet: guid, processes: [...kept, ...added] };
}

/** Part of a guid, and of the names of directories and variables. */
export function isProcessType(type: string): boolean {
  return /^[A-Za-z][\w-]{0,62}$/.test(type);
}
