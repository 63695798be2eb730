/**
 * A pattern of a .gitignore as an expression, as git's own wildmatch takes it; `undefined` for one that is broken, which
 * matches nothing.
 */
export function expressionOf(glob: string): string | undefined {
  const pieces = glob.match(piece) ?? [];
  // git compares what stands before the first of these letters by itself; what follows is the start of a pattern to it.
  const start = pieces.findIndex((token) => token.length > 1 || '*?[\\'.includes(token));
  const translated = pieces.map((token, index) => translate(token, index === start));
  return translated.includes(undefined) ? undefined : translated.join('');
}

/** `**` between slashes, stars, a class up to its `]`, an escaped letter, any other. */
const piece =
  /(?:\*\*\/)+|\/(?:\*\*\/)+|\/\*\*+$|\*+|\?|\[[!^]?\]?(?:\[:[a-z]*:\]|\\.|(?!\[:[^\]]*:\])[^\]\\])*\]|\\.|./gs;

const anyDirectories = '(?:.*/)?';

function translate(token: string, isStart: boolean): string | undefined {
  if (/^(\*\*\/)+$/.test(token)) return isStart ? anyDirectories : `[^/]*/${token.length > 3 ? anyDirectories : ''}`;
  if (/^\/(\*\*\/)+$/.test(token)) return `/${anyDirectories}`;
  if (token.startsWith('/**')) return '/.+';
  if (token.startsWith('*')) return '[^/]*';
  return token.length === 1 ? letter(token) : longer(token);
}

/** One that opens what is never closed breaks the pattern. */
function letter(token: string): string | undefined {
  if (token === '?') return '[^/]';
  return token === '[' || token === '\\' ? undefined : escaped(token);
}

function longer(token: string): string | undefined {
  return token.startsWith('[') ? classOf(token) : escaped(letterOf(token));
}

function escaped(letter: string): string {
  return letter.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
}

const named: Readonly<Record<string, string>> = {
  alnum: '0-9A-Za-z',
  alpha: 'A-Za-z',
  blank: ' \\t',
  cntrl: '\\x00-\\x1f\\x7f',
  digit: '0-9',
  graph: '\\x21-\\x7e',
  lower: 'a-z',
  print: '\\x20-\\x7e',
  punct: '!-\\/:-@\\[-`{-~',
  space: ' \\t\\n\\v\\f\\r',
  upper: 'A-Z',
  xdigit: '0-9A-Fa-f',
};

/** `[a-z]`, `[!a-z]`, `[[:alpha:]]`. A slash is matched by a slash only. */
function classOf(token: string): string | undefined {
  const isNegated = /^\[[!^]/.test(token);
  const members = token.slice(isNegated ? 2 : 1, -1).match(/\[:[a-z]*:\]|(?:\\.|.)-(?:\\.|.)|\\.|./gs) ?? [];
  const parts = members.map(memberOf);
  if (parts.includes(undefined)) return undefined;
  const set = parts.join('');
  if (set === '') return undefined;
  return `(?!/)[${isNegated ? '^' : ''}${set}]`;
}

function memberOf(member: string): string | undefined {
  const name = /^\[:([a-z]*):\]$/.exec(member)?.[1];
  if (name !== undefined) return Object.hasOwn(named, name) ? named[name] : undefined;
  const [, from, to] = /^(\\.|.)-(\\.|.)$/s.exec(member) ?? [];
  if (from === undefined || to === undefined) return escaped(letterOf(member));
  const [first, last] = [letterOf(from), letterOf(to)];
  // A range that runs backwards holds nothing but what it begins with.
  return first <= last ? `${escaped(first)}-${escaped(last)}` : escaped(first);
}

function letterOf(text: string): string {
  return text.length > 1 && text.startsWith('\\') ? text.slice(1) : text;
}
