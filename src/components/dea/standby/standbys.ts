import { freemem } from 'node:os';
import type { StartRequest } from '#contract/dea.ts';
import { messageOf } from '#ground/errors.ts';
import { sleep } from '#ground/wait.ts';
import { isSha1 } from '../fetch-droplet.ts';
import { isCounted } from '../find-instance.ts';
import { type InstanceRecord, recordOf } from '../instance-record.ts';
import { availableMemoryMb, isFull, type Resources } from '../resources.ts';
import type { Tools } from '../tools.ts';
import { NodeProbe } from './node-probe.ts';
import { kindOf, makeStandby, removeStandby, type Standby } from './standby.ts';

/** The newest start of an index of an app that is being watched. */
interface Wish {
  readonly request: StartRequest;
  readonly instance: string;
  readonly kind: string;
  /** One attempt is made after each start. */
  isTried: boolean;
}

/** A standby from the moment it is begun until an instance becomes it, or it goes. */
interface Upcoming {
  readonly kind: string;
  readonly stop: AbortController;
  readonly made: Promise<Standby | undefined>;
  ready: Standby | undefined;
}

/** What a program that waits takes, at the most. */
const waitingMb = 16;

/**
 * What is prepared for the next starts of apps that are being watched: one for each index of an app. Nobody hears of it; it
 * is counted nowhere.
 */
export class Standbys implements AsyncDisposable {
  readonly #tools: Tools;
  readonly #resources: () => Resources;
  readonly #wishes = new Map<string, Wish>();
  readonly #upcoming = new Map<string, Upcoming>();
  readonly #leaving = new Set<Promise<void>>();
  readonly #probe: NodeProbe;
  #isClosed = false;

  constructor(tools: Tools, resources: () => Resources) {
    this.#tools = tools;
    this.#resources = resources;
    this.#probe = new NodeProbe(tools.places.preBoot);
  }

  /**
   * Told of each start, with the record it will have.
   * @param isRefused whether it will not be tried
   * @returns what is prepared for exactly such a one; it belongs to the instance then
   */
  take(record: InstanceRecord, request: StartRequest, isRefused: boolean): Standby | undefined {
    const { app, index } = record;
    const kind = kindOf(record, request);
    const upcoming = this.#upcoming.get(keyOf(record));
    const ready = !isRefused && upcoming?.kind === kind ? upcoming.ready : undefined;
    if (ready === undefined) this.#drop(keyOf(record));
    else this.#upcoming.delete(keyOf(record));
    if (request.standby !== true) this.#dropAll((key) => key.startsWith(keyOf({ app })));
    else if (record.task === null && isSha1(request.sha1)) {
      const instance = ready?.place.id ?? record.id;
      this.#wishes.set(keyOf({ app, index }), { request, instance, kind, isTried: false });
    }
    return ready;
  }

  /** Told of the instances after each change: prepares for those that run, and for nothing that was stopped. */
  follow(records: readonly InstanceRecord[]): void {
    for (const [key, wish] of this.#wishes) {
      const counted = records.filter((record) => keyOf(record) === key && isCounted(record));
      if (counted.length === 0) this.#dropAll((each) => each === key);
      if (wish.isTried || this.#isClosed) continue;
      const newest = counted.find(({ id }) => id === wish.instance);
      const isRunning = counted.some(({ life }) => life.phase === 'RUNNING');
      // When a new version crashes beside the old one, the next one will come even sooner.
      if (isRunning && (newest === undefined || newest.life.phase === 'RUNNING')) this.#make(key, wish);
    }
  }

  /** Removes all of them, and prepares nothing any more. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    this.#dropAll(() => true);
    await Promise.all(this.#leaving);
  }

  #make(key: string, wish: Wish): void {
    wish.isTried = true;
    const { log } = this.#tools;
    const { request, kind } = wish;
    const facts = { app: request.droplet, index: request.index };
    const stop = new AbortController();
    const { signal } = stop;
    const made = this.#prepare(request, signal).then(
      (standby) => {
        upcoming.ready = standby;
        const { place, preBoot } = standby;
        log.debug('standby is ready', { ...facts, instance: place.id, port: place.port, waits: preBoot !== undefined });
        return standby;
      },
      (error: unknown) => {
        if (!signal.aborted) log.info('standby not prepared', { ...facts, error: messageOf(error) });
        return undefined;
      },
    );
    const upcoming: Upcoming = { kind, stop, made, ready: undefined };
    this.#upcoming.set(key, upcoming);
  }

  async #prepare(request: StartRequest, signal: AbortSignal): Promise<Standby> {
    const tools = this.#tools;
    await sleep(tools.options.standbyDelayMs, signal);
    if (isFull(this.#resources())) throw new Error('There is no room.');
    const record = recordOf(request, tools.options, Date.now());
    return makeStandby(record, request, { tools, signal, hasMemory: () => this.#hasMemory(), probe: this.#probe });
  }

  #hasMemory(): boolean {
    const megabyte = 1024 * 1024;
    return Math.min(availableMemoryMb(this.#resources()), freemem() / megabyte) >= waitingMb;
  }

  #dropAll(isMeant: (key: string) => boolean): void {
    for (const key of [...this.#wishes.keys()].filter(isMeant)) this.#wishes.delete(key);
    for (const key of [...this.#upcoming.keys()].filter(isMeant)) this.#drop(key);
  }

  #drop(key: string): void {
    const upcoming = this.#upcoming.get(key);
    if (upcoming === undefined) return;
    this.#upcoming.delete(key);
    upcoming.stop.abort(new Error('Nobody needs this standby any more.'));
    const leaving = this.#remove(upcoming).finally(() => this.#leaving.delete(leaving));
    this.#leaving.add(leaving);
  }

  async #remove({ made }: Upcoming): Promise<void> {
    const standby = await made;
    if (standby === undefined) return;
    try {
      await removeStandby(standby, this.#tools);
    } catch (error) {
      this.#tools.log.error('standby not removed', { directory: standby.place.directory, error: messageOf(error) });
    }
  }
}

/** Of an index of an app, or what the keys of all its indices begin with. */
function keyOf({ app, index }: { readonly app: string; readonly index?: number }): string {
  return `${app}\n${index ?? ''}`;
}
