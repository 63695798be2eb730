import type { DropletExited, Heartbeat } from '#contract/dea.ts';
import { processIn } from '../process-guid.ts';

type Beat = Heartbeat['droplets'][number];

/** An instance that a DEA told of, or that it was asked to start. */
export interface Instance {
  /** What is an app on the bus: the guid of a process. */
  readonly app: string;
  readonly index: number;
  readonly version: string;
  /** Null as long as no DEA has told of it. */
  readonly id: string | null;
  readonly dea: string;
  readonly state: 'STARTING' | 'RUNNING';
  /** Since when it is in this state, in ms since 1970. */
  readonly sinceMs: number;
  /** When it was last heard of. */
  readonly seenMs: number;
  /** It was told to stop. */
  readonly isStopping: boolean;
}

/** The last thing that went wrong at an index. */
export interface Trouble {
  readonly version: string;
  /** `unplaced`: no DEA took it. */
  readonly kind: 'crashed' | 'unplaced';
  /** For people: `exited with status 1`. */
  readonly reason: string;
  readonly sinceMs: number;
}

interface AppInstances {
  readonly live: Set<Instance>;
  /** By index. */
  readonly troubles: Map<number, Trouble>;
}

/** Which of an app's instances are meant; what is absent matches everything. */
export interface InstanceFilter {
  readonly version?: string | undefined;
  readonly ids?: readonly string[] | undefined;
  readonly indices?: readonly number[] | undefined;
}

const nothing: AppInstances = { live: new Set(), troubles: new Map() };

/**
 * What runs where, put together from heartbeats, exits and our own requests. An instance counts as starting from the
 * moment a DEA was asked, and is forgotten when nobody tells of it any more.
 */
export class ActualState {
  readonly #apps = new Map<string, AppInstances>();

