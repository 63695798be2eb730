/** Lines that belong to a task, as they are said. Who says much waits for what is returned. */
export type Say = (stream: 'OUT' | 'ERR', lines: readonly string[]) => Promise<void> | void;

/** A reply travels on the bus, where a message has 1 MB at most. */
const keptAtBeginning = 100_000;
const keptAtEnd = 300_000;

/** The log of one task: the `task_log` of its reply, and the same lines live. */
export class TaskLog {
  readonly #say: Say;
  readonly #lines = new BothEnds(keptAtBeginning, keptAtEnd);
  readonly #unfinished = { OUT: '', ERR: '' };

  constructor(say: Say) {
    this.#say = say;
  }

  /** `[2012-11-13 22:13:08] text` for each line, each ended by a line feed. The middle of a long one is left out. */
  get text(): string {
    return this.#lines.text;
  }

  line(text: string, at = new Date()): void {
    this.#lines.add(stamped(text, at));
    void this.#say('OUT', [text]);
  }

  /** What a program prints: pieces of text, cut anywhere. */
  async output(stream: 'OUT' | 'ERR', piece: string, at = new Date()): Promise<void> {
    const lines = `${this.#unfinished[stream]}${piece}`.split(/\r?\n/);
    this.#unfinished[stream] = lines.pop() ?? '';
    await this.#output(stream, lines, at);
  }

  /** Nothing more is printed: the last line may have no end. */
  async outputEnded(at = new Date()): Promise<void> {
    for (const stream of ['OUT', 'ERR'] as const) {
      const rest = this.#unfinished[stream];
      this.#unfinished[stream] = '';
      if (rest !== '') await this.#output(stream, [rest], at);
    }
  }

  /** The last lines that were logged. */
  tail(count: number): string[] {
    return this.#lines.last(count);
  }

  /** @param isKept whether it also stands in the reply's log: the originals kept only what failed while staging */
  failure(text: string, isKept: boolean, at = new Date()): void {
    if (isKept) this.#lines.add(stamped(text, at));
    void this.#say('ERR', text.split('\n'));
  }

  async #output(stream: 'OUT' | 'ERR', lines: readonly string[], at: Date): Promise<void> {
    if (lines.length === 0) return;
    for (const line of lines) this.#lines.add(stamped(line, at));
    await this.#say(stream, lines);
  }
}

/** Lines of which so many characters are kept from the beginning, and so many from the end. */
class BothEnds {
  readonly #atBeginning: number;
  readonly #atEnd: number;
  readonly #first: string[] = [];
  readonly #last: string[] = [];
  #firstCharacters = 0;
  #lastCharacters = 0;
  #left = 0;

  constructor(atBeginning: number, atEnd: number) {
    this.#atBeginning = atBeginning;
    this.#atEnd = atEnd;
  }

  get text(): string {
    const gap = this.#left === 0 ? [] : [`… ${this.#left} lines are left out here …`];
    return [...this.#first, ...gap, ...this.#last].map((line) => `${line}\n`).join('');
  }

  last(count: number): string[] {
    return [...this.#first, ...this.#last].slice(-count);
  }

  add(line: string): void {
    if (this.#last.length === 0 && this.#firstCharacters + line.length < this.#atBeginning) {
      this.#first.push(line);
      this.#firstCharacters += line.length;
      return;
    }
    this.#last.push(line);
    this.#lastCharacters += line.length;
    if (this.#lastCharacters > 2 * this.#atEnd) this.#forget();
  }

  /** Now and then, for taking away the first line of many is slow. */
  #forget(): void {
    let from = 0;
    for (; this.#lastCharacters > this.#atEnd && from < this.#last.length - 1; from += 1) {
      this.#lastCharacters -= this.#last[from]?.length ?? 0;
    }
    this.#last.splice(0, from);
    this.#left += from;
  }
}

/** Local time, without a fraction. */
function stamped(text: string, at: Date): string {
  const two = (number: number) => String(number).padStart(2, '0');
  const date = [at.getFullYear(), two(at.getMonth() + 1), two(at.getDate())].join('-');
  const time = [two(at.getHours()), two(at.getMinutes()), two(at.getSeconds())].join(':');
  return `[${date} ${time}] ${text}`;
}
