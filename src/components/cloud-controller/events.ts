import { randomUUID } from 'node:crypto';
import { eventsBucket } from '#contract/stored-state.ts';
import { Bucket, type Watch } from '#ground/bucket.ts';
import type { Bus } from '#ground/bus.ts';
import { messageOf } from '#ground/errors.ts';
import type { Log } from '#ground/log.ts';
import { within } from '#ground/wait.ts';
import { askAgain } from './ask-again.ts';
import type { AppRecord } from './records.ts';
import type { EventsExtent } from './snapshots/snapshot.ts';

/** Who did something, or to whom it was done. */
export interface Party {
  readonly guid: string;
  readonly type: 'user' | 'app' | 'process' | 'system';
  readonly name: string;
}

/** Something that happened to an app. */
export interface EventRecord {
  readonly guid: string;
  readonly type: string;
  readonly createdAt: string;
  readonly actor: Party;
  readonly target: Party;
  readonly data: Readonly<Record<string, unknown>>;
}

export type EventType =
  | `audit.app.${'create' | 'update' | 'start' | 'stop' | 'restart' | 'delete-request'}`
  | `audit.app.${'map-route' | 'unmap-route' | 'upload-bits' | 'build.create' | 'build.staged' | 'build.failed'}`
  | `audit.app.${'droplet.create' | 'droplet.mapped' | 'process.scale' | 'process.update'}`
  | 'audit.app.process.terminate_instance'
  | `audit.app.${'task' | 'deployment'}.${'create' | 'cancel'}`
  | 'audit.app.revision.create'
  | 'app.crash'
  | 'app.unplaced';

export interface EventSubject {
  readonly app: Pick<AppRecord, 'guid' | 'name'>;
  /** The administrator when absent. */
  readonly actor?: Party;
}

interface Noted {
  readonly event: EventRecord;
  /** Grows from event to event: many fall into one millisecond. */
  readonly order: number;
}

/** As many as JetStream keeps of one key. */
const keptPerApp = 64;
/** What is not stored by then is lost: the bus is away. */
const lastWritesMs = 1_000;

/** What happened to each app, newest 64 of each. Kept beside the desired state, and never in its way. */
export class EventLog implements AsyncDisposable {
  readonly #bus: Bus;
  readonly #bucket: Bucket<EventRecord>;
  readonly #log: Log;
  readonly #actor: Party;
  /** Oldest first, by app. */
  readonly #events = new Map<string, Noted[]>();
  /** Guids of events that were recorded here and that watching has not told of yet. */
  readonly #own = new Set<string>();
  readonly #writing = new Set<Promise<void>>();
  #order = 0;
  #watch: Watch | undefined;
  /** How many of each app are on disk. */
  readonly #counts = new Map<string, number>();
  #revision = 0;
  #lastDeletion = 0;

  private constructor(bus: Bus, bucket: Bucket<EventRecord>, log: Log, actor: Party) {
    this.#bus = bus;
    this.#bucket = bucket;
    this.#log = log;
    this.#actor = actor;
  }

  /** @param actor who is meant when an event names nobody */
  static async open(bus: Bus, log: Log, actor: Party): Promise<EventLog> {
    const bucket = await Bucket.open<EventRecord>(bus, eventsBucket, { history: keptPerApp });
    const events = new EventLog(bus, bucket, log, actor);
    events.#watch = await bucket.watch(
      ({ key, value, revision }) => {
        events.#count(key, value !== undefined, revision);
        if (value === undefined) events.#events.delete(key);
        else if (!events.#own.delete(value.guid)) events.#note(key, value);
      },
      {
        history: true,
        onFailure: (key, error) => log.warn('event cannot be read', { app: key, error: messageOf(error) }),
      },
    );
    return events;
  }

  /** What is known to be on disk. */
  get stored(): EventsExtent {
    return { revision: this.#revision, count: [...this.#counts.values()].reduce((sum, count) => sum + count, 0) };
  }

  /** Whether some are missing of what there was once. Each later event takes the place of one at most. */
  hasLost(once: EventsExtent): boolean {
    const areFewer = this.#lastDeletion <= once.revision && this.stored.count < once.count;
    return (this.#watch?.lastRevision ?? 0) < once.revision || areFewer;
  }

  /** Notes what happened. It is known here at once and stored in the background; a failure to store it is only logged. */
  record(
    type: EventType,
    { app, actor = this.#actor }: EventSubject,
    data: Readonly<Record<string, unknown>> = {},
  ): void {
    const event: EventRecord = {
      guid: randomUUID(),
      type,
      createdAt: new Date().toISOString(),
      actor,
      target: { guid: app.guid, type: 'app', name: app.name },
      data,
    };
    this.#own.add(event.guid);
    this.#note(app.guid, event);
    const written: Promise<void> = askAgain(this.#bus, () => this.#bucket.put(app.guid, event))
      .then(() => {})
      .catch((error: unknown) => this.#log.warn('event not stored', { type, app: app.guid, error: messageOf(error) }))
      .finally(() => this.#writing.delete(written));
    this.#writing.add(written);
  }

  /** Of one app, oldest first. */
  of(appGuid: string): readonly EventRecord[] {
    return (this.#events.get(appGuid) ?? []).map(({ event }) => event);
  }

  /** Of all apps, oldest first. */
  all(): readonly EventRecord[] {
    const noted = [...this.#events.values()].flat();
    return noted.sort((one, other) => one.order - other.order).map(({ event }) => event);
  }

  /** Drops the events of apps that are gone, once their last one is older than `before` (ms since 1970). */
  async forget(isGone: (appGuid: string) => boolean, before: number): Promise<void> {
    for (const [app, events] of this.#events) {
      const last = events.at(-1);
      if (last !== undefined && isGone(app) && Date.parse(last.event.createdAt) < before)
        await this.#bucket.delete(app);
    }
  }

  /** Waits a moment for what is still being written. */
  async [Symbol.asyncDispose](): Promise<void> {
    await within(lastWritesMs, 'the last events to be stored', Promise.all(this.#writing)).catch((error: unknown) =>
      this.#log.warn('events not stored', { error: messageOf(error) }),
    );
    await this.#watch?.[Symbol.asyncDispose]();
  }

  #count(app: string, isThere: boolean, revision: number): void {
    this.#revision = revision;
    if (isThere) this.#counts.set(app, Math.min(keptPerApp, (this.#counts.get(app) ?? 0) + 1));
    else {
      this.#counts.delete(app);
      this.#lastDeletion = revision;
    }
  }

  #note(app: string, event: EventRecord): void {
    const events = this.#events.get(app) ?? [];
    // An interruption of the bus may have stored it twice.
    if (events.some((noted) => noted.event.guid === event.guid)) return;
    this.#order += 1;
    events.push({ event, order: this.#order });
    if (events.length > keptPerApp) events.shift();
    this.#events.set(app, events);
  }
}
