import { join } from 'node:path';
import { sleep } from '#ground/wait.ts';
import { startLocalpaas } from './localpaas.ts';
import type { Surroundings } from './surroundings.ts';

/** An executable makes things easier for later starts a second after its own first one. */
const settledAfterMs = 3_000;

/** Starts an executable once, so that what is measured is not its first run. */
export async function warmUp(surroundings: Surroundings): Promise<void> {
  if (!surroundings.isExecutable) return;
  await using _ = await startLocalpaas(surroundings, { home: join(surroundings.scratch, 'warm-up-home') });
  await sleep(settledAfterMs, surroundings.signal);
}
