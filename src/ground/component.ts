import type { AsyncDisposableStack } from './async-disposable-stack.ts';
import type { Bus } from './bus.ts';
import type { Log } from './log.ts';

/** What every component is given, and all it is given: it reaches the others through the bus. */
export interface ComponentContext {
  readonly bus: Bus;
  readonly log: Log;
  /** A directory of this component alone, which exists and survives restarts. */
  readonly dataDir: string;
  /**
   * Aborts when the process is asked to stop; a start that is still waiting for something gives up.
   * Its reason may be a `KeepAppsRunning` or an `EvacuateApps`.
   */
  readonly signal: AbortSignal;
}

/** A long-running part of the PaaS. `start` is its only verb; what it returns knows how to stop. */
export interface Component<Options> {
  readonly name: string;
  /**
   * Resolves when the component answers its subjects and ports.
   * Rejects only after releasing everything it took, so a failed start leaves nothing behind.
   */
  start(context: ComponentContext, options: Options): Promise<Running>;
}

/** A started component. Disposing it stops it and waits until it has stopped. */
export interface Running extends AsyncDisposable {
  /** Rejects if the component can no longer do its work; pending while all is well. */
  readonly failure: Promise<never>;
}

/** The reason of a stop that leaves the apps alone: an upgrade, or `localpaas down --keep-apps`. */
export class KeepAppsRunning extends Error {
  constructor() {
    super('The platform stops; its apps keep running.');
    this.name = 'KeepAppsRunning';
  }
}

/** Whether a stop for this reason leaves the apps running. */
export function keepsApps(signal: AbortSignal): boolean {
  return signal.aborted && signal.reason instanceof KeepAppsRunning;
}

/** The reason of a stop that has the apps of this machine replaced elsewhere before they end here. */
export class EvacuateApps extends Error {
  constructor() {
    super('The platform leaves this machine; its apps are replaced elsewhere.');
    this.name = 'EvacuateApps';
  }
}

/** Whether a stop for this reason waits until the apps had time to come up elsewhere. */
export function evacuatesApps(signal: AbortSignal): boolean {
  return signal.aborted && signal.reason instanceof EvacuateApps;
}

/** A running component made of the resources it took; `failure` never settles unless it is given. */
export function runningWith(resources: AsyncDisposableStack, failure?: Promise<never>): Running {
  return {
    failure: failure ?? new Promise<never>(() => {}),
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}
