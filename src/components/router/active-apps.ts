import type { AppState } from '#contract/apps.ts';
import { routerActiveApps } from '#contract/routes.ts';
import type { Bus } from '#ground/bus.ts';
import { messageOf } from '#ground/errors.ts';
import type { Log } from '#ground/log.ts';
import { repeat } from '#ground/wait.ts';

/** More ids than this might not fit into one message: each costs about twenty bytes deflated. */
const mostIds = 20_000;
/** An app counts as idle when routers told of others at least twice in its time. */
const tellsPerIdleStop = 4;
const rarestMs = 30_000;

/** How one app is used. */
export interface AppUse {
  /** Requests and websockets that are with an instance. */
  open: number;
  /** Whether there was one since it was last told. */
  isNews: boolean;
}

/** Which apps are asked for. Health managers are told regularly, as soon as there is an app that may be stopped when it is idle. */
export class ActiveApps implements AsyncDisposable {
  readonly #tell: (apps: readonly string[]) => void;
  readonly #log: Log;
  /** As it was configured; 0 is never. */
  readonly #everyMs: number;
  readonly #uses = new Map<string, AppUse>();
  /** In seconds, by app. */
  readonly #idleStops = new Map<string, number>();
  #telling: { readonly everyMs: number; readonly repetition: AsyncDisposable } | undefined;

  /** @param everyMs 0 is: only as often as it takes for the apps that may be stopped */
  constructor(tell: (apps: readonly string[]) => void, log: Log, everyMs: number) {
    this.#tell = tell;
    this.#log = log;
    this.#everyMs = everyMs;
    this.#tellAsOftenAsNeeded();
  }

  /** An instance is asked for somebody. @returns what `end` is to be given when that is over; nothing for the platform's own */
  begin(app: string | undefined): AppUse | undefined {
    if (app === undefined) return undefined;
    let use = this.#uses.get(app);
    if (use === undefined) {
      use = { open: 0, isNews: true };
      this.#uses.set(app, use);
    }
    use.open += 1;
    use.isNews = true;
    return use;
  }

  /** Another process of this router was asked for it. */
  note(app: string): void {
    this.end(this.begin(app));
  }

  end(use: AppUse | undefined): void {
    if (use === undefined) return;
    use.open -= 1;
    use.isNews = true;
  }

  /** Whether it is used now, or was since that was last told; where nothing is told, only now. */
  isInUse(app: string): boolean {
    const use = this.#uses.get(app);
    return use !== undefined && (use.open > 0 || (use.isNews && this.#telling !== undefined));
  }

  /** What became of an app, and when it may be stopped. */
  follow({ app, state, idle_stop_seconds: seconds }: AppState): void {
    if (state === 'DELETED') this.#uses.delete(app);
    if (seconds === this.#idleStops.get(app)) return;
    if (seconds === undefined) this.#idleStops.delete(app);
    else this.#idleStops.set(app, seconds);
    this.#tellAsOftenAsNeeded();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#telling?.repetition[Symbol.asyncDispose]();
  }

  #tellAsOftenAsNeeded(): void {
    const shortestMs = Math.min(...this.#idleStops.values()) * 1000;
    const neededMs = Number.isFinite(shortestMs) ? Math.min(shortestMs / tellsPerIdleStop, rarestMs) : 0;
    const everyMs = this.#everyMs > 0 && neededMs > 0 ? Math.min(this.#everyMs, neededMs) : this.#everyMs || neededMs;
    if (everyMs === (this.#telling?.everyMs ?? 0)) return;
    void this.#telling?.repetition[Symbol.asyncDispose]();
    this.#telling = everyMs === 0 ? undefined : { everyMs, repetition: this.#tellEvery(everyMs) };
  }

  #tellEvery(everyMs: number): AsyncDisposable {
    return repeat(
      everyMs,
      () => this.#tellThem(),
      (error) => this.#log.warn('active apps not told', { error: messageOf(error) }),
    );
  }

  #tellThem(): void {
    const apps: string[] = [];
    for (const [app, use] of this.#uses) {
      if (use.isNews || use.open > 0) apps.push(app);
      use.isNews = false;
    }
    this.#tell(apps);
  }
}

/** Also when it is none: whoever listens knows then that it would have heard of one. */
export function tellHealthManagers(bus: Bus, apps: readonly string[]): void {
  bus.publish(routerActiveApps, apps.slice(0, mostIds));
  for (let at = mostIds; at < apps.length; at += mostIds) {
    bus.publish(routerActiveApps, apps.slice(at, at + mostIds));
  }
}
