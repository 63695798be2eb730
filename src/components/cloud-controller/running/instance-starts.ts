import { deaStartInstance, type LayerSource } from '#contract/dea.ts';
import type { Bus } from '#ground/bus.ts';
import { messageOf } from '#ground/errors.ts';
import type { Log } from '#ground/log.ts';
import { sleep } from '#ground/wait.ts';
import { addressWith, type Credentials } from '#vcap/credentials.ts';
import { sayInAppLog } from '../app-log.ts';
import type { EventLog } from '../events.ts';
import { processIn } from '../process-guid.ts';
import type { DropletRecord } from '../records.ts';
import type { Store } from '../store.ts';
import type { ActualState } from './actual-state.ts';
import { type Desired, desiredOf, wantedIndices } from './desired.ts';
import { findDea, whyNoDea } from './find-dea.ts';
import type { KnownDeas } from './known-deas.ts';
import { startRequestOf } from './start-message.ts';
import type { Versions } from './versions.ts';

export interface InstanceStartsParts {
  readonly bus: Bus;
  readonly log: Log;
  readonly store: Store;
  readonly events: EventLog;
  readonly actual: ActualState;
  readonly deas: KnownDeas;
  /** Where a droplet's blob is on this machine. */
  readonly blobPathOf: (sha256: string) => string;
  readonly ownAddress: () => string;
  readonly deaCredentials: Credentials;
  /** Where DEAs have the layer of a droplet. */
  readonly layerSourceOf: (droplet: DropletRecord) => LayerSource | undefined;
  /** Whether somebody works on an app. */
  readonly isWatched: (app: string) => boolean;
  /** In whose name apps run. */
  readonly users: readonly string[];
  /** How long DEAs may take to answer. */
  readonly discoverLimitMs: number;
  /** How long instances that stop may take to free what a new one needs. */
  readonly roomLimitMs: number;
  readonly versions: Versions;
  /** Called whenever something changed about an app's instances. */
  readonly changed: (process: string) => void;
  readonly signal: AbortSignal;
}

interface Place {
  /** What is an app on the bus: the guid of a process. */
  readonly app: string;
  readonly version: string;
  readonly index: number;
}

/** Which instances; what is absent means all of what should run. */
interface Filling {
  readonly indices?: readonly number[];
  /** They crash again and again, so the DEA need not keep what they leave. */
  readonly flapping?: boolean;
  /** Of a version that is to take over. */
  readonly version?: string;
}

/**
 * Brings instances to DEAs. What should run is read again before each step, so a stop, a smaller scale or a newer
 * version that comes in between counts at once, and nothing has to be called back.
 */
export class InstanceStarts {
  readonly #parts: InstanceStartsParts;
  /** Places that a DEA is being sought for. */
  readonly #sought = new Set<string>();

  constructor(parts: InstanceStartsParts) {
    this.#parts = parts;
  }

