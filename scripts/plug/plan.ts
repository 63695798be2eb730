import { type Random, randomFrom } from '../torture/random.ts';

/** When the power goes. */
export type Moment =
  /** So long after the changes began. */
  | { readonly afterMs: number }
  /** The very moment so many of them were acknowledged. */
  | { readonly afterAcknowledged: number };

/** One power cut, and perhaps a second one before everything is back. */
export interface Round {
  /** `use`: while apps are changed. `first-start`: during the first start of a new home. */
  readonly kind: 'use' | 'first-start';
  readonly moment: Moment;
  /**
   * During the start: how much of the time it usually takes had passed. Beyond 1 it was ready and starting apps.
   * Absent for none.
   */
  readonly startCutAt?: number;
  /** Chooses the changes. */
  readonly seed: number;
}

const mostDelayMs = 4_000;
const mostAcknowledged = 60;
const latestStartCut = 2;

/** The same rounds for the same seed. */
export function planOf(seed: number, rounds: number): Round[] {
  const random = randomFrom(seed);
  return Array.from({ length: rounds }, () => roundOf(random));
}

function roundOf(random: Random): Round {
  const kind = random.pick<Round['kind']>(['use', 'use', 'use', 'use', 'first-start']);
  const fraction = () => random.below(1_000) / 1_000;
  const moment = random.pick<Moment>([
    { afterMs: Math.floor(mostDelayMs * fraction()) },
    { afterAcknowledged: 1 + random.below(mostAcknowledged) },
  ]);
  const startCutAt = latestStartCut * fraction();
  const isTwice = kind === 'first-start' || random.below(3) === 0;
  return { kind, moment, seed: random.below(2 ** 31), ...(isTwice ? { startCutAt } : {}) };
}
