/** What is seen of a burst of changes at one look. */
export interface Sight {
  /** Paths that differ from the look before. */
  readonly changed: number;
  readonly wasEmptied: boolean;
  /** Some of them are written by package managers. */
  readonly areDependencies: boolean;
  /** Somebody said that more is to come: git holds its lock. */
  readonly isBusy: boolean;
}

/** `moving`: changes do not end, so what is there has to do. */
export type Verdict = 'settled' | 'wait' | 'moving';

/** Changes that follow each other within this time are one burst. */
const togetherMs = 500;
const longestWaitMs = 500;
const emptiedMs = 100;
const dependenciesMs = 300;
const busyMs = 50;

/** Tools that write many files rest in between: the more there were, the longer. */
const waitsForMany = [
  [500, 400],
  [50, 200],
  [5, 50],
] as const;

/** How long changes may go on before what is there is taken: the first time, and from then on. */
const patienceMs = { first: 3_000, later: 10_000, dependencies: 60_000 };

/**
 * Decides when a folder that changes is to be looked at, and whether what was seen can be taken for complete. One file
 * saved at once is taken after `delayMs`. Times are those of a clock that only goes on while the process runs.
 */
export class Quiet {
  readonly #delayMs: number;
  #waitMs: number;
  #beganAt: number | undefined;
  #lastEventAt = Number.NEGATIVE_INFINITY;
  #looks = 0;
  #changed = 0;
  #areDependencies = false;
  #isMoving = false;

  constructor(delayMs: number) {
    this.#delayMs = delayMs;
    this.#waitMs = delayMs;
  }

  /** Something happened. */
  event(now: number): void {
    if (now - this.#lastEventAt > togetherMs) this.#forget();
    this.#beganAt ??= now;
    this.#lastEventAt = now;
  }

  /** When to look next; `undefined` while nothing happens. */
  get lookAt(): number | undefined {
    if (this.#beganAt === undefined) return undefined;
    return Math.min(this.#lastEventAt + this.#waitMs, this.#beganAt + this.#patienceMs);
  }

  /** When the burst began whose end `looked` found. */
  get beganAt(): number | undefined {
    return this.#beganAt;
  }

  /** @param now when the look began */
  looked(now: number, sight: Sight): Verdict {
    const isGrowing = this.#looks > 0 && sight.changed > 0;
    if (isGrowing) this.#lastEventAt = Math.max(now, this.#lastEventAt); // there may be no events at all
    this.#looks += 1;
    this.#changed += sight.changed;
    this.#areDependencies ||= sight.areDependencies;
    const neededMs = this.#neededMs(sight, isGrowing);
    const isOver = this.#beganAt !== undefined && now - this.#beganAt >= this.#patienceMs;
    if (!isGrowing && !sight.isBusy && now - this.#lastEventAt >= neededMs) return this.#end(now, 'settled');
    if (isOver) return this.#end(now, 'moving');
    this.#waitMs = Math.max(neededMs, now - this.#lastEventAt + (sight.isBusy ? busyMs : this.#delayMs));
    return 'wait';
  }

  #neededMs({ wasEmptied }: Sight, isGrowing: boolean): number {
    const [, forMany = 0] = waitsForMany.find(([least]) => this.#changed > least) ?? [];
    return Math.max(
      this.#delayMs,
      forMany,
      wasEmptied ? emptiedMs : 0,
      this.#areDependencies ? dependenciesMs : 0,
      isGrowing ? Math.min(longestWaitMs, 2 * this.#waitMs) : 0,
    );
  }

  get #patienceMs(): number {
    if (this.#areDependencies) return patienceMs.dependencies;
    return this.#isMoving ? patienceMs.later : patienceMs.first;
  }

  /** What follows soon belongs to the same burst, which began anew; it may have, during the look. */
  #end(now: number, verdict: 'settled' | 'moving'): Verdict {
    this.#beganAt = this.#lastEventAt > now ? this.#lastEventAt : undefined;
    this.#isMoving = verdict === 'moving';
    return verdict;
  }

  #forget(): void {
    this.#beganAt = undefined;
    this.#waitMs = this.#delayMs;
    this.#looks = 0;
    this.#changed = 0;
    this.#areDependencies = false;
    this.#isMoving = false;
  }
}
