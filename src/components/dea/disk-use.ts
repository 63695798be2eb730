import type { StatsFs } from 'node:fs';

/** How much of what may be used of a file system is in use, in percent; as `df` tells it. */
export function diskUseOf({ bavail, bfree, blocks }: Pick<StatsFs, 'bavail' | 'bfree' | 'blocks'>): number {
  const used = blocks - bfree;
  const usable = used + bavail;
  return usable === 0 ? 100 : (used / usable) * 100;
}
