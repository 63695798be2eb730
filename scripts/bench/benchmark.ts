import type { AsyncDisposableStack } from '#ground/async-disposable-stack.ts';
import {
  type Bound,
  type Comparison,
  figuresOf,
  type Result,
  ratiosOf,
  type Sample,
  turnsOf,
  type Unit,
} from './figures.ts';
import type { BenchmarkName } from './options.ts';
import type { Surroundings } from './surroundings.ts';

/** One thing a round does. What it opens it closes, but for what the benchmark's scope owns. */
export type Work = (round: number) => Promise<Sample>;

interface Prepared {
  readonly works: readonly Work[];
  readonly notes?: readonly string[];
}

export interface Benchmark {
  readonly name: BenchmarkName;
  readonly title: string;
  readonly unit: Unit;
  /** Of figures that have another one, by their names. */
  readonly units?: Readonly<Record<string, Unit>>;
  readonly comparisons: readonly Comparison[];
  readonly bounds?: readonly Bound[];
  /** Opens what all rounds share; `scope` owns it. */
  prepare(surroundings: Surroundings, scope: AsyncDisposableStack): Promise<Prepared>;
}

export interface Rounds {
  readonly rounds: number;
  readonly onRound: (round: number) => void;
}

/** Measures. The first round is thrown away: in it files come from the disk for the first time. */
export async function measure(
  benchmark: Benchmark,
  surroundings: Surroundings,
  scope: AsyncDisposableStack,
  { rounds, onRound }: Rounds,
): Promise<Result> {
  const { name, title, unit, units, comparisons, bounds } = benchmark;
  const { works, notes = [] } = await benchmark.prepare(surroundings, scope);
  const samples: Sample[] = [];
  for (let round = 0; round <= rounds; round += 1) {
    surroundings.signal.throwIfAborted();
    onRound(round);
    const parts: Sample[] = works.map(() => ({}));
    for (const turn of turnsOf(works.length, round)) parts[turn] = (await works[turn]?.(round)) ?? {};
    if (round > 0) samples.push(Object.assign({}, ...parts));
  }
  const [figures, ratios] = [figuresOf(samples, bounds, units), ratiosOf(samples, comparisons)];
  return { name, title, unit, rounds, figures, ratios, notes };
}
