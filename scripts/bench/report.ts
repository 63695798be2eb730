import { type Figure, isMet, type Result, type Unit } from './figures.ts';
import type { Machine } from './machine.ts';

interface Row {
  readonly name: string;
  readonly median: string;
  readonly range: string;
  readonly target: string;
}

/** The results as a table for a terminal. */
export function tableOf({ name, title, rounds, notes, ...measured }: Result): string {
  const rows = rowsOf(measured);
  const widthOf = (column: keyof Row) => Math.max(...rows.map((row) => row[column].length));
  const [nameWidth, medianWidth, rangeWidth] = [widthOf('name'), widthOf('median'), widthOf('range')];
  const lines = rows.map((row) =>
    `  ${row.name.padEnd(nameWidth)}  ${row.median.padStart(medianWidth)}  ${row.range.padEnd(rangeWidth)}  ${row.target}`.trimEnd(),
  );
  return [
    `${name}: ${title} (${rounds} rounds, median, least – most)`,
    ...lines,
    ...notes.map((note) => `  ${note}`),
  ].join('\n');
}

/** The results as a page. */
export function pageOf(machine: Machine, results: readonly Result[]): string {
  return ['# Measured', '', ...machineTable(machine), '', ...results.flatMap(sectionOf)].join('\n');
}

/** The lines of a table in Markdown. */
export function machineTable(machine: Machine): string[] {
  return ['| | |', '| --- | --- |', ...Object.entries(machine).map(([name, value]) => `| ${name} | ${value} |`)];
}

function sectionOf(result: Result): string[] {
  return [`## ${result.name}`, '', `${result.title}; ${result.rounds} rounds.`, '', ...figuresTable(result)];
}

/** The figures of a benchmark as the lines of a table in Markdown, and what could not be measured. */
export function figuresTable({ notes, ...measured }: Result): string[] {
  const rows = rowsOf(measured).map((row) => `| ${row.name} | ${row.median} | ${row.range} | ${row.target} |`);
  return [
    '| | median | least – most | target |',
    '| --- | ---: | --- | --- |',
    ...rows,
    '',
    ...notes.flatMap((note) => [note, '']),
  ];
}

function rowsOf({ unit, figures, ratios }: Pick<Result, 'unit' | 'figures' | 'ratios'>): Row[] {
  return [...figures.map((figure) => rowOf(figure, unit)), ...ratios.map((figure) => rowOf(figure, '×'))];
}

function rowOf(figure: Figure, usual: Unit | '×'): Row {
  const unit = figure.unit ?? usual;
  const digits = unit === '×' ? 2 : unit === 'requests' ? 0 : 1;
  const met = isMet(figure);
  const each = figure.inEachRound ? ' each time' : '';
  return {
    name: figure.name,
    median: `${figure.median.toFixed(digits)} ${unit}`,
    range: `${figure.least.toFixed(digits)} – ${figure.most.toFixed(digits)}`,
    target: met === undefined ? '' : `≤ ${figure.target} ${unit}${each}: ${met ? 'met' : 'MISSED'}`,
  };
}
