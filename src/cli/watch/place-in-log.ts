/** Where a program failed, as far as its log tells. */
export interface Place {
  /** Of the app, from its top. */
  readonly path: string;
  readonly line: number;
}

/** How languages name a place: in Node, Ruby, Go and Java; in Python; in PHP. */
const places = [
  /(?:^|[\s("'])((?:[\w@.+-]|\/)+\.\w+):(\d+)\b/g,
  /\bFile "([^"]+)", line (\d+)/g,
  /\bin (\S+) on line (\d+)/g,
];

/** Lines that say what is wrong, by what stands in them around it. */
const reasons = [
  /\b(PHP \w+ error:.*)/,
  /^\s*(?:Uncaught )?((?:\w+\.)*\w*(?:Error|Exception)(?: \[\w+\])?:.*)/,
  /\.rb:\d+:(?:in [`'].*?':)? (.*)/,
  /^(panic: .*)/,
  /^Exception in thread \S+ (.*)/,
];

/**
 * The place in the app that its last words name: the deepest of a Python trace; the first of all others, for those begin
 * with it. Places outside of the app and in its dependencies are passed over.
 * @param paths what the app consists of
 */
export function placeInLog(lines: readonly string[], paths: ReadonlySet<string>): Place | undefined {
  const found = lines.flatMap((line) => placesIn(line, paths));
  const own = found.filter(({ path }) => !/(^|\/)(node_modules|vendor|site-packages)\//.test(path));
  return lines.some((line) => line.startsWith('Traceback (most recent call last)')) ? own.at(-1) : own[0];
}

/** What is wrong, in the words of the program. */
export function reasonInLog(lines: readonly string[]): string | undefined {
  for (const reason of reasons) {
    const found = lines.find((line) => reason.test(line));
    const [, said] = reason.exec(found ?? '') ?? [];
    if (said !== undefined) return inShort(said);
  }
  return undefined;
}

/** Without the place, which is told apart from it, and without where the instance happens to lie. */
function inShort(reason: string): string {
  return reason
    .replace(/ in \S+(?: on line |:)\d+$/, '')
    .replace(/(['"\s(])\/\S*?\/app\//g, '$1')
    .replace(/\s+/g, ' ')
    .trim();
}

function placesIn(text: string, paths: ReadonlySet<string>): Place[] {
  return places.flatMap((pattern) =>
    [...text.matchAll(pattern)].flatMap(([, path = '', line]) => {
      const own = ownPath(path, paths);
      return own === undefined ? [] : [{ path: own, line: Number(line) }];
    }),
  );
}

/** An instance's files lie in a directory called `app`, wherever that is. Java tells only the last part of a path. */
function ownPath(path: string, paths: ReadonlySet<string>): string | undefined {
  const start = path.indexOf('/app/');
  const relative = start < 0 ? path.replace(/^\.\//, '') : path.slice(start + '/app/'.length);
  if (paths.has(relative)) return relative;
  if (relative.includes('/')) return undefined;
  const [only, ...others] = [...paths].filter((each) => each.endsWith(`/${relative}`));
  return others.length === 0 ? only : undefined;
}
