/** Cells a terminal uses for the text, which has no escapes in it. */
export function widthOf(text: string): number {
  let width = 0;
  for (const character of text) width += cellsOf(character);
  return width;
}

function cellsOf(character: string): number {
  if (/^\p{M}$/u.test(character) || character === '\u200d' || character === '\ufe0f') return 0;
  return /^[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}$/u.test(
    character,
  )
    ? 2
    : 1;
}

/**
 * Rows as lines with aligned columns, two blanks apart, no blanks at the end.
 * @param limit where a line is cut, with `…`; only the last column is, so that nothing shifts. No limit for programs.
 */
export function columnsOf(rows: readonly (readonly string[])[], limit = Number.POSITIVE_INFINITY): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [index, cell] of row.entries()) widths[index] = Math.max(widths[index] ?? 0, widthOf(cell));
  }
  return rows.map((row) => {
    const cells = row.map((cell, index) => cell + ' '.repeat((widths[index] ?? 0) - widthOf(cell)));
    return cut(cells.join('  ').trimEnd(), limit);
  });
}

function cut(line: string, limit: number): string {
  if (widthOf(line) <= limit) return line;
  let kept = '';
  let width = 0;
  for (const character of line) {
    width += cellsOf(character);
    if (width > limit - 1) break;
    kept += character;
  }
  return `${kept}…`;
}
