import { randomUUID } from 'node:crypto';
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import type { StartRequest, UpdateRequest } from '#contract/dea.ts';
import { forEver } from '#workload/cron/index.ts';

/**
 * In which minutes, counted since 1970, an instance runs what is due: later than `after`, and up to `until`. So of two
 * versions one runs a job, also when the one takes over from the other just then.
 */
export const CronTurn = v.object({ after: v.number(), until: v.number() });
export type CronTurn = v.InferOutput<typeof CronTurn>;

/** @returns `null` for an instance without cron lines */
export function turnAtStart({ cron, cron_waits: waits }: StartRequest): CronTurn | null {
  if (!cron?.length) return null;
  return { after: waits ? forEver : 0, until: forEver };
}

/** Whether another version runs the lines. */
export function isAnothers({ after, until }: CronTurn): boolean {
  return after === forEver || until !== forEver;
}

/** Who is told twice of the same counts from the first time on. */
export function nextTurn(turn: CronTurn, { after, until }: NonNullable<UpdateRequest['cron']>): CronTurn {
  if (typeof after === 'number') return isAnothers(turn) ? { after, until: forEver } : turn;
  if (typeof until === 'number') return isAnothers(turn) ? turn : { ...turn, until };
  return turn;
}

/** In the directory of the instance. */
const turnFile = 'cron_turn';

export function turnFileIn(directory: string): string {
  return join(directory, turnFile);
}

/** Tells the program that runs the lines. It never sees half a file, and a link that the app put there is not followed. */
export function tellTurn(directory: string, { after, until }: CronTurn): void {
  const draft = join(directory, `${turnFile}.${randomUUID()}`);
  writeFileSync(draft, `${after} ${until}\n`, { flag: 'wx' });
  renameSync(draft, turnFileIn(directory));
}
