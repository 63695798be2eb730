import { readableSize } from '#ground/bytes.ts';
import { messageOf } from '#ground/errors.ts';
import { noteExceeded } from './error-log.ts';
import type { InstanceRecord } from './instance-record.ts';
import { directoryOf, type Tools } from './tools.ts';

/** What there is too much of. */
export type Excess = 'memory' | 'disk';

/** What is told of an instance: to its user in the app's log, to the other parts on the bus, and in our own log. */
export class InstanceNews {
  readonly #tools: Pick<Tools, 'announcer' | 'log' | 'places'>;

  constructor(tools: Pick<Tools, 'announcer' | 'log' | 'places'>) {
    this.#tools = tools;
  }

  starting(record: InstanceRecord): void {
    this.#tell(record, `Starting ${nameOf(record)}.`);
  }

  adopted(record: InstanceRecord): void {
    this.#tools.log.info('instance adopted', { ...factsOf(record), pid: record.process?.pid });
  }

  running(record: InstanceRecord): void {
    const { announcer, log } = this.#tools;
    announcer.heartbeat([record]);
    announcer.register(record);
    if (record.task === null) this.#tell(record, 'Instance became healthy.');
    log.info('instance is running', { ...factsOf(record), afterMs: Date.now() - record.startedAtMs });
  }

  withdrawn(record: InstanceRecord): void {
    this.#tools.announcer.withdraw(record);
  }

  /** @param old the routes it had until now */
  rerouted(record: InstanceRecord, old: readonly string[]): void {
    const { announcer } = this.#tools;
    const { uris, port, life } = record;
    if (uris.length > 0 && port === null) {
      this.#tell(record, 'This app was started without a route and has no port: restart it to have it reached.', 'ERR');
    }
    if (life.phase !== 'RUNNING') return;
    announcer.register(
      record,
      uris.filter((uri) => !old.includes(uri)),
    );
    announcer.withdraw(
      record,
      old.filter((uri) => !uris.includes(uri)),
    );
  }

  /** It leaves, and still serves. */
  moved(record: InstanceRecord): void {
    this.#tell(record, `${capital(nameOf(record))} is moved: this DEA stops soon.`);
    this.#tools.announcer.exited(record, { reason: 'DEA_EVACUATION' });
  }

  exceeded(record: InstanceRecord, what: Excess, usedBytes: number): void {
    const limitMb = what === 'memory' ? record.memoryMb : record.diskMb;
    this.#tell(record, `The ${what} limit of ${limitMb}M is exceeded: ${readableSize(usedBytes)} are in use.`, 'ERR');
    this.#tell(record, `${capital(nameOf(record))} is ended. Raise its limit, or have it use less ${what}.`, 'ERR');
    noteExceeded(directoryOf(record, this.#tools.places), { what, limitMb, usedBytes });
  }

  /** @param isToldAlready whether the others know that it went */
  gone(record: InstanceRecord, isToldAlready: boolean): void {
    const { life } = record;
    if (!('ending' in life)) return;
    const { reason, status, description } = life.ending;
    const what = capital(nameOf(record));
    if (reason !== 'CRASHED') this.#tell(record, `${what} was stopped.`);
    else this.#tell(record, `${what} ${description}.`, isGoodEnd(record, status) ? 'OUT' : 'ERR');
    if (!isToldAlready) this.#tools.announcer.exited(record, life.ending);
    this.#tools.log.info('instance is gone', { ...factsOf(record), reason, status, description });
  }

  notCleanedUp(record: InstanceRecord, error: unknown): void {
    this.#tools.log.error('instance not cleaned up', { ...factsOf(record), error: messageOf(error) });
  }

  turnNotTold(record: InstanceRecord, error: unknown): void {
    this.#tools.log.error('cron lines neither begun nor ended', { ...factsOf(record), error: messageOf(error) });
  }

  #tell(record: InstanceRecord, text: string, stream: 'OUT' | 'ERR' = 'OUT'): void {
    this.#tools.announcer.tell(record, text, stream);
  }
}

function nameOf({ index, task }: InstanceRecord): string {
  return task === null ? `instance ${index}` : `task ${task}`;
}

function isGoodEnd({ task }: InstanceRecord, status: number | undefined): boolean {
  return task !== null && status === 0;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** Which instance it is, for our log. */
export function factsOf({ app, name, index, id, port }: InstanceRecord) {
  return { app, name, index, instance: id, port };
}
