import * as assert from 'uvu/assert';
import { type Benchmark, measure } from '../../../scripts/bench/benchmark.ts';
import type { Surroundings } from '../../../scripts/bench/surroundings.ts';
import { describe } from '../../support/spec.ts';
import { thrownBy } from '../../support/thrown.ts';

/** What a benchmark without programs needs. */
function surroundingsWith(signal: AbortSignal): Surroundings {
  const natsServer = { path: '', version: '', origin: '' };
  return {
    project: '',
    command: [process.execPath],
    isExecutable: false,
    node: process.execPath,
    version: '',
    natsServer,
    scratch: '',
    signal,
  };
}

function benchmarkOf(works: Awaited<ReturnType<Benchmark['prepare']>>['works']): Benchmark {
  return {
    name: 'up',
    title: 'a benchmark',
    unit: 'ms',
    comparisons: [{ name: 'slow / quick', of: 'slow', by: ['quick'], target: 3 }],
    bounds: [{ of: 'slow', target: 100 }],
    prepare: async (_, scope) => {
      scope.defer(() => {});
      return { works, notes: ['a note'] };
    },
  };
}

describe('a benchmark', (it) => {
  it('has every work in every round, throws the first round away and takes ratios within the others', async (scope) => {
    const done: string[] = [];
    const quick = async (round: number) => {
      done.push(`quick ${round}`);
      return { quick: round * 10 };
    };
    const slow = async (round: number) => {
      done.push(`slow ${round}`);
      return { slow: round * 20 };
    };
    const rounds: number[] = [];

    const result = await measure(benchmarkOf([quick, slow]), surroundingsWith(new AbortController().signal), scope, {
      rounds: 3,
      onRound: (round) => rounds.push(round),
    });

    assert.equal(done, ['quick 0', 'slow 0', 'slow 1', 'quick 1', 'quick 2', 'slow 2', 'slow 3', 'quick 3']);
    assert.equal(rounds, [0, 1, 2, 3]);
    assert.equal(
      result.figures.map(({ name, values, target }) => ({ name, values, target })),
      [
        { name: 'quick', values: [10, 20, 30], target: undefined },
        { name: 'slow', values: [20, 40, 60], target: 100 },
      ],
    );
    assert.equal(result.ratios[0]?.values, [2, 2, 2]);
    assert.equal(result.notes, ['a note']);
  });

  it('ends between two rounds when it is asked to stop', async (scope) => {
    const stop = new AbortController();
    let rounds = 0;
    const work = async () => {
      rounds += 1;
      if (rounds === 2) stop.abort(new Error('stopped'));
      return {};
    };
    const run = () =>
      measure(benchmarkOf([work]), surroundingsWith(stop.signal), scope, { rounds: 9, onRound: () => {} });

    assert.is((await thrownBy(run)).message, 'stopped');
    assert.is(rounds, 2);
  });
});
