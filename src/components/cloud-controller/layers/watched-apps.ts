/**
 * The apps somebody works on just now, so that what they need next can be prepared. Known in memory only: who watches says
 * so again and again.
 */
export class WatchedApps {
  /** By app, until when, as of `performance.now()`. */
  readonly #until = new Map<string, number>();

  /** @param seconds from now on; 0 for not any more */
  watch(app: string, seconds: number): void {
    this.#until.set(app, performance.now() + seconds * 1000);
  }

  has(app: string): boolean {
    return (this.#until.get(app) ?? 0) > performance.now();
  }
}
