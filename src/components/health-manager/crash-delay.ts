/** The wait before a restart, in ms: none after the first crash, then doubling from `minMs` up to `maxMs`. */
export function restartDelayMs(crashes: number, minMs: number, maxMs: number): number {
  if (crashes <= 1) return 0;
  return Math.min(maxMs, minMs * 2 ** (crashes - 2));
}
