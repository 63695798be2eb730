import { Agent } from 'node:http';
import { repeat, sleep, waitFor } from '#ground/wait.ts';
import type { Bound, Sample, Unit } from './figures.ts';
import { type Asked, answerOf } from './first-answer.ts';

/** How a new version of an app came to answer, while requests came all the time. */
export interface Takeover {
  /** From the moment at which the change was begun to the first answer of the new version. */
  readonly ms: number;
  /** Requests without an answer, or with another status than 200. */
  readonly failed: number;
  /** Answers of another version to requests that were sent after the new one had answered already. */
  readonly old: number;
}

export interface Change {
  /** What the body of the new version begins with. */
  readonly version: string;
  make(): Promise<unknown>;
  /** How long the app is asked on when the new version has answered, in ms. */
  readonly afterMs?: number;
}

const everyMs = 2;
const mostUnderWay = 4;
const beforeMs = 200;
/** What ran before is gone by then, though it was kept for a while as a fallback. */
const usualAfterMs = 3_000;
const limitMs = 60_000;

/** Changes an app that is asked every other millisecond, on kept connections, from well before until well after. */
export async function takeover(
  asked: Omit<Asked, 'accept'>,
  { version, make, afterMs = usualAfterMs }: Change,
  signal: AbortSignal,
): Promise<Takeover> {
  await using prober = new Prober(asked, version);
  await sleep(beforeMs, signal);
  const stop = new AbortController();
  const answered = waitFor(`${version} to answer`, () => prober.newSince, {
    limitMs,
    signal: AbortSignal.any([signal, stop.signal]),
  });
  answered.catch(() => {}); // told below, unless the change itself failed
  const startedAt = performance.now();
  try {
    await make();
    const at = await answered;
    await sleep(afterMs, signal);
    const { failed, old } = prober;
    return { ms: at - startedAt, failed, old };
  } finally {
    stop.abort();
  }
}

/** Asks until it is disposed. */
class Prober implements AsyncDisposable {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: mostUnderWay });
  readonly #asking: AsyncDisposable;
  readonly #asked: Asked;
  readonly #version: string;
  #underWay = 0;
  failed = 0;
  old = 0;
  /** When the new version answered for the first time, by `performance.now()`. */
  newSince: number | undefined;

  constructor(asked: Asked, version: string) {
    this.#asked = asked;
    this.#version = version;
    this.#asking = repeat(
      everyMs,
      () => {
        if (this.#underWay < mostUnderWay) void this.#ask();
      },
      () => {},
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#asking[Symbol.asyncDispose]();
    this.#agent.destroy();
  }

  async #ask(): Promise<void> {
    const sentAt = performance.now();
    this.#underWay += 1;
    const answer = await answerOf(this.#asked, this.#agent).catch(() => undefined);
    this.#underWay -= 1;
    if (answer?.status !== 200) this.failed += 1;
    else if (answer.body.startsWith(`${this.#version} `)) this.newSince ??= performance.now();
    else if (this.newSince !== undefined && sentAt > this.newSince) this.old += 1;
  }
}

export const answersOf = (name: string) => `${name}: new version answers`;
const failedOf = (name: string) => `${name}: failed requests`;
const oldOf = (name: string) => `${name}: old answers after the first new one`;

/** The figures of a takeover. @param name of who did it */
export function sampleOf(name: string, { ms, failed, old }: Takeover): Sample {
  return { [answersOf(name)]: ms, [failedOf(name)]: failed, [oldOf(name)]: old };
}

export function unitsOf(names: readonly string[]): Record<string, Unit> {
  return Object.fromEntries(
    names.flatMap((name) => [failedOf(name), oldOf(name)]).map((figure) => [figure, 'requests']),
  );
}

/** Of somebody who is not to lose a request, ever. An old answer is none: for a moment both versions serve. */
export function withoutFailures(name: string): Bound {
  return { of: failedOf(name), target: 0, inEachRound: true };
}
