import { routerActiveApps } from '#contract/routes.ts';
import type { Bus } from '#ground/bus.ts';
import { messageOf } from '#ground/errors.ts';
import type { Log } from '#ground/log.ts';
import { repeat } from '#ground/wait.ts';

/** More ids than this might not fit into one message: each costs about twenty bytes deflated. */
const mostIds = 20_000;

/** Tells health managers which apps are asked for. */
export class ActiveApps implements AsyncDisposable {
  readonly #asked = new Set<string>();
  readonly #telling: AsyncDisposable | undefined;

  /** @param everyMs 0 is never: then nothing is remembered either */
  constructor(tell: (apps: readonly string[]) => void, log: Log, everyMs: number) {
    if (everyMs === 0) return;
    this.#telling = repeat(
      everyMs,
      () => this.#tell(tell),
      (error) => log.warn('active apps not told', { error: messageOf(error) }),
    );
  }

  /** Somebody asks for the app, or has just been served by it. */
  note(app: string | undefined): void {
    if (this.#telling !== undefined && app !== undefined) this.#asked.add(app);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#telling?.[Symbol.asyncDispose]();
  }

  #tell(tell: (apps: readonly string[]) => void): void {
    const apps = [...this.#asked];
    this.#asked.clear();
    tell(apps);
  }
}

/** Also when it is none: whoever listens knows then that it would have heard of one. */
export function tellHealthManagers(bus: Bus, apps: readonly string[]): void {
  bus.publish(routerActiveApps, apps.slice(0, mostIds));
  for (let at = mostIds; at < apps.length; at += mostIds) {
    bus.publish(routerActiveApps, apps.slice(at, at + mostIds));
  }
}
