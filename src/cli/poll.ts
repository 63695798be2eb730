import { sleep } from '#ground/wait.ts';

const firstMs = 15;
/** Of the time that has passed: nobody waits much longer than what is waited for takes. */
const share = 1 / 16;
const slowestMs = 250;

/**
 * Asks until `look` returns something: often at first, for most things are done soon, and after some seconds four times a
 * second.
 * @returns what it returned, or `undefined` after `limitMs`
 */
export async function poll<T>(
  look: () => Promise<T | undefined>,
  { limitMs, signal }: { limitMs: number; signal: AbortSignal },
): Promise<T | undefined> {
  const startedAt = performance.now();
  for (;;) {
    const found = await look();
    const passedMs = performance.now() - startedAt;
    if (found !== undefined || passedMs >= limitMs) return found;
    await sleep(Math.min(slowestMs, Math.max(firstMs, passedMs * share)), signal);
  }
}
