import { expressionOf } from './ignore-glob.ts';

/** What is never part of an app; `.cfignore` cannot take it in again. */
export const leftOutByHabit: readonly string[] = [
  '.cfignore',
  '.DS_Store',
  '.git',
  '.gitignore',
  '.hg',
  '.svn',
  '_darcs',
  'manifest.yaml',
  'manifest.yml',
];

interface Rule {
  readonly pattern: RegExp;
  readonly onlyDirectories: boolean;
  readonly takesIn: boolean;
}

/**
 * Which files stay at home, by the rules of a `.cfignore`, which are those of a `.gitignore`: one pattern on a line,
 * the last that matches decides, `!` takes in again, `/` at the end means directories only, `/` elsewhere ties the
 * pattern to the top. What lies in an ignored directory is not looked at.
 */
export class IgnoreRules {
  readonly #rules: readonly Rule[];

  /** @param last patterns that follow those of the text, and so count more */
  constructor(text: string, last: readonly string[] = leftOutByHabit) {
    this.#rules = [...text.replace(/^\uFEFF/, '').split(/\r?\n/), ...last].flatMap((line) => ruleOf(line) ?? []);
  }

  /** @param path relative to the app, with `/` */
  ignores(path: string, isDirectory: boolean): boolean {
    const decisive = this.#rules.findLast(
      ({ pattern, onlyDirectories }) => (isDirectory || !onlyDirectories) && pattern.test(path),
    );
    return decisive !== undefined && !decisive.takesIn;
  }
}

function ruleOf(line: string): Rule | undefined {
  if (line.startsWith('#')) return undefined;
  const takesIn = line.startsWith('!');
  let glob = withoutBlanksAtEnd(takesIn ? line.slice(1) : line);
  const onlyDirectories = glob.endsWith('/');
  if (onlyDirectories) glob = glob.slice(0, -1);
  if (glob === '') return undefined;
  const isTied = glob.includes('/');
  const body = expressionOf(glob.replace(/^\//, ''));
  if (body === undefined) return undefined;
  return { pattern: new RegExp(`^${isTied ? '' : '(?:.*/)?'}${body}$`, 's'), onlyDirectories, takesIn };
}

/** A blank that is escaped stays. */
function withoutBlanksAtEnd(text: string): string {
  const blanks = / +$/.exec(text);
  if (blanks === null) return text;
  const kept = text.slice(0, blanks.index);
  const escapes = /\\*$/.exec(kept)?.[0].length ?? 0;
  return escapes % 2 === 1 ? `${kept} ` : kept;
}
