const named: Readonly<Record<string, string>> = {
  ...{ '\u0007': '\\a', '\b': '\\b', '\f': '\\f', '\n': '\\n', '\r': '\\r', '\t': '\\t', '\v': '\\v' },
  ...{ '"': '\\"', '\\': '\\\\' },
};

/** A text as Go's `%q` writes it. */
export function quoted(text: string): string {
  return `"${[...text].map(quotedCharacter).join('')}"`;
}

function quotedCharacter(character: string): string {
  const short = named[character];
  if (short !== undefined) return short;
  if (character === ' ' || /[\p{L}\p{M}\p{N}\p{P}\p{S}]/u.test(character)) return character;
  const point = character.codePointAt(0) ?? 0;
  if (point < 0x80) return `\\x${hex(point, 2)}`;
  return point < 0x1_0000 ? `\\u${hex(point, 4)}` : `\\U${hex(point, 8)}`;
}

function hex(point: number, digits: number): string {
  return point.toString(16).padStart(digits, '0');
}

const unitMs: Readonly<Record<string, number>> = {
  ...{ ns: 1e-6, us: 1e-3, '\u00b5s': 1e-3, '\u03bcs': 1e-3 },
  ...{ ms: 1, s: 1_000, m: 60_000, h: 3_600_000 },
};
const longestMs = 2 ** 63 / 1e6;

/** A duration as Go writes it (`1.5s`, `2h45m`), in ms; undefined when it is none, or longer than Go can count. */
export function millisecondsOf(text: string): number | undefined {
  const [, sign, unsigned = ''] = /^([+-]?)(.*)$/s.exec(text) ?? [];
  if (unsigned === '0') return 0;
  if (!/^(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|\u00b5s|\u03bcs|ms|s|m|h))+$/.test(unsigned)) return undefined;
  let ms = 0;
  for (const [, count, unit = ''] of unsigned.matchAll(/([\d.]+)([^\d.]+)/g)) ms += Number(count) * (unitMs[unit] ?? 0);
  if (ms >= longestMs) return undefined;
  return sign === '-' ? -ms : ms;
}

/** A duration as Go prints it: `300ms`, `1s`, `1m0s`, `1h0m0.5s`. */
export function durationText(ms: number): string {
  if (ms === 0) return '0s';
  const sign = ms < 0 ? '-' : '';
  const size = Math.abs(ms);
  if (size < 1e-3) return `${sign}${plain(size * 1e6)}ns`;
  if (size < 1) return `${sign}${plain(size * 1e3)}µs`;
  if (size < 1_000) return `${sign}${plain(size)}ms`;
  const minutes = Math.floor(size / 60_000);
  const seconds = `${plain((size - minutes * 60_000) / 1_000)}s`;
  if (minutes === 0) return `${sign}${seconds}`;
  const hours = Math.floor(minutes / 60);
  return `${sign}${hours === 0 ? '' : `${hours}h`}${minutes % 60}m${seconds}`;
}

/** Nine places, which is a nanosecond at most, hide what binary fractions cannot hold. */
function plain(value: number): string {
  return String(Number(value.toFixed(9)));
}

/** JSON as Go's encoder writes it: `&`, `<`, `>` and the two line separators are escaped. */
export function goJson(value: unknown): string {
  return JSON.stringify(value).replace(/[&<>\u2028\u2029]/g, (character) => `\\u${hex(character.charCodeAt(0), 4)}`);
}
