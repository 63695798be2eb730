import { type AppState, appWake } from '#contract/apps.ts';
import type { RouteMessage } from '#contract/routes.ts';
import type { Bus } from '#ground/bus.ts';
import { messageOf } from '#ground/errors.ts';
import type { Log } from '#ground/log.ts';
import { sleep } from '#ground/wait.ts';
import type { AppStates } from './app-states.ts';
import type { RouteTable } from './route-table.ts';
import type { WaitingRoom } from './waiting-room.ts';

interface Parts {
  readonly bus: Bus;
  readonly log: Log;
  readonly table: RouteTable;
  readonly states: AppStates;
  readonly room: WaitingRoom;
}

const answerLimitMs = 2_000;
const pauseMs = 200;

/**
 * Apps that were stopped because nobody asked for them. From the moment one is told to be idle its instances get no
 * requests; those that come wait, and have it started, once for all of them.
 */
export class IdleApps implements Disposable {
  readonly #parts: Parts;
  readonly #waking = new Set<string>();
  readonly #stop = new AbortController();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  get count(): number {
    return this.#parts.states.all().filter(({ state }) => state === 'IDLE').length;
  }

  /** The state of an app is another. @param before what was known of it until now */
  follow(before: AppState | undefined, now: AppState): void {
    const { table } = this.#parts;
    if (now.state === 'IDLE') table.rest(now.app, now.uris, true);
    else if (before?.state !== 'IDLE') return;
    else if (now.state === 'RUNNING') table.rest(now.app, [...before.uris, ...now.uris], false);
    else table.dropResting(now.app, before.uris); // they are being stopped, and one that is not registers again
  }

  /** An instance that is about to be stopped may still say that it is there. */
  registered({ app, uris }: RouteMessage): void {
    if (app && this.#parts.states.of(app)?.state === 'IDLE') this.#parts.table.rest(app, uris, true);
  }

  /** Somebody waits for the app. */
  wake(app: string): void {
    if (this.#waking.has(app)) return;
    this.#waking.add(app);
    void this.#ask(app).finally(() => this.#waking.delete(app));
  }

  [Symbol.dispose](): void {
    this.#stop.abort(new Error('stopped'));
  }

  /** Asks for as long as somebody waits: the cloud controller may be on its way. Never rejects. */
  async #ask(app: string): Promise<void> {
    const { bus, log, room } = this.#parts;
    const { signal } = this.#stop;
    try {
      do {
        try {
          await bus.ask(appWake, { app }, { limitMs: answerLimitMs });
          return;
        } catch (error) {
          log.debug('idle app not started', { app, error: messageOf(error) });
        }
        await sleep(pauseMs, signal);
      } while (room.isAwaited(app));
    } catch {
      // The router stops.
    }
  }
}
