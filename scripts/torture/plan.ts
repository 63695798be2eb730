import { type Change, changeOf, type Kind } from './changes.ts';
import { randomFrom } from './random.ts';

export type Victim = 'localpaas' | 'nats-server';
/** What happens around one kill. */
export interface Assault {
  readonly victim: Victim;
  /** From the first change to the kill, in ms. */
  readonly delayMs: number;
  /** Which app is changed, by its place; the others are to notice nothing. */
  readonly app: number;
  /** One after the other, until the kill; more than there is time for. */
  readonly changes: readonly Change[];
}

const mostDelayMs = 1_500;
const changesPerAssault = 60;
/** What one app can bear without the others noticing. */
const kinds: readonly [Kind, ...Kind[]] = ['set-env', 'set-env', 'set-env', 'unset-env', 'scale', 'push', 'push'];

/** The same assaults for the same seed. */
export function planOf(seed: number, { kills, apps }: { kills: number; apps: number }): Assault[] {
  const random = randomFrom(seed);
  return Array.from({ length: kills }, (_, kill) => ({
    victim: random.pick(['localpaas', 'nats-server']),
    // Often early: the first changes then are under way.
    delayMs: Math.floor(mostDelayMs * (random.below(1_000) / 1_000) ** 2),
    app: random.below(apps),
    changes: Array.from({ length: changesPerAssault }, (_each, index) =>
      changeOf(random, kinds, { app: '', name: `${kill}.${index}` }),
    ),
  }));
}