  /** Those that are not being stopped first. */
  instancesOf(app: string): Instance[] {
    return [...this.#of(app).live].sort((one, other) => Number(one.isStopping) - Number(other.isStopping));
  }

  /** Guids of the processes of an app of which something is known. */
  processesOf(app: string): string[] {
    return [...this.#apps.keys()].filter((guid) => processIn(guid).app === app);
  }

  troubleAt(app: string, index: number): Trouble | undefined {
    return this.#of(app).troubles.get(index);
  }

  /** A DEA was asked to start an instance. */
  asked(request: { app: string; index: number; version: string; dea: string }, nowMs: number): void {
    const { live, troubles } = this.#make(request.app);
    for (const [index, { version }] of troubles) if (version !== request.version) troubles.delete(index);
    if (troubles.get(request.index)?.kind === 'unplaced') troubles.delete(request.index);
    live.add({ ...request, id: null, state: 'STARTING', sinceMs: nowMs, seenMs: nowMs, isStopping: false });
  }

  /** No DEA takes an instance. @returns whether that is news */
  unplaced(request: { app: string; index: number; version: string; reason: string }, nowMs: number): boolean {
    const { troubles } = this.#make(request.app);
    const before = troubles.get(request.index);
    const { version, reason } = request;
    if (before?.kind === 'unplaced' && before.version === version && before.reason === reason) return false;
    troubles.set(request.index, { kind: 'unplaced', version, reason, sinceMs: nowMs });
    return true;
  }

  /** A DEA tells of an instance. */
  seen(beat: Beat, dea: string, nowMs: number): void {
    const sinceMs = beat.state_timestamp * 1000;
    if (beat.state === 'CRASHED') {
      this.#crashed(beat, { reason: 'crashed', sinceMs, isLatest: false });
      return;
    }
    const { live, troubles } = this.#make(beat.droplet);
    const known = [...live].find(({ id }) => id === beat.instance);
    const replaced = known ?? findAsked(live, beat);
    if (replaced !== undefined) live.delete(replaced);
    if (beat.state === 'STOPPED') return;
    if (beat.state === 'RUNNING' && troubles.get(beat.index)?.kind === 'unplaced') troubles.delete(beat.index);
    live.add({
      app: beat.droplet,
      index: beat.index,
      version: beat.version,
      id: beat.instance,
      dea,
      state: beat.state,
      sinceMs,
      seenMs: nowMs,
      isStopping: replaced?.isStopping ?? false,
    });
  }

  exited(message: DropletExited, nowMs: number): void {
    const { live } = this.#of(message.droplet);
    const known = [...live].find(({ id }) => id === message.instance);
    const isCrash = message.reason === 'CRASHED';
    // It may have ended before its first heartbeat; but a stop of an unknown one says nothing about those that go on.
    const gone = known ?? findAsked(live, message, ({ isStopping }) => isCrash || isStopping);
    if (gone !== undefined) live.delete(gone);
    if (!isCrash) return;
    const sinceMs = message.crash_timestamp ? message.crash_timestamp * 1000 : nowMs;
    this.#crashed(message, { reason: message.exit_description ?? 'crashed', sinceMs, isLatest: true });
  }

  /** The DEAs were told to stop these. */
  stopping(app: string, filter: InstanceFilter = {}): void {
    const { live } = this.#of(app);
    for (const instance of [...live]) {
      if (instance.isStopping || !matches(instance, filter)) continue;
      live.delete(instance);
      live.add({ ...instance, isStopping: true });
    }
  }

  isSomethingStopping(): boolean {
    return [...this.#apps.values()].some(({ live }) => [...live].some(({ isStopping }) => isStopping));
  }

  /** The app runs no more or never existed. */
  forget(app: string): void {
    this.#apps.delete(app);
  }

  /** What went wrong before does not matter to a new start; of all instances when no indices are named. */
  forgetTroubles(app: string, indices?: readonly number[]): void {
    const { troubles } = this.#of(app);
    for (const index of indices ?? [...troubles.keys()]) troubles.delete(index);
  }

  /** Nobody could tell of instances for a while: each gets the whole time again. */
  refresh(nowMs: number): void {
    for (const { live } of this.#apps.values()) {
      const fresh = [...live].map((instance) => ({ ...instance, seenMs: nowMs }));
      live.clear();
      for (const instance of fresh) live.add(instance);
    }
  }

  /** Forgets instances that were not heard of for `lostAfterMs`. @returns them */
  prune(nowMs: number, lostAfterMs: number): Instance[] {
    const lost: Instance[] = [];
    for (const [app, { live, troubles }] of this.#apps) {
      for (const instance of live) {
        if (nowMs - instance.seenMs < lostAfterMs) continue;
        live.delete(instance);
        lost.push(instance);
      }
      if (live.size === 0 && troubles.size === 0) this.#apps.delete(app);
    }
    return lost;
  }

  /** The latest crash of an index is kept. */
  #crashed(
    { droplet, index, version, instance }: Pick<Beat, 'droplet' | 'index' | 'version' | 'instance'>,
    { reason, sinceMs, isLatest }: { reason: string; sinceMs: number; isLatest: boolean },
  ): void {
    const { live, troubles } = this.#make(droplet);
    for (const known of live) if (known.id === instance) live.delete(known);
    const before = troubles.get(index);
    if (!isLatest && before !== undefined && before.sinceMs >= sinceMs) return;
    troubles.set(index, { kind: 'crashed', version, reason, sinceMs });
  }

  #of(app: string): AppInstances {
    return this.#apps.get(app) ?? nothing;
  }

  #make(app: string): AppInstances {
    const known = this.#apps.get(app) ?? { live: new Set<Instance>(), troubles: new Map<number, Trouble>() };
    this.#apps.set(app, known);
    return known;
  }
}

/** The instance we asked for and that this one may be. */
function findAsked(
  live: ReadonlySet<Instance>,
  { index, version }: { index: number; version: string },
  may: (asked: Instance) => boolean = () => true,
): Instance | undefined {
  const isIt = (asked: Instance) => asked.id === null && asked.index === index && asked.version === version;
  return [...live].find((asked) => isIt(asked) && may(asked));
}

function matches(instance: Instance, { version, ids, indices }: InstanceFilter): boolean {
  if (version !== undefined && instance.version !== version) return false;
  if (indices !== undefined && !indices.includes(instance.index)) return false;
  return ids === undefined || (instance.id !== null && ids.includes(instance.id));
}
