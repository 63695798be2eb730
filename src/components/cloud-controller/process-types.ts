import type { DropletRecord, ProcessRecord } from './records.ts';

/** The type of process, and the name of the task, that readies what a new version needs: migrations, for one. */
export const releaseType = 'release';

/**
 * Whether a droplet knows how to start a process, or the user said how. One that knows nothing at all is tried as `web`: it
 * says itself what it lacks.
 */
export function canRun({ type, command }: ProcessRecord, { processTypes, startCommand }: DropletRecord): boolean {
  if (processTypes === undefined) return type === 'web';
  if (command !== null || processTypes[type] !== undefined) return true;
  const others = Object.keys(processTypes).filter((each) => each !== releaseType);
  return type === 'web' && (Boolean(startCommand) || others.length === 0);
}
