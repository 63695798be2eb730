/** Random choices that are the same for the same seed. */
export interface Random {
  /** 0 ≤ whole number < `limit` */
  below(limit: number): number;
  pick<T>(choices: readonly [T, ...T[]]): T;
}

/** The generator mulberry32: 32 bits of state, good enough to choose by and the same on every machine. */
export function randomFrom(seed: number): Random {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (limit: number) => Math.floor(next() * limit);
  return { below, pick: (choices) => choices[below(choices.length)] ?? choices[0] };
}
