/** Far more levels than anything a person writes has; a few hundred more would exhaust the stack of who reads it. */
const mostLevels = 200;

/**
 * Whether a YAML text may be nested too deeply to be read. It is looked at letter by letter: a bracket in a text counts as
 * one that opens a list.
 */
export function isNestedTooDeeply(text: string): boolean {
  const indents: number[] = [];
  let open = 0;
  for (const line of text.split('\n')) {
    const [start = ''] = /^[ \t]*(?:[-?:][ \t]+)*/.exec(line) ?? [];
    const indent = start.length - start.trimStart().length;
    while (indent < (indents.at(-1) ?? -1)) indents.pop();
    if (indent > (indents.at(-1) ?? -1)) indents.push(indent);
    const brackets = bracketsIn(line, open);
    open = brackets.open;
    if (indents.length + start.replace(/[ \t]/g, '').length + brackets.deepest > mostLevels) return true;
  }
  return false;
}

function bracketsIn(line: string, before: number): { open: number; deepest: number } {
  let open = before;
  let deepest = before;
  for (const letter of line) {
    if (letter === '[' || letter === '{') open += 1;
    else if (letter === ']' || letter === '}') open = Math.max(0, open - 1);
    deepest = Math.max(deepest, open);
  }
  return { open, deepest };
}
