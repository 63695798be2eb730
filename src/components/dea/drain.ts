import { type EndpointsQuestion, routerEndpoints } from '#contract/routes.ts';
import type { Bus } from '#ground/bus.ts';
import { sleep } from '#ground/wait.ts';

/** Longer than any router takes to answer. */
const answerLimitMs = 100;
const lookEveryMs = 50;

/**
 * Waits until no router is at work for these instances any more, at most `limitMs`. They were withdrawn before.
 * @returns whether they are idle
 * @throws the signal's reason
 */
export async function untilIdle(bus: Bus, question: EndpointsQuestion, limitMs: number, signal: AbortSignal) {
  const endsAt = performance.now() + limitMs;
  for (;;) {
    const answers = await bus.askMany(routerEndpoints, question, { limitMs: answerLimitMs });
    signal.throwIfAborted();
    if (answers.every(({ routed, active }) => routed === 0 && active === 0)) return true;
    if (performance.now() >= endsAt) return false;
    await sleep(lookEveryMs, signal);
  }
}
