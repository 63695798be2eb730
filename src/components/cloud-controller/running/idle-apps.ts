import { appWake } from '#contract/apps.ts';
import { dropletUpdated } from '#contract/health.ts';
import type { Bus } from '#ground/bus.ts';
import type { Log } from '#ground/log.ts';
import { idleStopOf } from '../app-annotations.ts';
import type { BackgroundWork } from '../background-work.ts';
import { awake, idleStopSecondsOf, whyNeverIdle } from '../idle-stop.ts';
import type { Change } from '../mirror.ts';
import type { CloudControllerOptions } from '../options.ts';
import type { AppRecord, ProcessRecord } from '../records.ts';
import type { Store } from '../store.ts';
import { isGoingOn, tasksOf } from '../tasks/task.ts';
import type { ActualState } from './actual-state.ts';
import type { Placement } from './placement.ts';
import type { Routers } from './routers.ts';

export interface IdleAppsParts {
  readonly bus: Bus;
  readonly log: Log;
  readonly store: Store;
  readonly actual: ActualState;
  readonly placement: Placement;
  readonly routers: Routers;
  readonly background: BackgroundWork;
  readonly options: Pick<CloudControllerOptions, 'idleStopSeconds'>;
  /** Whether another version of an app is about to take over. */
  readonly isDeploying: (app: string) => boolean;
  /** As if somebody had stopped the app. */
  readonly stopForGood: (app: string) => Promise<unknown>;
}

/** Stops the web processes of apps that nobody asks for, and starts them again for whoever does. */
export class IdleApps {
  readonly #parts: IdleAppsParts;

  constructor(parts: IdleAppsParts) {
    this.#parts = parts;
  }

  /** Answers routers for which somebody waits; one cloud controller does. */
  answerRouters(): Disposable {
    const { bus } = this.#parts;
    const answer = async ({ app }: { app: string }) => {
      await this.wake(app);
      return null;
    };
    return bus.answer(appWake, answer, { queue: 'cc' });
  }

  /**
   * Stops an app that nobody asks for, unless there is a reason not to. From the moment its record says so routers send
   * its instances nothing any more; only then they are asked whether they had. Where no router could have it started
   * again it is stopped for good, as it was in 2012.
   */
  async rest(guid: string): Promise<void> {
    const { log, placement, routers, stopForGood, store } = this.#parts;
    const why = this.#whyNot(store.get('app', guid), Date.now());
    if (why !== undefined) return log.debug('app is not stopped', { app: guid, why });
    if (!(await routers.areThere())) {
      await stopForGood(guid);
      return;
    }
    const app = await this.#change(guid, (app) => (app.state === 'STARTED' ? { ...app, isIdle: true } : app));
    if (app.isIdle !== true) return;
    if ((await routers.areUsing(guid)) || this.#parts.isDeploying(guid)) {
      log.debug('app is not stopped', { app: guid, why: 'it is in use after all' });
      await this.wake(guid);
      return;
    }
    if (store.get('app', guid)?.isIdle !== true) return; // somebody came meanwhile
    log.info('idle app is stopped', { app: guid, name: app.name });
    placement.rest(guid);
  }

  /** Starts an app if it is idle: resolves when its state is another, with the start under way. */
  async wake(guid: string): Promise<void> {
    const { background, log, placement, store } = this.#parts;
    if (store.get('app', guid)?.isIdle !== true) return;
    let wasIdle = false;
    const app = await this.#change(guid, (app) => {
      wasIdle = app.isIdle === true;
      return wasIdle ? awake(app) : app;
    });
    if (!wasIdle || app.state !== 'STARTED') return;
    log.info('idle app is started', { app: guid, name: app.name });
    background.run('idle app not started', () => placement.wake(guid));
  }

  /** Whether a process is one that was stopped because nobody asked for it. */
  rests({ isIdle }: AppRecord, { type }: ProcessRecord): boolean {
    return isIdle === true && type === 'web';
  }

  /** The record of an app is another: health managers have to know when it may be stopped now. */
  follow({ guid, now, before }: Change<'app'>): void {
    const isOther = now !== undefined && before !== undefined && idleStopOf(now) !== idleStopOf(before);
    if (isOther) this.#parts.bus.publish(dropletUpdated, { droplet: guid, cc_partition: 'default' });
    this.look(guid);
  }

  /** Something changed about an app: it may be one that has to run whether anybody asks for it or not. */
  look(guid: string): void {
    const { background, store } = this.#parts;
    const app = store.get('app', guid);
    if (app?.isIdle !== true || whyNeverIdle(store, app) === undefined) return;
    background.run('idle app not started', () => this.wake(guid));
  }

  /** Whoever found it idle may not know what has happened since. */
  #whyNot(app: AppRecord | undefined, nowMs: number): string | undefined {
    if (app?.state !== 'STARTED' || app.isIdle === true) return 'it is stopped already';
    const { actual, isDeploying, options, store } = this.#parts;
    const never = whyNeverIdle(store, app);
    if (never !== undefined) return never;
    if (tasksOf(store, app.guid).some(isGoingOn)) return 'a task of it runs';
    if (isDeploying(app.guid)) return 'another version of it is being deployed';
    const running = actual.instancesOf(app.guid).filter(({ state, isStopping }) => state === 'RUNNING' && !isStopping);
    if (running.length === 0) return 'it does not run';
    const sinceMs = Math.max(Date.parse(app.updatedAt), Math.min(...running.map((each) => each.sinceMs)));
    const seconds = idleStopSecondsOf(store, app, options.idleStopSeconds) ?? 0;
    return nowMs - sinceMs < seconds * 1000 ? 'it was changed or started since' : undefined;
  }

  #change(guid: string, change: (app: AppRecord) => AppRecord): Promise<AppRecord> {
    return this.#parts.store.update('app', guid, change);
  }
}
