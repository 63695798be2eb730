const secondsPer = { s: 1, m: 60, h: 3_600, d: 86_400 } as const;

/** The seconds in `90s`, `10m`, `1h30m` or `2d`; `undefined` for anything else, and for none at all. */
export function secondsOf(text: string): number | undefined {
  if (!/^(?:\d{1,9}[smhd])+$/.test(text)) return undefined;
  let sum = 0;
  for (const [, count, unit] of text.matchAll(/(\d+)([smhd])/g)) {
    sum += Number(count) * secondsPer[unit as keyof typeof secondsPer]; // the pattern knows no other
  }
  return sum > 0 ? sum : undefined;
}
