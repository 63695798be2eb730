import type { DropletExited, Heartbeat, InstanceState } from '#contract/dea.ts';

/** An instance as its DEA last reported it. */
export interface ActualInstance {
  readonly instance: string;
  readonly app: string;
  readonly version: string;
  readonly index: number;
  readonly state: InstanceState;
  readonly sinceMs: number;
  readonly seenAtMs: number;
  /** Set for instances that a cloud controller placed; those started by hand have none. */
  readonly partition: string | undefined;
  /** Whether its DEA is there for apps in production. */
  readonly isProd: boolean;
}

/** The crashes of one index of one version. */
export interface Crashes {
  readonly count: number;
  readonly lastAtMs: number;
  /** Which instances, and when in seconds since 1970; the newest last, of many only those. */
  readonly recent: readonly { readonly instance: string; readonly since: number }[];
}

export interface CrashRules {
  /** An instance that ran so long before it crashed starts counting anew. */
  readonly steadyAfterMs: number;
  /** So does one whose last crash is longer ago. */
  readonly flappingTimeoutMs: number;
}

const recentCrashes = 10;

/** What runs, built from heartbeats and exits. Times are arguments. */
export class ActualState {
  readonly #instances = new Map<string, ActualInstance>();
  readonly #crashes = new Map<string, Crashes>();

  heartbeat(message: Heartbeat, nowMs: number): void {
    for (const each of message.droplets) {
      this.#instances.set(each.instance, {
        instance: each.instance,
        app: each.droplet,
        version: each.version,
        index: each.index,
        state: each.state,
        sinceMs: each.state_timestamp * 1000,
        seenAtMs: nowMs,
        partition: each.cc_partition ?? undefined,
        isProd: message.prod === true,
      });
    }
  }

  /** Records an exit. @returns the crashes of its index so far; none when it did not crash */
  exited(message: DropletExited, nowMs: number, { steadyAfterMs, flappingTimeoutMs }: CrashRules): Crashes | undefined {
    const before = this.#instances.get(message.instance);
    this.#instances.delete(message.instance);
    if (message.reason !== 'CRASHED') return undefined;
    const key = crashKey(message.droplet, message.version, message.index);
    const wasSteady = before?.state === 'RUNNING' && nowMs - before.sinceMs >= steadyAfterMs;
    const known = this.#crashes.get(key);
    const isInRow = known !== undefined && !wasSteady && nowMs - known.lastAtMs <= flappingTimeoutMs;
    const since = Math.floor(message.crash_timestamp ?? nowMs / 1000);
    const crashes = {
      count: isInRow ? known.count + 1 : 1,
      lastAtMs: nowMs,
      recent: [...(known?.recent ?? []), { instance: message.instance, since }].slice(-recentCrashes),
    };
    this.#crashes.set(key, crashes);
    return crashes;
  }

  /** All instances that were heard of, by app. */
  instancesOf(app: string): ActualInstance[] {
    return [...this.#instances.values()].filter((each) => each.app === app);
  }

  /** Instances of an app that start or run and were heard of recently. */
  liveInstancesOf(app: string, nowMs: number, lostMs: number): ActualInstance[] {
    return this.liveInstances(nowMs, lostMs).filter((each) => each.app === app);
  }

  liveInstances(nowMs: number, lostMs: number): ActualInstance[] {
    return [...this.#instances.values()].filter(
      (each) => (each.state === 'STARTING' || each.state === 'RUNNING') && nowMs - each.seenAtMs < lostMs,
    );
  }

  /** How many live instances of each version an app has. */
  versionsOf(app: string, nowMs: number, lostMs: number): Record<string, number> {
    const counts: Record<string, number> = {};
    for (const { version } of this.liveInstancesOf(app, nowMs, lostMs)) counts[version] = (counts[version] ?? 0) + 1;
    return counts;
  }

  /** The crashes of all indices of a version. */
  crashesOfVersion(app: string, version: string): { index: number; crashes: Crashes }[] {
    const prefix = crashKey(app, version, '');
    return [...this.#crashes].flatMap(([key, crashes]) =>
      key.startsWith(prefix) ? [{ index: Number(key.slice(prefix.length)), crashes }] : [],
    );
  }

  /** How many indices crashed, and how many of them at least `count` times in a row. */
  crashed(count: number): { indices: number; flapping: number } {
    const all = [...this.#crashes.values()];
    return { indices: all.length, flapping: all.filter((each) => each.count >= count).length };
  }

  crashesOf(app: string, version: string, index: number): Crashes | undefined {
    return this.#crashes.get(crashKey(app, version, index));
  }

  /** Forgets what is too old to matter, and the crashes of versions that nobody wants any more. */
  forget(nowMs: number, lostMs: number, isWanted: (app: string, version: string) => boolean): void {
    for (const [id, each] of this.#instances) if (nowMs - each.seenAtMs >= lostMs) this.#instances.delete(id);
    for (const key of this.#crashes.keys()) {
      const [app = '', version = ''] = key.split('\n');
      if (!isWanted(app, version)) this.#crashes.delete(key);
    }
  }

  /** After a time without a bus nobody can have sent heartbeats: all of them count from now. */
  refresh(nowMs: number): void {
    for (const [id, each] of this.#instances) this.#instances.set(id, { ...each, seenAtMs: nowMs });
  }
}

function crashKey(app: string, version: string, index: number | ''): string {
  return `${app}\n${version}\n${index}`;
}
