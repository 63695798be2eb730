import type { RouterStart } from '#contract/routes.ts';

/** A router says that it is there every 30 s. */
const rememberedMs = 100_000;

/** The routers of ours: those of 2012 can have no idle app started, and say no port. Times are arguments, in ms. */
export class KnownRouters {
  readonly #seenMs = new Map<string, number>();

  started({ id, port }: RouterStart, nowMs: number): void {
    if (port !== undefined) this.#seenMs.set(id, nowMs);
  }

  count(nowMs: number): number {
    for (const [id, seenMs] of this.#seenMs) if (nowMs - seenMs > rememberedMs) this.#seenMs.delete(id);
    return this.#seenMs.size;
  }
}
