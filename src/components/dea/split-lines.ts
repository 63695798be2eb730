const newline = 0x0a;
const carriageReturn = 0x0d;

/** Cuts a stream of bytes into lines of text. Lines longer than `maxBytes` are cut between two characters. */
export class LineSplitter {
  readonly #maxBytes: number;
  #pending: Buffer = Buffer.alloc(0);

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Bytes of a line whose end has not come yet. */
  get pendingBytes(): number {
    return this.#pending.length;
  }

  /** The lines that `chunk` completes. Bytes that are not UTF-8 are replaced. */
  push(chunk: Buffer): string[] {
    const lines: string[] = [];
    let rest = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk]);
    for (;;) {
      const end = rest.indexOf(newline);
      if (end < 0 ? rest.length <= this.#maxBytes : end <= this.#maxBytes) {
        if (end < 0) break;
        lines.push(textOf(rest.subarray(0, end)));
        rest = rest.subarray(end + 1);
      } else {
        const cut = characterBoundary(rest, this.#maxBytes);
        lines.push(rest.toString('utf8', 0, cut));
        rest = rest.subarray(cut);
      }
    }
    // A copy, or a few bytes would keep the whole chunk in memory.
    this.#pending = Buffer.from(rest);
    return lines;
  }

  /** The line without an end so far, or `undefined` when there is none. */
  flush(): string | undefined {
    if (this.#pending.length === 0) return undefined;
    const text = textOf(this.#pending);
    this.#pending = Buffer.alloc(0);
    return text;
  }

  /** Forgets the line without an end. */
  reset(): void {
    this.#pending = Buffer.alloc(0);
  }
}

function textOf(line: Buffer): string {
  const end = line.at(-1) === carriageReturn ? line.length - 1 : line.length;
  return line.toString('utf8', 0, end);
}

/** The last place at or before `at` where a character begins: UTF-8's following bytes look like 10xxxxxx. */
function characterBoundary(bytes: Buffer, at: number): number {
  for (let cut = at; cut > at - 4; cut -= 1) if (((bytes[cut] ?? 0) & 0xc0) !== 0x80) return cut;
  return at;
}
