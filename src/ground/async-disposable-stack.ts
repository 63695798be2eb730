/**
 * The standard's AsyncDisposableStack, which Node 20 does not have: resources are disposed in reverse order of
 * their arrival, each one even when another fails. Several failures become one SuppressedError-like AggregateError.
 */
export class AsyncDisposableStack implements AsyncDisposable {
  #disposers: (() => unknown)[] = [];
  #disposed = false;

  get disposed(): boolean {
    return this.#disposed;
  }

  /** Owns `resource` from now on and returns it. */
  use<T extends AsyncDisposable | Disposable | null | undefined>(resource: T): T {
    if (resource === null || resource === undefined) return resource;
    if (Symbol.asyncDispose in resource) this.defer(() => resource[Symbol.asyncDispose]());
    else this.defer(() => resource[Symbol.dispose]());
    return resource;
  }

  /** Owns `value`, which `dispose` releases, and returns it. */
  adopt<T>(value: T, dispose: (value: T) => unknown): T {
    this.defer(() => dispose(value));
    return value;
  }

  /** Runs `dispose` when the stack is disposed. */
  defer(dispose: () => unknown): void {
    if (this.#disposed) throw new ReferenceError('This stack was disposed already.');
    this.#disposers.push(dispose);
  }

  /** Hands everything over to a new stack and leaves this one empty. */
  move(): AsyncDisposableStack {
    if (this.#disposed) throw new ReferenceError('This stack was disposed already.');
    const moved = new AsyncDisposableStack();
    moved.#disposers = this.#disposers;
    this.#disposers = [];
    this.#disposed = true;
    return moved;
  }

  async disposeAsync(): Promise<void> {
    if (this.#disposed) return;
    this.#disposed = true;
    const failures: unknown[] = [];
    for (const dispose of this.#disposers.reverse()) {
      try {
        await dispose();
      } catch (failure) {
        failures.push(failure);
      }
    }
    this.#disposers = [];
    if (failures.length === 1) throw failures[0];
    if (failures.length > 1) throw new AggregateError(failures, 'Several resources could not be released.');
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.disposeAsync();
  }
}
