import { messageOf } from '#ground/errors.ts';
import type { Log } from '#ground/log.ts';

/** Work nobody waits for. Its failures are logged; disposing it waits for what is still going on. */
export class BackgroundWork implements AsyncDisposable {
  readonly #log: Log;
  readonly #signal: AbortSignal;
  readonly #going = new Set<Promise<void>>();

  /** @param signal aborts before this is disposed, and ends the work */
  constructor(log: Log, signal: AbortSignal) {
    this.#log = log;
    this.#signal = signal;
  }

  /** @param what for the log, when it fails: `old bits not removed` */
  run(what: string, work: () => Promise<unknown>): void {
    const going: Promise<void> = this.#attempt(what, work).finally(() => this.#going.delete(going));
    this.#going.add(going);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#going);
  }

  async #attempt(what: string, work: () => Promise<unknown>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!this.#signal.aborted) this.#log.warn(what, { error: messageOf(error) });
    }
  }
}
