import { ActionableError } from '#ground/errors.ts';
import { isFree, type PortRange } from '#ground/ports.ts';

/** Hands out ports of a range, spread over it, and none twice while it is in use. */
export class PortPool {
  readonly #range: PortRange;
  readonly #random: () => number;
  readonly #taken = new Set<number>();

  /** @param random of [0, 1) */
  constructor(range: PortRange, random: () => number = Math.random) {
    this.#range = range;
    this.#random = random;
  }

  /**
   * A port on which nobody listens now. The places to look at start at random: a port that was free a moment ago, and
   * is not handed out again at once, spares a slow client from talking to the wrong app.
   * @throws ActionableError PORT_TAKEN when the whole range is in use
   */
  async take(): Promise<number> {
    const { first, last } = this.#range;
    const size = last - first + 1;
    const start = Math.floor(this.#random() * size);
    for (let step = 0; step < size; step += 1) {
      const port = first + ((start + step) % size);
      if (this.#taken.has(port)) continue;
      this.#taken.add(port);
      if (await isFree(port)) return port;
      this.#taken.delete(port);
    }
    throw new ActionableError(
      'PORT_TAKEN',
      `No port between ${first} and ${last} is free for another instance.`,
      'Stop some apps, or the programs that hold these ports.',
    );
  }

  /** The port that was taken before, unless somebody listens there by now; then, or when there is none, another one. */
  async renew(port: number | null): Promise<number> {
    if (port !== null && (await isFree(port))) return port;
    const other = await this.take();
    if (port !== null) this.release(port);
    return other;
  }

  /** Marks a port as in use that was handed out before we started. */
  keep(port: number): void {
    this.#taken.add(port);
  }

  release(port: number): void {
    this.#taken.delete(port);
  }
}
