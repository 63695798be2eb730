import * as v from 'valibot';
import { ActionableError } from '#ground/errors.ts';
import { jsonIn } from '#ground/json-in.ts';
import { reasonOf } from '#ground/reason-of.ts';
import type { Figure, Result } from './figures.ts';
import type { Machine } from './machine.ts';
import { type BenchmarkName, benchmarkNames } from './options.ts';

/** What a run measured, and where. */
export interface Results {
  readonly machine: Machine;
  readonly results: readonly (Result & { readonly name: BenchmarkName })[];
}

const Unit = v.picklist(['ms', 'MB', 'µs', 'ns', 'B', 'requests']);

const FigureShape = v.object({
  name: v.string(),
  values: v.array(v.number()),
  median: v.number(),
  least: v.number(),
  most: v.number(),
  unit: v.exactOptional(Unit),
  target: v.exactOptional(v.number()),
  inEachRound: v.exactOptional(v.literal(true)),
});

const ResultsShape = v.object({
  machine: v.record(v.string(), v.string()),
  results: v.array(
    v.object({
      name: v.picklist(benchmarkNames),
      title: v.string(),
      unit: Unit,
      rounds: v.number(),
      figures: v.array(FigureShape),
      ratios: v.array(FigureShape),
      notes: v.array(v.string()),
    }),
  ),
});

/** The results as JSON with a line for each figure, to the thousandth: for a file that is kept and compared. */
export function textOf({ machine, results }: Results): string {
  const parts = results.map(({ figures, ratios, ...rest }) => {
    const head = compact(rest).slice(1, -1);
    return `    {\n      ${head},\n      "figures": ${linesOf(figures)},\n      "ratios": ${linesOf(ratios)}\n    }`;
  });
  return `{\n  "machine": ${compact(machine)},\n  "results": [\n${parts.join(',\n')}\n  ]\n}\n`;
}

function linesOf(figures: readonly Figure[]): string {
  if (figures.length === 0) return '[]';
  return `[\n${figures.map((figure) => `        ${compact(figure)}`).join(',\n')}\n      ]`;
}

function compact(value: object): string {
  return JSON.stringify(value, (_, each) => (typeof each === 'number' ? Number(each.toFixed(3)) : each));
}

/** @throws ActionableError BAD_INPUT for something else than the results of a run */
export function resultsIn(text: string, file: string): Results {
  const checked = v.safeParse(ResultsShape, jsonIn(text));
  if (checked.success) return checked.output;
  throw new ActionableError(
    'BAD_INPUT',
    `${file} does not hold the results of a run: ${reasonOf(checked.issues)}.`,
    'Make it anew with `npm run bench`.',
  );
}
