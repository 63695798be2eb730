interface Waiting {
  start(): void;
  refuse(reason: Error): void;
}

/** Runs so many works at a time and keeps the others waiting, in order of arrival. */
export class TaskQueue {
  readonly #maxActive: number;
  readonly #waiting: Waiting[] = [];
  #active = 0;
  #closed: Error | undefined;

  constructor(maxActive: number) {
    this.#maxActive = maxActive;
  }

  /** The work's result. @throws the reason of `close` for work that was not begun by then */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#closed !== undefined) throw this.#closed;
    if (this.#active < this.#maxActive) this.#active += 1;
    else await new Promise<void>((start, refuse) => this.#waiting.push({ start, refuse }));
    try {
      return await work();
    } finally {
      // Who waits takes over the place, so nobody can come in between.
      const next = this.#waiting.shift();
      if (next === undefined) this.#active -= 1;
      else next.start();
    }
  }

  /** Refuses everything that waits, and whatever comes. What runs goes on. */
  close(reason: Error): void {
    this.#closed = reason;
    for (const waiting of this.#waiting.splice(0)) waiting.refuse(reason);
  }
}
