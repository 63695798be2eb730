/** What happens at several places, one thing after the other. */
export class Mailbox<Message> {
  readonly #waiting: Message[] = [];
  readonly #signal: AbortSignal;
  #wake = () => {};

  /** @param signal closes it */
  constructor(signal: AbortSignal) {
    this.#signal = signal;
    signal.addEventListener('abort', () => this.#wake(), { once: true });
  }

  put(message: Message): void {
    this.#waiting.push(message);
    this.#wake();
  }

  /** The oldest message, as soon as there is one; `undefined` when it is closed. */
  async take(): Promise<Message | undefined> {
    while (this.#waiting.length === 0 && !this.#signal.aborted) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.#signal.aborted ? undefined : this.#waiting.shift();
  }
}
