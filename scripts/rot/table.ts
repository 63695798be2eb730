import { spreadOf } from '../bench/figures.ts';
import type { Damage, Way } from './damage.ts';
import type { Pristine } from './pristine.ts';
import type { Verdict } from './trial.ts';

interface Row {
  rounds: number;
  said: number;
  restored: number;
  differing: number;
  failed: number;
}

/** What all rounds came to. */
export class Table {
  readonly #rows = new Map<string, Row>();
  readonly #startsMs: number[] = [];
  failures = 0;

  add(pristine: Pristine, damages: readonly Damage[], verdict: Verdict): void {
    if (verdict.violations.length > 0) this.failures += 1;
    if (!Number.isNaN(verdict.readyMs)) this.#startsMs.push(verdict.readyMs);
    const ways = new Set<Way | 'nothing'>(damages.length === 0 ? ['nothing'] : damages.map(({ way }) => way));
    for (const name of ['all rounds', `a ${pristine.name} platform`, ...ways]) this.#count(name, verdict);
  }

  progress(round: number, rounds: number): string {
    const all = this.#rows.get('all rounds');
    return `round ${round} of ${rounds}: ${all?.restored ?? 0} restored, ${this.failures} failed`;
  }

  text(): string {
    const head = ['', 'rounds', 'said', 'restored', 'older or lost', 'failed'];
    const rows = [...this.#rows].map(([name, row]) => [
      name,
      ...[row.rounds, row.said, row.restored, row.differing, row.failed].map(String),
    ]);
    const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => row[column]?.length ?? 0)));
    const lines = [head, ...rows].map((row) =>
      row
        .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
        .join('  '),
    );
    return [...lines, '', this.#times()].join('\n');
  }

  #times(): string {
    if (this.#startsMs.length === 0) return 'nothing came up';
    const { median, least, most } = spreadOf(this.#startsMs);
    return `up took ${median.toFixed(0)} ms, ${least.toFixed(0)} – ${most.toFixed(0)}`;
  }

  #count(name: string, { wasSaid, wasRestored, differing, violations }: Verdict): void {
    const row = this.#rows.get(name) ?? { rounds: 0, said: 0, restored: 0, differing: 0, failed: 0 };
    row.rounds += 1;
    row.said += Number(wasSaid);
    row.restored += Number(wasRestored);
    row.differing += Number(differing > 0);
    row.failed += Number(violations.length > 0);
    this.#rows.set(name, row);
  }
}
