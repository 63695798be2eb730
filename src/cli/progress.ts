import { widthOf } from './columns.ts';
import { printable, type Style, styleFor } from './style.ts';
import type { TextSink } from './world.ts';

const frames = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const frameMs = 80;

/**
 * How work is going, on standard error. On a terminal the current step is one line that moves; everywhere else each
 * step is a line of its own, written once.
 */
export class Progress {
  readonly style: Style;
  readonly #sink: TextSink;
  readonly #moves: boolean;
  #step: string | undefined;
  #detail = '';
  #frame = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(sink: TextSink, env: Readonly<Record<string, string | undefined>>) {
    this.#sink = sink;
    this.style = styleFor(sink, env);
    this.#moves = sink.isTTY === true && env['TERM'] !== 'dumb' && env['CI'] === undefined;
  }

  /** Begins the next step, which ends the one before. */
  step(text: string): void {
    this.end();
    if (!this.#moves) {
      this.line(text);
      return;
    }
    this.#step = text;
    this.#draw();
    // Unref'd: a moving line alone must not keep the process alive.
    this.#timer = setInterval(() => this.#draw(), frameMs).unref();
  }

  /** What can be said about the current step just now; shown on terminals only. */
  detail(text: string): void {
    this.#detail = text;
  }

  /** A line that stays, above the current step. */
  line(text: string): void {
    this.#erase();
    this.#sink.write(`${text}\n`);
    this.#draw();
  }

  /** Something the user should know although the work goes on. */
  warn(text: string): void {
    this.line(`${this.style.yellow('warning')}  ${printable(text)}`);
  }

  /** Ends the current step; on a terminal `done`, or else the step itself, stays as a line. */
  end(done?: string): void {
    const step = this.#step;
    clearInterval(this.#timer);
    this.#erase();
    this.#timer = undefined;
    this.#step = undefined;
    this.#detail = '';
    if (this.#moves && step !== undefined) this.#sink.write(`${this.style.green('✔')} ${done ?? step}\n`);
    else if (done !== undefined) this.#sink.write(`${done}\n`);
  }

  /** Ends the current step because it failed, or because nobody wants it any more. */
  drop(): void {
    clearInterval(this.#timer);
    this.#erase();
    this.#timer = undefined;
    this.#step = undefined;
  }

  #erase(): void {
    if (this.#step !== undefined) this.#sink.write('\r\u001b[K');
  }

  #draw(): void {
    if (this.#step === undefined) return;
    this.#frame = (this.#frame + 1) % frames.length;
    const text = this.#detail === '' ? this.#step : `${this.#step}  ${this.style.dim(this.#detail)}`;
    const room = (this.#sink.columns ?? 80) - 3;
    // A line that wraps could not be taken back by a carriage return.
    const fitting = widthOf(text) <= room ? text : this.#step.slice(0, room);
    this.#sink.write(`\r\u001b[K${this.style.cyan(frames[this.#frame] ?? '')} ${fitting}`);
  }
}
