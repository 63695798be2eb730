import { setTimeout as sleepFor } from 'node:timers/promises';

/** Resolves after `ms` milliseconds; rejects with the signal's reason when it aborts first. */
export async function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  try {
    await sleepFor(ms, undefined, signal === undefined ? {} : { signal });
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  }
}

/**
 * Asks `probe` again and again until it returns something else than `undefined`, and returns that. A question that is
 * under way when the time is over is not awaited any more.
 * @throws Error naming `what` when nothing came within `limitMs`; the signal's reason when it aborts
 */
export async function waitFor<T>(
  what: string,
  probe: () => Promise<T | undefined> | T | undefined,
  { limitMs, everyMs = 5, signal }: { limitMs: number; everyMs?: number; signal?: AbortSignal },
): Promise<T> {
  signal?.throwIfAborted();
  const stop = new AbortController();
  const aborted = () => stop.abort(signal?.reason);
  signal?.addEventListener('abort', aborted, { once: true });
  const late = () => stop.abort(new Error(`Waited ${limitMs} ms for ${what}, in vain.`));
  const timer = setTimeout(late, limitMs);
  const ended = new Promise<never>((_, reject) => {
    stop.signal.addEventListener('abort', () => reject(stop.signal.reason), { once: true });
  });
  ended.catch(() => {}); // it may end between two questions; then the sleep says so
  try {
    for (;;) {
      const found = await Promise.race([probe(), ended]);
      if (found !== undefined) return found;
      await sleep(everyMs, stop.signal);
    }
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', aborted);
  }
}

/** The promise's result, or an Error naming `what` when it takes longer than `limitMs`. */
export async function within<T>(limitMs: number, what: string, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`Waited ${limitMs} ms for ${what}, in vain.`)), limitMs);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Runs `work` every `everyMs` until disposed, never twice at once, and stays on when one round fails.
 * @param onFailure told of each failed round
 */
export function repeat(everyMs: number, work: () => Promise<void> | void, onFailure: (error: unknown) => void) {
  const stop = new AbortController();
  const loop = async () => {
    for (;;) {
      await sleep(everyMs, stop.signal);
      try {
        await work();
      } catch (error) {
        onFailure(error);
      }
    }
  };
  const ended = loop().catch((error: unknown) => {
    if (!stop.signal.aborted) onFailure(error);
  });
  return {
    async [Symbol.asyncDispose](): Promise<void> {
      stop.abort(new Error('stopped'));
      await ended;
    },
  };
}
