import { ActionableError } from '#ground/errors.ts';
import type { AppPusher } from './app-pusher.ts';
import type { Settled } from './settling.ts';
import { VersionFailed } from './version-failed.ts';
import type { Version } from './versions.ts';

/** How long nothing must happen, and how many times longer than it took the last time. */
const quiet = { ms: 1_000, times: 3 };

/** Settles what serves when it has been quiet for a while: see `AppPusher.settle`. */
export class SettleLater implements Disposable {
  readonly #pusher: AppPusher;
  readonly #told: (settled: Settled | VersionFailed) => void;
  readonly #failed: (error: unknown) => void;
  #timer: NodeJS.Timeout | undefined;
  #stop = new AbortController();
  #lastMs = 0;

  /** @param told what came of it; nothing when it was called off @param failed told of bugs */
  constructor(
    pusher: AppPusher,
    { told, failed }: { told: (settled: Settled | VersionFailed) => void; failed: (error: unknown) => void },
  ) {
    this.#pusher = pusher;
    this.#told = told;
    this.#failed = failed;
  }

  /** @param proved when the version has shown that it stays */
  begin(version: Version, proved: Promise<void>): void {
    this.callOff();
    if (!this.#pusher.isUnsettled) return;
    const { signal } = this.#stop;
    const afterMs = Math.max(quiet.ms, quiet.times * this.#lastMs);
    this.#timer = setTimeout(() => {
      this.#settle(version, proved, signal).catch((error: unknown) => {
        if (!signal.aborted) this.#failed(error);
      });
    }, afterMs);
  }

  callOff(): void {
    clearTimeout(this.#timer);
    this.#stop.abort();
    this.#stop = new AbortController();
  }

  [Symbol.dispose](): void {
    this.callOff();
  }

  async #settle(version: Version, proved: Promise<void>, signal: AbortSignal): Promise<void> {
    const startedAt = performance.now();
    try {
      const provedAt = proved.then(() => performance.now());
      const settled = await this.#pusher.settle(version, proved, signal);
      // Waiting for the proof is no work.
      this.#lastMs = performance.now() - Math.max(startedAt, await provedAt.catch(() => startedAt));
      if (!signal.aborted) this.#told(settled);
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof VersionFailed) this.#told(error);
      // A file that is gone by now is a change, of which the folder tells; of a platform that is gone the log does.
      else if (!(error instanceof ActionableError)) throw error;
    }
  }
}
