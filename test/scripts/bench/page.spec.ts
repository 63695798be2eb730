import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { ActionableError } from '#ground/errors.ts';
import { explanations } from '../../../scripts/bench/explanations.ts';
import { type Figure, spreadOf } from '../../../scripts/bench/figures.ts';
import { type BenchmarkName, benchmarkNames } from '../../../scripts/bench/options.ts';
import { performancePage, summaryOf } from '../../../scripts/bench/page.ts';
import { publish } from '../../../scripts/bench/publish.ts';
import { type Results, resultsIn, textOf } from '../../../scripts/bench/results-file.ts';
import { scratchDirectory } from '../../support/scratch.ts';
import { describe } from '../../support/spec.ts';
import { thrownBy } from '../../support/thrown.ts';

const figure = (name: string, values: number[], more: Partial<Figure> = {}): Figure => ({
  name,
  values,
  ...spreadOf(values),
  ...more,
});

const resultOf = (name: BenchmarkName): Results['results'][number] => ({
  name,
  title: `about ${name}`,
  unit: 'ms',
  rounds: 3,
  figures: [
    figure('bare', [40.0004, 41, 42]),
    figure('lost', [0, 0, 1], { unit: 'requests', target: 0, inEachRound: true }),
  ],
  ratios: [figure('quick', [1.5, 1.25, 2], { target: 1.8 })],
  notes: ['hotel is not installed: not measured.'],
});

const measured: Results = { machine: { Node: 'v20.11.0' }, results: benchmarkNames.map(resultOf) };

describe('docs/performance.md', (it) => {
  it('is what is made of docs/performance.json', async () => {
    const [data, page] = ['docs/performance.json', 'docs/performance.md'];
    const text = await readFile(data, 'utf8');

    assert.is(await readFile(page, 'utf8'), performancePage(resultsIn(text, data)));
    assert.is(text, textOf(resultsIn(text, data)));
  });
});

describe('the page about a run', (it) => {
  it('explains each benchmark, and has its figures, what was not measured and the machine', () => {
    const page = performancePage(measured);

    assert.match(page, '| Node | v20.11.0 |\n');
    assert.match(page, '| quick | 1.50 × | 1.25 – 2.00 | ≤ 1.8 ×: met |\n');
    assert.match(page, '| lost | 0 requests | 0 – 1 | ≤ 0 requests each time: MISSED |\n');
    assert.match(page, '\nhotel is not installed: not measured.\n');
    for (const name of benchmarkNames)
      assert.match(page, `## ${explanations[name].heading}\n\n${explanations[name].what}`);
  });

  it('says first what was promised and not kept', () => {
    assert.equal(summaryOf([resultOf('watch')]), ['1 of 2 targets were met. Missed:', '', '- watch: lost']);
    assert.equal(summaryOf([{ ...resultOf('watch'), figures: [] }]), ['1 of 1 targets were met.']);
  });

  it('names what the run did not measure', () => {
    const results = measured.results.filter(({ name }) => name !== 'push' && name !== 'router');

    assert.match(performancePage({ ...measured, results }), '\nNot measured in this run: push, router.\n');
    assert.not.match(performancePage(measured), 'Not measured in this run');
  });

  it('is written, with its figures, from the results of a run', async (scope) => {
    const project = await scratchDirectory(scope);
    await mkdir(join(project, 'docs'));
    await writeFile(join(project, 'results.json'), JSON.stringify(measured));

    await publish(project, project);

    const text = await readFile(join(project, 'docs', 'performance.json'), 'utf8');
    const kept = resultsIn(text, 'kept');
    assert.equal(kept.results[0]?.figures[0]?.values, [40, 41, 42]);
    assert.is(kept.results.length, benchmarkNames.length);
    assert.is(await readFile(join(project, 'docs', 'performance.md'), 'utf8'), performancePage(kept));
  });

  it('is not made from nothing, or from something else', async (scope) => {
    const project = await scratchDirectory(scope);
    const file = join(project, 'results.json');
    const bad: [string | undefined, RegExp][] = [
      [undefined, /There is no/],
      ['{"machine":{},"results":[{"name":"lunch"}]}', /does not hold the results of a run: results\.0\.name/],
      ['no JSON', /does not hold/],
    ];
    for (const [text, message] of bad) {
      if (text !== undefined) await writeFile(file, text);
      const error = await thrownBy(() => publish(project, project));

      assert.instance(error, ActionableError);
      assert.match(error.message, message);
    }
  });
});
