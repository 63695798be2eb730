/** By how much a clock that is only trued up may be off between two looks. */
const mostDriftMs = 2_000;
/** A machine that has much to do lets everybody wait for so long at times. */
const leastLimitMs = 2_000;

/**
 * Notices what makes nothing of the ages of what was heard: somebody set the clock (a board without one of its own gets
 * the time from the network, long after it started), the machine slept, or this process was stopped for a while.
 */
export class Standstill {
  readonly #limitMs: number;
  #wallMs = Date.now();
  #steadyMs = performance.now();

  /** @param limitMs who asks less often stood still; at least two seconds */
  constructor(limitMs: number) {
    this.#limitMs = Math.max(leastLimitMs, limitMs);
  }

  /** Whether there was one since this was asked last. */
  noticed(): boolean {
    const [wallMs, steadyMs] = [Date.now(), performance.now()];
    const passedMs = steadyMs - this.#steadyMs;
    const driftMs = Math.abs(wallMs - this.#wallMs - passedMs);
    this.#wallMs = wallMs;
    this.#steadyMs = steadyMs;
    return passedMs > this.#limitMs || driftMs > mostDriftMs;
  }
}
