export interface DelayRules {
  /** So many crashes in a row are followed by a restart at once. */
  readonly flappingDeath: number;
  readonly minRestartDelayMs: number;
  readonly maxRestartDelayMs: number;
  /** At most so much is added or taken away, so that what crashed together does not start together. */
  readonly restartNoiseMs: number;
}

/**
 * The wait before a restart, in ms: none at first, then doubling from the least to the most.
 * @param chance from 0 to 1, decides about the noise
 */
export function restartDelayMs(crashes: number, rules: DelayRules, chance: number): number {
  const doublings = crashes - rules.flappingDeath - 1;
  if (doublings < 0) return 0;
  const delayMs = Math.min(rules.maxRestartDelayMs, rules.minRestartDelayMs * 2 ** doublings);
  return Math.max(0, Math.round(delayMs + (2 * chance - 1) * rules.restartNoiseMs));
}
