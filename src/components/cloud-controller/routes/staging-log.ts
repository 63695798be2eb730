import type { HttpRequest } from '#ground/http-server.ts';
import { sleep } from '#ground/wait.ts';
import type { BuildRecord } from '../records.ts';

/**
 * `cf` shows a line of the staging log when it is two seconds old, and none once it knows that the build ended: then the
 * last lines, which say why it failed, are lost.
 */
const shownAfterMs = 2_300;
const cf = /^cf\d*\//;

/** Resolves when `cf`, if it is who asks, has shown the log of a build to its end; at once for all others. */
export async function untilShown({ state, updatedAt }: BuildRecord, { headers, raw }: HttpRequest): Promise<void> {
  if (state === 'STAGING' || !cf.test(headers['user-agent'] ?? '')) return;
  const leftMs = Math.min(Date.parse(updatedAt) + shownAfterMs - Date.now(), shownAfterMs);
  if (leftMs <= 0) return;
  const gone = new AbortController();
  const leave = () => gone.abort();
  raw.socket.once('close', leave);
  // Nobody is there any more to be answered, or the platform stops.
  await sleep(leftMs, gone.signal).catch(() => {});
  raw.socket.off('close', leave);
}
