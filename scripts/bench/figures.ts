/** What one round measured: numbers by name, in the unit of the benchmark where it names no other for them. */
export type Sample = Readonly<Record<string, number>>;

export type Unit = 'ms' | 'MB' | 'µs' | 'ns' | 'B' | 'requests';

export interface Spread {
  readonly median: number;
  readonly least: number;
  readonly most: number;
}

/** A ratio, taken within each round: one figure by the sum of others. */
export interface Comparison {
  readonly name: string;
  readonly of: string;
  readonly by: readonly string[];
  /** What the median is not to exceed. */
  readonly target?: number;
}

/** A figure that is not to exceed a number of its own. */
export interface Bound {
  readonly of: string;
  readonly target: number;
  /** No round is to exceed it, where otherwise the median counts. */
  readonly inEachRound?: true;
}

export interface Figure extends Spread {
  readonly name: string;
  readonly values: readonly number[];
  /** Where it is not that of the benchmark. */
  readonly unit?: Unit;
  readonly target?: number;
  readonly inEachRound?: true;
}

/** Everything measured by one benchmark. */
export interface Result {
  readonly name: string;
  readonly title: string;
  readonly unit: Unit;
  readonly rounds: number;
  readonly figures: readonly Figure[];
  readonly ratios: readonly Figure[];
  /** What could not be measured, as sentences. */
  readonly notes: readonly string[];
}

/** @throws RangeError for no value at all */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const [least, most] = [sorted[0], sorted.at(-1)];
  if (least === undefined || most === undefined) throw new RangeError('There is no value.');
  const middle = sorted.slice(Math.ceil(sorted.length / 2) - 1, Math.floor(sorted.length / 2) + 1);
  return { median: middle.reduce((sum, value) => sum + value, 0) / middle.length, least, most };
}

/** The figures in the order in which they were first measured; a round may lack one. */
export function figuresOf(
  samples: readonly Sample[],
  bounds: readonly Bound[] = [],
  units: Readonly<Record<string, Unit>> = {},
): Figure[] {
  const names = [...new Set(samples.flatMap((sample) => Object.keys(sample)))];
  return names.map((name) => {
    const values = samples.flatMap((sample) => sample[name] ?? []);
    const { of: _, ...target } = bounds.find((bound) => bound.of === name) ?? { of: name };
    const unit = units[name];
    return { name, values, ...spreadOf(values), ...(unit === undefined ? {} : { unit }), ...target };
  });
}

/** The ratios of all rounds that have all the figures; a comparison without any is left out. */
export function ratiosOf(samples: readonly Sample[], comparisons: readonly Comparison[]): Figure[] {
  return comparisons.flatMap(({ name, of, by, target }) => {
    const values = samples.flatMap((sample) => ratioIn(sample, of, by) ?? []);
    if (values.length === 0) return [];
    return [{ name, values, ...spreadOf(values), ...(target === undefined ? {} : { target }) }];
  });
}

function ratioIn(sample: Sample, of: string, by: readonly string[]): number | undefined {
  const divisors = by.map((name) => sample[name]);
  const dividend = sample[of];
  if (dividend === undefined || divisors.includes(undefined)) return undefined;
  return dividend / divisors.reduce<number>((sum, value) => sum + (value ?? 0), 0);
}

/** Whether it keeps to its target; `undefined` without one. */
export function isMet({ median, most, target, inEachRound }: Figure): boolean | undefined {
  return target === undefined ? undefined : (inEachRound ? most : median) <= target;
}

/** The places of `count` works in another order each round, so that none of them is always the one that comes first. */
export function turnsOf(count: number, round: number): number[] {
  return Array.from({ length: count }, (_, index) => (index + round) % count);
}
