import type { Cell } from './terminal.ts';

const cellWidth = 8.4;
const lineHeight = 19;
const margin = 18;
const titleHeight = 34;

/** Readable on the dark window; in the order of the escape codes 30 to 37. */
const colours = ['#6e7681', '#ff7b72', '#7ee787', '#e3b341', '#79c0ff', '#d2a8ff', '#56d4dd', '#e6edf3'];
const foreground = '#e6edf3';
const dimmed = '#8b949e';

/** A picture of a terminal window, as SVG: sharp at any size, and text a search can find. */
export function drawTerminal(title: string, lines: readonly (readonly Cell[])[]): string {
  const columns = Math.max(80, ...lines.map((line) => line.length));
  const width = Math.round(columns * cellWidth + 2 * margin);
  const height = titleHeight + lines.length * lineHeight + margin;
  const rows = lines.map((line, index) => {
    const y = titleHeight + (index + 1) * lineHeight - 4;
    return `<text x="${margin}" y="${y}" xml:space="preserve">${runsOf(line).join('')}</text>`;
  });
  const dots = ['#ff5f57', '#febc2e', '#28c840'].map(
    (fill, index) => `<circle cx="${20 + index * 20}" cy="17" r="6" fill="${fill}"/>`,
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="${escaped(title)}">`,
    `<rect width="${width}" height="${height}" rx="10" fill="#0d1117"/>`,
    ...dots,
    `<text x="${width / 2}" y="22" fill="${dimmed}" font-family="system-ui, sans-serif" font-size="13" text-anchor="middle">${escaped(title)}</text>`,
    `<g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="14" fill="${foreground}">`,
    ...rows,
    '</g>',
    '</svg>',
    '',
  ].join('\n');
}

/** Neighbours that look alike become one piece, placed by its column so that no font can shift it. */
function runsOf(line: readonly Cell[]): string[] {
  const runs: string[] = [];
  for (let start = 0; start < line.length; ) {
    const first = line[start];
    if (first === undefined) break;
    let end = start + 1;
    while (end < line.length && looksLike(line[end], first)) end += 1;
    const text = line
      .slice(start, end)
      .map((cell) => cell.character)
      .join('');
    const x = (margin + start * cellWidth).toFixed(1);
    const length = ((end - start) * cellWidth).toFixed(1);
    if (text.trim() !== '') {
      runs.push(
        `<tspan x="${x}" textLength="${length}" lengthAdjust="spacing"${styleOf(first)}>${escaped(text)}</tspan>`,
      );
    }
    start = end;
  }
  return runs;
}

function looksLike(cell: Cell | undefined, first: Cell): boolean {
  return cell?.bold === first.bold && cell.dim === first.dim && cell.colour === first.colour;
}

function styleOf({ bold, dim, colour }: Cell): string {
  const fill = colour === undefined ? (dim ? dimmed : undefined) : colours[colour % 10];
  return `${fill === undefined ? '' : ` fill="${fill}"`}${bold ? ' font-weight="700"' : ''}`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
