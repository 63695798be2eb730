import { sleep } from '#ground/wait.ts';

const firstMs = 15;
const growth = 1.25;
const slowestMs = 250;

/**
 * Asks until `look` returns something: often at first, for most things are done soon, then four times a second.
 * @returns what it returned, or `undefined` after `limitMs`
 */
export async function poll<T>(
  look: () => Promise<T | undefined>,
  { limitMs, signal }: { limitMs: number; signal: AbortSignal },
): Promise<T | undefined> {
  const endsAt = performance.now() + limitMs;
  for (let pauseMs = firstMs; ; pauseMs = Math.min(slowestMs, pauseMs * growth)) {
    const found = await look();
    if (found !== undefined || performance.now() >= endsAt) return found;
    await sleep(pauseMs, signal);
  }
}
