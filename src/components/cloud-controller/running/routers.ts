import { appUse } from '#contract/apps.ts';
import {
  type EndpointsQuestion,
  type RouterStart,
  routerEndpoints,
  routerGreet,
  routerStart,
} from '#contract/routes.ts';
import { AsyncDisposableStack } from '#ground/async-disposable-stack.ts';
import type { Bus } from '#ground/bus.ts';
import type { Exchange } from '#ground/subject.ts';
import { sleep } from '#ground/wait.ts';

/** Longer than any router takes to answer. One that is gone without a word is waited for so long, and once. */
const answerLimitMs = 1_000;
/** Where none is known, and there may be none. */
const noneLimitMs = 100;
const askEveryMs = 5;
/** A withdrawal is two messages away. */
const askAgainMs = 1;

/**
 * The routers of ours, each of their processes by itself, as far as is known: those of 2012 say no port, and answer no
 * question. Whoever knows which there are need not wait for one that is not there, and misses none.
 */
export class Routers implements AsyncDisposable {
  readonly #bus: Bus;
  readonly #listening = new AsyncDisposableStack();
  /** By id, whether it answers quickly. */
  readonly #known = new Map<string, boolean>();
  /** Those that were there before us have answered. */
  readonly #greeted: Promise<void>;

  constructor(bus: Bus) {
    this.#bus = bus;
    this.#listening.use(bus.subscribe(routerStart, (router) => this.#started(router)));
    // While the bus is away nobody is reached; they will be heard when it is back.
    const greet = () => this.#greet().catch(() => {});
    this.#listening.use(bus.onReconnect(() => void greet()));
    this.#greeted = greet();
  }

  /** Whether there is any. Those that started before us and were not heard are asked. */
  async areThere(): Promise<boolean> {
    await this.#greeted;
    if (this.#known.size === 0) await this.#greet();
    return this.#known.size > 0;
  }

  /** Whether somebody uses an app, by way of any of them. One that does not answer may have sent it a request. */
  async areUsing(app: string): Promise<boolean> {
    const { answers, missing } = await this.#askAll(
      appUse,
      { app },
      { limitMs: answerLimitMs, ids: [...this.#known.keys()] },
    );
    for (const id of missing) this.#known.delete(id);
    return missing.length > 0 || answers.some(({ in_use }) => in_use);
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
      const answers = await this.#endpoints(question);
      signal.throwIfAborted();
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
        const answers = await this.#endpoints({ uris, version });
        signal.throwIfAborted();
        if (answers.every(({ routed }) => routed === 0)) break;
        await sleep(askAgainMs, signal);
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#listening[Symbol.asyncDispose]();
  }

  async #endpoints(question: EndpointsQuestion) {
    const ids = [...this.#known].filter(([, isQuick]) => isQuick).map(([id]) => id);
    const limitMs = ids.length > 0 ? answerLimitMs : noneLimitMs;
    const { answers, missing } = await this.#askAll(routerEndpoints, question, { limitMs, ids });
    for (const id of missing) this.#known.set(id, false); // nobody waits for it again before it is heard
    return answers;
  }

  /** Asks until these have answered, and whoever answers before. @returns who of them did not, beside the answers */
  async #askAll<Request, Reply extends { readonly router: string }>(
    exchange: Exchange<Request, Reply>,
    request: NoInfer<Request>,
    { limitMs, ids }: { readonly limitMs: number; readonly ids: readonly string[] },
  ): Promise<{ readonly answers: Reply[]; readonly missing: string[] }> {
    const expected = new Set(ids);
    for (;;) {
      const count = Math.max(1, expected.size);
      const answers = await this.#bus.askMany(exchange, request, { limitMs, expected: count });
      const heard = new Set(answers.map(({ router }) => router));
      for (const id of heard) this.#known.set(id, true);
      const missing = [...expected].filter((id) => !heard.has(id));
      const news = [...heard].filter((id) => !expected.has(id));
      for (const id of news) expected.add(id);
      // Where somebody answered whom nobody expected, there was no time to hear those who are missing.
      if (missing.length === 0 || answers.length < count || news.length === 0) return { answers, missing };
    }
  }

  async #greet(): Promise<void> {
    await this.#bus.askMany(routerGreet, null, { limitMs: answerLimitMs, onReply: (router) => this.#started(router) });
  }

  #started({ id, port }: RouterStart): void {
    if (port !== undefined) this.#known.set(id, true);
  }
}
