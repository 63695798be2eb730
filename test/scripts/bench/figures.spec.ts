import * as assert from 'uvu/assert';
import { figuresOf, isMet, ratiosOf, spreadOf, turnsOf } from '../../../scripts/bench/figures.ts';
import { describe } from '../../support/spec.ts';

describe('the spread of values', (it) => {
  it('is their median, least and most, whatever their order', () => {
    assert.equal(spreadOf([30, 9, 100]), { median: 30, least: 9, most: 100 });
    assert.equal(spreadOf([4, 1, 3, 2]), { median: 2.5, least: 1, most: 4 });
    assert.equal(spreadOf([7]), { median: 7, least: 7, most: 7 });
  });

  it('does not exist for none', () => {
    assert.throws(() => spreadOf([]), RangeError);
  });
});

describe('the figures of all rounds', (it) => {
  it('stand in the order in which they were measured, each with its values and its target', () => {
    const figures = figuresOf(
      [
        { b: 1, a: 10 },
        { b: 3, a: 20 },
      ],
      [{ of: 'a', target: 15 }],
    );

    assert.equal(figures, [
      { name: 'b', values: [1, 3], median: 2, least: 1, most: 3 },
      { name: 'a', values: [10, 20], median: 15, least: 10, most: 20, target: 15 },
    ]);
  });

  it('have units and targets of their own', () => {
    const bounds = [{ of: 'lost', target: 0, inEachRound: true } as const];

    assert.equal(figuresOf([{ lost: 0 }, { lost: 1 }], bounds, { lost: 'requests' }), [
      { name: 'lost', values: [0, 1], median: 0.5, least: 0, most: 1, unit: 'requests', target: 0, inEachRound: true },
    ]);
  });

  it('may be missing in a round', () => {
    assert.equal(figuresOf([{ a: 1 }, { a: 2, b: 5 }])[1]?.values, [5]);
  });
});

describe('a ratio', (it) => {
  it('is taken within each round, by the sum of what it is compared with', () => {
    // The ratio of the medians would be 20 / 4 = 5.
    const rounds = [
      { of: 10, x: 1, y: 1 },
      { of: 20, x: 2, y: 3 },
      { of: 60, x: 3, y: 3 },
    ];

    const [ratio] = ratiosOf(rounds, [{ name: 'r', of: 'of', by: ['x', 'y'], target: 4.5 }]);

    assert.equal(ratio, { name: 'r', values: [5, 4, 10], median: 5, least: 4, most: 10, target: 4.5 });
  });

  it('is left out where a part of it was never measured', () => {
    const comparisons = [
      { name: 'missing dividend', of: 'none', by: ['x'] },
      { name: 'missing divisor', of: 'x', by: ['x', 'none'] },
    ];

    assert.equal(ratiosOf([{ x: 1 }], comparisons), []);
  });
});

describe('a target', (it) => {
  it('is met by a median up to it', () => {
    const figure = { name: 'a', values: [2], ...spreadOf([2]) };

    assert.is(isMet({ ...figure, target: 2 }), true);
    assert.is(isMet({ ...figure, target: 1.99 }), false);
    assert.is(isMet(figure), undefined);
  });

  it('may have to be kept to in each round', () => {
    const figure = { name: 'a', values: [0, 0, 1], ...spreadOf([0, 0, 1]), target: 0 };

    assert.is(isMet(figure), true);
    assert.is(isMet({ ...figure, inEachRound: true }), false);
  });
});

describe('the works of a round', (it) => {
  it('come in another order each round, none left out', () => {
    assert.equal(
      [0, 1, 2, 3].map((round) => turnsOf(3, round)),
      [
        [0, 1, 2],
        [1, 2, 0],
        [2, 0, 1],
        [0, 1, 2],
      ],
    );
  });
});
