import { columnsOf } from './columns.ts';
import { printable, type Style, styleFor } from './style.ts';
import type { TextSink } from './world.ts';

/** Results, on standard output: lines and tables for people, JSON for programs. */
export class Output {
  readonly style: Style;
  readonly #sink: TextSink;

  constructor(sink: TextSink, env: Readonly<Record<string, string | undefined>>) {
    this.#sink = sink;
    this.style = styleFor(sink, env);
  }

  line(text = ''): void {
    this.#sink.write(`${text}\n`);
  }

  /** Text or bytes as they are. */
  raw(content: string | Uint8Array): void {
    this.#sink.write(content);
  }

  json(value: unknown): void {
    this.line(JSON.stringify(value, null, 2));
  }

  /** One of several things that happen, on a line of its own: who reads along need not know where it ends. */
  event(value: { readonly event: string; readonly [field: string]: unknown }): void {
    this.line(JSON.stringify(value));
  }

  /** A table with a heading. A terminal that is too narrow gets its lines cut at the right. */
  table(heading: readonly string[], rows: readonly (readonly string[])[]): void {
    const [first = '', ...lines] = columnsOf([heading, ...rows.map((row) => row.map(printable))], this.#width);
    this.line(this.style.dim(first));
    for (const line of lines) this.line(line);
  }

  /** Facts about one thing, each on a line: `memory  128M`. */
  facts(facts: readonly (readonly [name: string, value: string])[]): void {
    const widest = Math.max(0, ...facts.map(([name]) => name.length));
    for (const [name, value] of facts) {
      this.line(`${this.style.dim(name.padEnd(widest))}  ${printable(value)}`.trimEnd());
    }
  }

  get #width(): number | undefined {
    return this.#sink.isTTY === true ? this.#sink.columns : undefined;
  }
}
