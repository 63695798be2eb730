import type { ActualInstance } from './actual-state.ts';
import type { DesiredApp, DesiredState } from './desired-state.ts';

/** Which apps nobody asks for, by what the routers say. Times are arguments. */
export class IdleApps {
  readonly #idleAfterMs: number;
  /** When each app was last asked for, as far as it was heard. */
  readonly #askedAtMs = new Map<string, number>();
  #heardAtMs = Number.NEGATIVE_INFINITY;

  /** @param idleAfterMs of apps of which the cloud controller does not say it; 0 is never */
  constructor(idleAfterMs: number) {
    this.#idleAfterMs = idleAfterMs;
  }

  /** A router said which apps it was asked for. */
  heard(apps: readonly string[], desired: DesiredState, nowMs: number): void {
    const silenceMs = nowMs - this.#heardAtMs;
    this.#heardAtMs = nowMs;
    for (const app of desired.values()) {
      // What was asked for in a long silence nobody knows: then it counts as asked for.
      if (silenceMs > this.#limitMsOf(app) / 2 || !this.#askedAtMs.has(app.id)) this.#askedAtMs.set(app.id, nowMs);
    }
    for (const app of apps) if (desired.has(app)) this.#askedAtMs.set(app, nowMs);
    for (const app of this.#askedAtMs.keys()) if (!desired.has(app)) this.#askedAtMs.delete(app);
  }

  /** Apps that run, can be asked for and are not, for long enough; none that runs where production runs. */
  find(desired: DesiredState, live: readonly ActualInstance[], nowMs: number): DesiredApp[] {
    const runsSinceMs = new Map<string, number>();
    for (const { app, sinceMs, state } of live) {
      if (state === 'RUNNING') runsSinceMs.set(app, Math.min(sinceMs, runsSinceMs.get(app) ?? sinceMs));
    }
    const prod = new Set(live.filter(({ isProd }) => isProd).map(({ app }) => app));
    return [...desired.values()].filter(
      (app) =>
        app.isWanted &&
        app.isReachable &&
        !prod.has(app.id) &&
        // A start may take longer than an app may be idle.
        nowMs - Math.max(this.#lastUseMs(app), runsSinceMs.get(app.id) ?? nowMs) >= this.#limitMsOf(app),
    );
  }

  /** It was asked for a moment ago, so to say: to be left alone for as long again. */
  spare(app: string, nowMs: number): void {
    this.#askedAtMs.set(app, nowMs);
  }

  #limitMsOf({ idleStopMs = this.#idleAfterMs }: DesiredApp): number {
    return idleStopMs || Number.POSITIVE_INFINITY;
  }

  #lastUseMs({ id, changedAtMs }: DesiredApp): number {
    return Math.max(changedAtMs, this.#askedAtMs.get(id) ?? Number.POSITIVE_INFINITY);
  }
}
