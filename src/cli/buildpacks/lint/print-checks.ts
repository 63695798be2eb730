import type { Cli } from '../../cli.ts';
import type { Finding } from '../../doctor/finding.ts';
import { printable } from '../../style.ts';

/** One line for each check, with what to do below those that need it. */
export function printChecks(cli: Cli, name: string, checks: readonly Finding[]): void {
  const { green, yellow, red, dim } = cli.out.style;
  const marks = { ok: green('ok     '), warning: yellow('warning'), problem: red('problem') };
  const widest = Math.max(...checks.map(({ check }) => check.length));
  for (const { check, result, found, remedy } of checks) {
    cli.out.line(`${marks[result]}  ${printable(check).padEnd(widest)}  ${printable(found)}`);
    for (const line of remedy?.split('\n') ?? []) cli.out.line(`${' '.repeat(widest + 11)}${dim(printable(line))}`);
  }
  const count = (wanted: Finding['result']) => checks.filter(({ result }) => result === wanted).length;
  const [problems, warnings] = [count('problem'), count('warning')];
  cli.out.line();
  const also = warnings === 0 ? '' : `, ${warnings} ${warnings === 1 ? 'warning' : 'warnings'}`;
  if (problems > 0)
    cli.out.line(`${name} does not work: ${problems} ${problems === 1 ? 'problem' : 'problems'}${also}.`);
  else cli.out.line(`${name} works${also}.`);
}
