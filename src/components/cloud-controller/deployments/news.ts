/** Something one waits for that may come at any time, also while one looks at what came last. */
export class News {
  #isThere = false;
  #wake: () => void = () => {};

  come(): void {
    this.#isThere = true;
    this.#wake();
  }

  /** Resolves when something came since the last time, at the latest after `limitMs`. */
  async wait(limitMs: number): Promise<void> {
    if (!this.#isThere) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, limitMs);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    this.#isThere = false;
  }
}
