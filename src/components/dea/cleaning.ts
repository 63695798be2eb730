/** Work that goes on behind the scenes, one thing after the other; one that fails does not keep the next from being done. */
export class Cleaning {
  readonly #failed: (error: unknown) => void;
  #last: Promise<void> = Promise.resolve();

  constructor(failed: (error: unknown) => void) {
    this.#failed = failed;
  }

  add(work: () => Promise<void>): void {
    this.#last = this.#last.then(work).catch(this.#failed);
  }

  /** Resolves when nothing is left to do: what is done may add more. */
  async done(): Promise<void> {
    for (let known: Promise<void> | undefined; known !== this.#last; await known) known = this.#last;
  }
}
