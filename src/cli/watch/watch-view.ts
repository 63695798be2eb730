import type { Cli } from '../cli.ts';
import { linesOf } from './event-lines.ts';
import type { WatchEvent } from './watch-event.ts';

/** Then somebody wonders what is going on. */
const patienceMs = 400;

export interface ViewOptions {
  /** One JSON object on each line, instead of text. */
  readonly json: boolean;
  readonly verbose: boolean;
}

/** Tells what happens, on standard output; on a terminal a line that moves says what takes longer. */
export class WatchView {
  readonly #cli: Cli;
  readonly #options: ViewOptions;
  /** What is under way, in a few words. */
  #work: string | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isMoving = false;

  constructor(cli: Cli, options: ViewOptions) {
    this.#cli = cli;
    this.#options = options;
  }

  tell(event: WatchEvent): void {
    if (this.#options.json) {
      this.#cli.out.event({ ...event });
      return;
    }
    if (event.event === 'settled' && !this.#options.verbose) return;
    const { style } = this.#cli.out;
    const lines = linesOf(event, {
      style,
      time: timeOf(event.event === 'log' ? new Date(event.at) : new Date()),
      isVerbose: this.#options.verbose,
    });
    this.#cli.progress.drop();
    for (const line of lines) this.#cli.out.line(line);
    if (this.#isMoving && this.#work !== undefined) this.#cli.progress.step(this.#work);
  }

  /** Something began that may take a while. */
  begin(work: string): void {
    const isTerminal = this.#cli.messages.isTTY === true && this.#cli.env['TERM'] !== 'dumb';
    if (this.#options.json || !isTerminal) return;
    this.end();
    this.#work = work;
    this.#timer = setTimeout(() => {
      this.#isMoving = true;
      this.#cli.progress.step(work);
    }, patienceMs);
  }

  /** It is over, and what came of it is going to be told. */
  end(): void {
    clearTimeout(this.#timer);
    if (this.#isMoving) this.#cli.progress.drop();
    this.#work = undefined;
    this.#isMoving = false;
  }
}

/** `14:02:11` */
export function timeOf(at: Date): string {
  return [at.getHours(), at.getMinutes(), at.getSeconds()].map((part) => String(part).padStart(2, '0')).join(':');
}
