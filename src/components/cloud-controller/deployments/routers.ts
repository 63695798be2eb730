import { type EndpointsQuestion, routerEndpoints, routerGreet, routerStart } from '#contract/routes.ts';
import { AsyncDisposableStack } from '#ground/async-disposable-stack.ts';
import type { Bus } from '#ground/bus.ts';
import { sleep } from '#ground/wait.ts';

/** Longer than any router takes to answer. */
const answerLimitMs = 100;
const askEveryMs = 5;
/** A withdrawal is two messages away. */
const askAgainMs = 1;

/** The routers there are, as far as is known: whoever knows how many there are need not wait for one that is not there. */
export class Routers implements AsyncDisposable {
  readonly #bus: Bus;
  readonly #listening = new AsyncDisposableStack();
  #known = new Set<string>();

  constructor(bus: Bus) {
    this.#bus = bus;
    this.#listening.use(bus.subscribe(routerStart, ({ id }) => void this.#known.add(id)));
    bus
      .askMany(routerGreet, null, { limitMs: answerLimitMs, onReply: ({ id }) => void this.#known.add(id) })
      .catch(() => {}); // the bus is away; they will be heard when it is back
  }

  /**
   * Waits until each router has so many instances of a version for requests, at most `limitMs`.
   * @returns whether they all have; true when there is no router
   * @throws the signal's reason
   */
  async untilRouted(
    question: EndpointsQuestion,
    { instances, limitMs }: { instances: number; limitMs: number },
    signal: AbortSignal,
  ): Promise<boolean> {
    const endsAt = performance.now() + limitMs;
    for (;;) {
      const expected = Math.max(1, this.#known.size);
      const answers = await this.#bus.askMany(routerEndpoints, question, { limitMs: answerLimitMs, expected });
      signal.throwIfAborted();
      if (answers.length < expected) this.#known = new Set(answers.map(({ router }) => router));
      if (answers.every(({ routed }) => routed >= instances)) return true;
      if (performance.now() >= endsAt) return false;
      await sleep(askEveryMs, signal);
    }
  }

  /** Waits until no router sends requests to these versions any more, at most `limitMs`. @throws the signal's reason */
  async untilWithdrawn(
    { uris, versions }: { readonly uris: string[]; readonly versions: readonly string[] },
    limitMs: number,
    signal: AbortSignal,
  ): Promise<void> {
    const endsAt = performance.now() + limitMs;
    for (const version of versions) {
      while (performance.now() < endsAt) {
        const expected = Math.max(1, this.#known.size);
        const answers = await this.#bus.askMany(
          routerEndpoints,
          { uris, version },
          { limitMs: answerLimitMs, expected },
        );
        signal.throwIfAborted();
        if (answers.every(({ routed }) => routed === 0)) break;
        await sleep(askAgainMs, signal);
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#listening[Symbol.asyncDispose]();
  }
}
