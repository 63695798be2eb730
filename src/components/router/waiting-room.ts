/** Requests that wait for news about an app. Nothing of them is read meanwhile. */
export class WaitingRoom implements Disposable {
  readonly #seats: number;
  readonly #waiting = new Map<string, Set<() => void>>();
  #taken = 0;
  #isClosed = false;

  constructor(seats: number) {
    this.#seats = seats;
  }

  get taken(): number {
    return this.#taken;
  }

  /** Whether somebody waits for news about this app. */
  isAwaited(app: string): boolean {
    return this.#waiting.has(app);
  }

  /**
   * Waits until somebody calls `wake(app)`, at most `limitMs`, and not longer than the client does.
   * @returns whether there is news; without it, also when no seat is free, waiting again makes no sense
   */
  wait(app: string, limitMs: number, gone: AbortSignal): Promise<boolean> {
    if (this.#taken >= this.#seats || this.#isClosed || limitMs <= 0 || gone.aborted) return Promise.resolve(false);
    this.#taken += 1;
    return new Promise((resolve) => {
      const leave = (isNews: boolean) => {
        clearTimeout(timer);
        gone.removeEventListener('abort', giveUp);
        this.#remove(app, called);
        resolve(isNews);
      };
      const called = () => leave(!this.#isClosed);
      const giveUp = () => leave(false);
      const timer = setTimeout(giveUp, limitMs);
      gone.addEventListener('abort', giveUp);
      const others = this.#waiting.get(app);
      if (others === undefined) this.#waiting.set(app, new Set([called]));
      else others.add(called);
    });
  }

  #remove(app: string, called: () => void): void {
    const others = this.#waiting.get(app);
    if (others?.delete(called) !== true) return;
    this.#taken -= 1;
    if (others.size === 0) this.#waiting.delete(app);
  }

  /** There is news about this app: an endpoint, or another state. */
  wake(app: string): void {
    for (const called of [...(this.#waiting.get(app) ?? [])]) called();
  }

  /** Sends everybody away. */
  [Symbol.dispose](): void {
    this.#isClosed = true;
    for (const app of [...this.#waiting.keys()]) this.wake(app);
  }
}
