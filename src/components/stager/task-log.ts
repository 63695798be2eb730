/** A line that belongs to a task, as it is said. */
export type Say = (stream: 'OUT' | 'ERR', text: string) => void;

/** The log of one task: the `task_log` of its reply, and the same lines live. */
export class TaskLog {
  readonly #say: Say;
  readonly #lines: string[] = [];

  constructor(say: Say) {
    this.#say = say;
  }

  /** `[2012-11-13 22:13:08] text` for each line, each ended by a line feed. */
  get text(): string {
    return this.#lines.map((line) => `${line}\n`).join('');
  }

  line(text: string, at = new Date()): void {
    this.#lines.push(stamped(text, at));
    this.#say('OUT', text);
  }

  /** @param isKept whether it also stands in the reply's log: the originals kept only what failed while staging */
  failure(text: string, isKept: boolean, at = new Date()): void {
    if (isKept) this.#lines.push(stamped(text, at));
    for (const line of text.split('\n')) this.#say('ERR', line);
  }
}

/** Local time, without a fraction. */
function stamped(text: string, at: Date): string {
  const two = (number: number) => String(number).padStart(2, '0');
  const date = [at.getFullYear(), two(at.getMonth() + 1), two(at.getDate())].join('-');
  const time = [two(at.getHours()), two(at.getMinutes()), two(at.getSeconds())].join(':');
  return `[${date} ${time}] ${text}`;
}
