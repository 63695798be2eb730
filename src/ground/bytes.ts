const units = ['B', 'K', 'M', 'G', 'T'] as const;

/** A size for people: `512B`, `1.2K`, `30M`. */
export function readableSize(bytes: number): string {
  let value = bytes;
  let unit = 0;
  // What rounds to 1024 belongs to the next unit, what rounds to 10 needs no digit behind the point.
  while (Math.round(value) >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  const digits = unit === 0 || value >= 9.95 ? 0 : 1;
  return `${value.toFixed(digits)}${units[unit]}`;
}

/** Megabytes of a size a person wrote: `256M`, `1G`, `512MB`, `2048` (MB when bare); `undefined` when it is none. */
export function megabytesOf(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*([MGT]?)B?$/i.exec(text.trim());
  if (match === null) return undefined;
  const factor = { '': 1, M: 1, G: 1024, T: 1024 * 1024 }[(match[2] ?? '').toUpperCase()] ?? 1;
  return Math.round(Number(match[1]) * factor);
}
