import type { HttpRequest } from '#ground/http-server.ts';
import type { BuildRecord } from '../records.ts';
import type { Store } from '../store.ts';

/** Connections are not held for longer: whoever asks asks again. */
const mostSeconds = 60;

/**
 * With `?wait=SECONDS` resolves when a build has ended, or the time is over, or nobody is there any more to be told; else at
 * once. Our own: with Cloud Foundry one has to ask again and again.
 */
export async function untilBuilt(
  store: Store,
  { guid, state }: BuildRecord,
  { query, raw }: HttpRequest,
): Promise<void> {
  const seconds = Math.min(mostSeconds, Number(query.get('wait') ?? 0) || 0);
  if (state !== 'STAGING' || seconds <= 0) return;
  await new Promise<void>((resolve) => {
    const end = () => {
      watching[Symbol.dispose]();
      raw.socket.off('close', end);
      clearTimeout(timer);
      resolve();
    };
    const watching = store.onChange('build', (change) => {
      if (change.guid === guid && change.now?.state !== 'STAGING') end();
    });
    const timer = setTimeout(end, seconds * 1000);
    raw.socket.once('close', end);
  });
}
