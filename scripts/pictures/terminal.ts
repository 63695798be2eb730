/** One cell's look. */
interface Look {
  readonly bold: boolean;
  readonly dim: boolean;
  /** 30–37 or 90–97, as in the escape sequence; the default colour when undefined. */
  readonly colour: number | undefined;
}

export interface Cell extends Look {
  readonly character: string;
}

const plain: Look = { bold: false, dim: false, colour: undefined };

/** The screen a terminal shows after `output`: the part of a terminal's language that our command line uses. */
export function screenOf(output: string): Cell[][] {
  const screen = new Screen();
  // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences begin with one
  const pattern = /\u001b\[([\d;?]*)([A-Za-z])|[\s\S]/gu;
  for (const [token, parameters = '', action] of output.matchAll(pattern)) {
    if (action === undefined) screen.print(token);
    else if (action === 'm') screen.changeLook(parameters);
    else if (action === 'K') screen.eraseToEnd();
  }
  return screen.lines;
}

class Screen {
  readonly lines: Cell[][] = [[]];
  #column = 0;
  #look = plain;

  print(character: string): void {
    if (character === '\r') this.#column = 0;
    else if (character === '\n') this.#newLine();
    else this.#put({ ...this.#look, character });
  }

  eraseToEnd(): void {
    const line = this.lines.at(-1);
    if (line !== undefined) line.length = Math.min(line.length, this.#column);
  }

  changeLook(parameters: string): void {
    for (const code of parameters.split(';')) this.#look = lookAfter(this.#look, Number(code));
  }

  #newLine(): void {
    this.lines.push([]);
    this.#column = 0;
  }

  #put(cell: Cell): void {
    const line = this.lines.at(-1) ?? [];
    while (line.length < this.#column) line.push({ ...plain, character: ' ' });
    line[this.#column] = cell;
    this.#column += 1;
  }
}

const changes: Readonly<Record<number, Partial<Look>>> = {
  0: plain,
  1: { bold: true },
  2: { dim: true },
  22: { bold: false, dim: false },
  39: { colour: undefined },
};

function lookAfter(before: Look, code: number): Look {
  const isColour = (code >= 30 && code <= 37) || (code >= 90 && code <= 97);
  return isColour ? { ...before, colour: code } : { ...before, ...changes[code] };
}
