import type { Damage } from '#ground/damage.ts';
import type { Cli } from '../cli.ts';
import { printable, type Style } from '../style.ts';

/** Of longer lists, how many names a terminal shows; the log has all of them. */
const namesShown = 8;

/** Standard output tells programs, and standard error people. */
export function tellDamage({ out, progress }: Cli, damage: Damage, asJson: boolean): void {
  if (asJson) out.event({ event: 'damage', ...damage });
  else progress.line(damageText(damage, progress.style));
}

/** Damage for people, in a few lines. */
function damageText({ found, done, keptIn, restored, older, lost, next }: Damage, style: Style): string {
  const lines = [
    [found, done].join(' '),
    ...list('came back', restored),
    ...list('older than it was', older),
    ...list('lost', lost),
    ...(keptIn === undefined ? [] : [`the damaged files are kept in ${keptIn}`]),
    ...(next === undefined ? [] : [next]),
  ];
  const [first = '', ...rest] = lines.map(printable);
  return [`${style.yellow('damaged')}  ${first}`, ...rest.map((line) => `         ${line}`)].join('\n');
}

function list(what: string, names: readonly string[] = []): string[] {
  if (names.length === 0) return [];
  const more = names.length - namesShown;
  return [`${what}: ${names.slice(0, namesShown).join(', ')}${more > 0 ? ` and ${more} more` : ''}`];
}
