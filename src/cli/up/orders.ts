import type { Home } from '#assembly/home.ts';
import { KeepAppsRunning } from '#ground/component.ts';
import { identityOf, isAlive } from '#ground/processes.ts';
import { readRequest, removeRequest, type UpgradeRequest } from '../upgrade/request.ts';

export type Order = { readonly kind: 'stop' } | { readonly kind: 'upgrade'; readonly request: UpgradeRequest };

/**
 * What is asked of a running platform. Ctrl-C and SIGTERM stop everything. SIGUSR2 stops the platform and leaves the
 * apps to the next one, or has it become that next one itself when `localpaas upgrade` says so.
 */
export class Orders implements Disposable {
  readonly #home: Home;
  readonly #stop = new AbortController();
  readonly #asked: AbortSignal;
  readonly #onUser = () => void this.#userSignal();
  readonly #onAsked = () => this.#stop.abort(this.#asked.reason);
  #upgrade: UpgradeRequest | undefined;
  #wake: () => void = () => {};

  /** @param asked aborts when the user asks the whole program to stop */
  constructor(home: Home, asked: AbortSignal) {
    this.#home = home;
    this.#asked = asked;
    process.on('SIGUSR2', this.#onUser);
    this.#stop.signal.addEventListener('abort', () => this.#wake());
    if (asked.aborted) this.#onAsked();
    else asked.addEventListener('abort', this.#onAsked, { once: true });
  }

  /** Aborts when the platform is to stop; its reason says what becomes of the apps. */
  get stop(): AbortSignal {
    return this.#stop.signal;
  }

  /** The next order; a stop stays one for ever. */
  async next(): Promise<Order> {
    for (;;) {
      if (this.stop.aborted) return { kind: 'stop' };
      const request = this.#upgrade;
      this.#upgrade = undefined;
      if (request !== undefined) return { kind: 'upgrade', request };
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  async #userSignal(): Promise<void> {
    const self = await identityOf(process.pid);
    const request = self && readRequest(this.#home, self);
    // One that was left by an `upgrade` which was killed is none.
    if (request === undefined || !(await isAlive(request.author))) return this.#stop.abort(new KeepAppsRunning());
    await removeRequest(this.#home).catch(() => {}); // it only keeps the next signal from meaning the same
    this.#upgrade = request;
    this.#wake();
  }

  [Symbol.dispose](): void {
    process.removeListener('SIGUSR2', this.#onUser);
    this.#asked.removeEventListener('abort', this.#onAsked);
  }
}
