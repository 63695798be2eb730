/** What is never part of an app, unless `.cfignore` takes it in with `!`. */
const never = ['.git', '.hg', '.svn', '.DS_Store', '/.cfignore', '/.gitignore', '/manifest.yml', '/manifest.yaml'];

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

  constructor(text: string) {
    this.#rules = [...never, ...text.split(/\r?\n/)].flatMap((line) => ruleOf(line) ?? []);
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
  const takesIn = line.startsWith('!');
  let glob = (takesIn ? line.slice(1) : line).replace(/(?<!\\)\s+$/, '');
  if (glob === '' || line.startsWith('#')) return undefined;
  const onlyDirectories = glob.endsWith('/');
  if (onlyDirectories) glob = glob.slice(0, -1);
  const isTied = glob.includes('/');
  const body = expressionOf(glob.replace(/^\//, ''));
  return { pattern: new RegExp(`^${isTied ? '' : '(?:.*/)?'}${body}$`, 's'), onlyDirectories, takesIn };
}

const piece = /\*\*\/|\/\*\*$|\*+|\?|\[[!^]?\]?[^\]]*\]|\\.|./gs;

function expressionOf(glob: string): string {
  return (glob.match(piece) ?? []).map(translate).join('');
}

function translate(token: string): string {
  if (token === '**/') return '(?:.*/)?';
  if (token === '/**') return '/.+';
  if (token.startsWith('*')) return '[^/]*';
  if (token === '?') return '[^/]';
  if (token.startsWith('[') && token.length > 1) return classOf(token);
  const literal = token.startsWith('\\') && token.length > 1 ? token.slice(1) : token;
  return literal.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
}

/** `[a-z]`, `[!a-z]`; one that is no class, such as `[z-a]`, stands for itself. */
function classOf(token: string): string {
  const isNegated = /^\[[!^]/.test(token);
  const members = token.slice(isNegated ? 2 : 1, -1).replace(/[\\\][^]/g, '\\$&');
  const expression = `(?!/)[${isNegated ? '^' : ''}${members}]`;
  try {
    new RegExp(expression);
    return expression;
  } catch {
    return token.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'); // not a range, so it means its letters
  }
}
