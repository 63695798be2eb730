import * as assert from 'uvu/assert';
import { type Result, spreadOf } from '../../../scripts/bench/figures.ts';
import { pageOf, tableOf } from '../../../scripts/bench/report.ts';
import { describe } from '../../support/spec.ts';

const figure = (name: string, values: number[], target?: number) => ({
  name,
  values,
  ...spreadOf(values),
  ...(target === undefined ? {} : { target }),
});

const result: Result = {
  name: 'up',
  title: 'start of the platform',
  unit: 'ms',
  rounds: 3,
  figures: [figure('node app.js', [40.04, 38, 52]), figure('localpaas up', [150, 149, 1_234.5])],
  ratios: [figure('up / node', [3.75, 3.9, 3.2], 3), figure('the other way', [0.25], 3)],
  notes: ['pm2 is not installed: not measured.'],
};

describe('the report of a benchmark', (it) => {
  it('is a table whose columns stand below each other, for a terminal', () => {
    assert.is(
      tableOf(result),
      [
        'up: start of the platform (3 rounds, median, least – most)',
        '  node app.js     40.0 ms  38.0 – 52.0',
        '  localpaas up   150.0 ms  149.0 – 1234.5',
        '  up / node        3.75 ×  3.20 – 3.90     ≤ 3 ×: MISSED',
        '  the other way    0.25 ×  0.25 – 0.25     ≤ 3 ×: met',
        '  pm2 is not installed: not measured.',
      ].join('\n'),
    );
  });

  it('tells units that are not those of the benchmark, and targets of each round', () => {
    const lost = { ...figure('lost', [0, 0, 1], 0), unit: 'requests', inEachRound: true } as const;

    const [, line] = tableOf({ ...result, figures: [lost], ratios: [], notes: [] }).split('\n');

    assert.is(line, '  lost  0 requests  0 – 1  ≤ 0 requests each time: MISSED');
  });

  it('is a page with the machine it comes from', () => {
    const page = pageOf({ Node: 'v20.11.0', memory: '8.0G' }, [result]);

    assert.match(page, '| Node | v20.11.0 |\n| memory | 8.0G |\n');
    assert.match(page, '## up\n\nstart of the platform; 3 rounds.\n');
    assert.match(page, '| up / node | 3.75 × | 3.20 – 3.90 | ≤ 3 ×: MISSED |\n');
    assert.match(page, '\npm2 is not installed: not measured.\n');
  });
});
