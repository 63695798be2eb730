import { setImmediate as turn } from 'node:timers/promises';
import { type DropletExited, deaHeartbeat, dropletExited } from '#contract/dea.ts';
import { type LogLine, logBatches, nextTimestamp } from '#contract/logs.ts';
import { type RouteMessage, routerRegister, routerUnregister } from '#contract/routes.ts';
import type { Bus } from '#ground/bus.ts';
import { tokenFor } from '#ground/subject.ts';
import { sleep } from '#ground/wait.ts';
import { exitOf, heartbeatOf } from './heartbeat.ts';
import type { Ending } from './instance.ts';
import { applicationIdOf, type InstanceRecord } from './instance-record.ts';
import type { DeaOptions } from './options.ts';

/** Who speaks in a log line: the app, a sidecar of it, or the DEA about the app. */
export type Source = `APP/${'PROC' | 'TASK'}/${string}` | 'CELL';

/** Everything this DEA says about its instances without being asked. */
export class Announcer {
  readonly #bus: Bus;
  readonly #dea: string;
  readonly #options: DeaOptions;
  /** Exits of which nobody heard, since the bus was away. */
  readonly #unheard = new Set<DropletExited>();
  #isSettling = false;

  constructor(bus: Bus, dea: string, options: DeaOptions) {
    this.#bus = bus;
    this.#dea = dea;
    this.#options = options;
  }

  heartbeat(records: readonly InstanceRecord[]): void {
    const message = heartbeatOf(records, this.#dea, this.#options.prod);
    if (message !== undefined) this.#bus.publish(deaHeartbeat, message);
  }

  /** Nothing is said of an instance without port or routes. @param uris all of its own when absent */
  register(record: InstanceRecord, uris: readonly string[] = record.uris): void {
    if (record.port === null || uris.length === 0) return;
    this.#bus.publish(routerRegister, {
      ...this.#routeOf(record, uris),
      port: record.port,
      tags: {
        ...(record.framework === '' ? {} : { framework: record.framework }),
        ...(record.runtime === '' ? {} : { runtime: record.runtime }),
      },
      private_instance_id: record.privateId,
      private_instance_index: String(record.index),
      version: record.version,
    });
  }

  withdraw(record: InstanceRecord, uris: readonly string[] = record.uris): void {
    if (uris.length === 0) return;
    this.#bus.publish(routerUnregister, { ...this.#routeOf(record, uris), port: record.port });
  }

  /** Says that an instance is gone. It is said once, so it has to be heard: if not now, then after `settle`. */
  exited(record: InstanceRecord, ending: Ending): void {
    const message = exitOf(record, ending, Date.now());
    if (!this.#isSettling) this.#bus.publish(dropletExited, message);
    this.heard().catch(() => this.#unheard.add(message));
  }

  /**
   * To be called when the bus is back. The others come back within a moment, too: what is said only once waits for them.
   * @throws the signal's reason
   */
  async settle(afterMs: number, signal: AbortSignal): Promise<void> {
    this.#isSettling = true;
    await sleep(afterMs, signal);
    this.#isSettling = false;
    for (const message of this.#unheard) this.#bus.publish(dropletExited, message);
    this.#unheard.clear();
  }

  log(record: InstanceRecord, source: Source, lines: readonly LogLine[]): void {
    // An app started by hand may have any id, and not each can be part of a subject.
    const id = applicationIdOf(record);
    this.#bus.publish(logBatches.at(tokenFor(id)), {
      source_id: id,
      instance_id: String(record.index),
      source_type: source,
      lines: [...lines],
    });
  }

  /** A line of our own in the app's log. */
  tell(record: InstanceRecord, text: string, stream: LogLine['stream'] = 'OUT'): void {
    this.log(record, 'CELL', [{ timestamp: nextTimestamp(), stream, text }]);
  }

  /** Resolves when everything said so far was heard. @throws Error when the bus is away, or came back just now */
  async heard(): Promise<void> {
    if (!this.#isSettling) await this.#bus.flush();
    // The server may answer before we are told that it is another one, whose other clients are not back yet.
    await turn();
    if (this.#isSettling) throw new Error('Not everybody is back on the bus.');
  }

  #routeOf(record: InstanceRecord, uris: readonly string[]): Omit<RouteMessage, 'port'> {
    return { dea: this.#dea, app: record.app, host: this.#options.host, uris: [...uris] };
  }
}