  /**
   * Starts the wanted instances that do not run and are not under way. Resolves when they were asked for, or
   * it is known of each that no DEA takes it.
   */
  async fill(app: string, { indices, flapping = false, version: wished }: Filling = {}) {
    const { store, versions } = this.#parts;
    const desired = wished === undefined ? desiredOf(store, app) : versions.desiredAt(app, wished);
    if (desired === undefined) return;
    const { version } = desired;
    const places = wantedIndices(desired)
      .filter((index) => indices?.includes(index) ?? true)
      .map((index) => ({ app, version, index }))
      .filter((place) => !this.#sought.has(keyOf(place)) && this.#wanted(place) !== undefined);
    for (const place of places) this.#sought.add(keyOf(place));
    try {
      await this.#fillOneByOne(places, flapping);
    } finally {
      for (const place of places) this.#sought.delete(keyOf(place));
    }
  }

  /** One at a time: a DEA that answers has counted the instance before. What the first cannot have, no other can. */
  async #fillOneByOne(places: readonly Place[], flapping: boolean): Promise<void> {
    for (const [at, place] of places.entries()) {
      const reason = await this.#place(place, flapping).catch((error: unknown) => {
        this.#parts.signal.throwIfAborted();
        this.#parts.log.error('instance not placed', { ...place, error: messageOf(error) });
        return `the platform failed to start it: ${messageOf(error)}`;
      });
      if (reason === undefined) continue;
      this.#unplaced(places.slice(at), reason);
      return;
    }
  }

  /** @returns why it cannot run, or undefined when it was asked for or is not wanted any more */
  async #place(place: Place, flapping: boolean): Promise<string | undefined> {
    const sought = this.#wanted(place);
    if (sought === undefined) return undefined;
    const dea = await this.#findDea(sought, place);
    // What is wanted may have changed while the DEAs were asked.
    const desired = this.#wanted(place);
    if (desired === undefined) return undefined;
    if (dea === undefined) return await whyNoDea(desired, this.#parts);
    this.#ask(dea, desired, place, flapping);
    return undefined;
  }

  #ask(dea: string, desired: Desired, { app, version, index }: Place, flapping: boolean): void {
    const {
      actual,
      blobPathOf,
      bus,
      changed,
      deaCredentials,
      deas,
      layerSourceOf,
      isWatched,
      log,
      ownAddress,
      store,
      users,
    } = this.#parts;
    const { runtime, sha1, sha256 } = desired.droplet;
    const own = addressWith(ownAddress(), deaCredentials);
    bus.publish(
      deaStartInstance.at(dea),
      startRequestOf(desired, {
        index,
        runtime: deas.nameOf(runtime, dea),
        executableUri: `${own}/staged_droplets/${desired.app.guid}/${sha1}`,
        executableFile: blobPathOf(sha256),
        layer: layerSourceOf(desired.droplet),
        users,
        flapping,
        isWatched: isWatched(desired.app.guid),
        cronWaits: desiredOf(store, app)?.version !== version,
      }),
    );
    actual.asked({ app, index, version, dea }, Date.now());
    log.info('instance placed', { app, index, version, dea });
    changed(app);
  }

  /** Instances that are stopping may hold the room this one needs: then it is tried once more when they are gone. */
  async #findDea(desired: Desired, place: Place): Promise<string | undefined> {
    const { actual, roomLimitMs, signal } = this.#parts;
    const wasStopping = actual.isSomethingStopping(); // it may be gone before the DEAs have had time to answer
    const found = await findDea(desired, this.#parts);
    if (found !== undefined || !(wasStopping || actual.isSomethingStopping())) return found;
    const endsAt = performance.now() + roomLimitMs;
    while (actual.isSomethingStopping() && performance.now() < endsAt && this.#wanted(place)) await sleep(20, signal);
    return this.#wanted(place) && findDea(desired, this.#parts);
  }

  /** What should run at a place; undefined when nothing should, or something does already. */
  #wanted({ app, version, index }: Place): Desired | undefined {
    const { actual, versions } = this.#parts;
    const desired = versions.desiredAt(app, version);
    if (desired === undefined || index >= desired.process.instances) return undefined;
    const isThere = actual
      .instancesOf(app)
      .some((instance) => instance.index === index && instance.version === version && !instance.isStopping);
    return isThere ? undefined : desired;
  }

  #unplaced(places: readonly Place[], reason: string): void {
    const { actual, bus, changed, events, log, store } = this.#parts;
    const wanted = places.filter((place) => this.#wanted(place) !== undefined);
    const news = wanted.filter((place) => actual.unplaced({ ...place, reason }, Date.now()));
    const [first] = news;
    if (first === undefined) return;
    const { app: guid, type } = processIn(first.app);
    const app = store.get('app', guid);
    if (app === undefined) return;
    const indices = news.map(({ index }) => index);
    log.warn('no dea takes an instance', { app: first.app, indices, reason });
    events.record('app.unplaced', { app }, { process_type: type, indices, reason, version: first.version });
    const what = type === 'web' ? '' : ` of ${type}`;
    sayInAppLog(bus, guid, `${namesOf(indices)}${what} cannot start: ${reason}`);
    changed(first.app);
  }
}

function keyOf({ app, version, index }: Place): string {
  return `${app}/${version}/${index}`;
}

function namesOf(indices: readonly number[]): string {
  return indices.length === 1 ? `Instance ${indices[0]}` : `Instances ${indices.join(', ')}`;
}
