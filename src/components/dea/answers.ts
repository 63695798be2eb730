import type {
  Advertisement,
  DeaStatus,
  DiscoverRequest,
  FindRequest,
  FoundInstance,
  Hello,
  InstanceStats,
} from '#contract/dea.ts';
import type { Announcement } from '#contract/discovery.ts';
import { rubyTime } from '#contract/primitives.ts';
import type { RuntimeFamily } from '#contract/runtimes.ts';
import { foundOf, isCounted, isMeant, statsOf } from './find-instance.ts';
import type { Fleet } from './fleet.ts';
import type { InstanceRecord } from './instance-record.ts';
import type { DeaOptions } from './options.ts';
import { answerDelayMs, availableMemoryMb, isFull } from './resources.ts';

/** The protocol's version, not ours: that of the last DEA of its kind. */
const version = 0.99;

/** What this DEA says about itself and its instances when it is asked. */
export class Answers {
  readonly #dea: string;
  readonly #fleet: Fleet;
  readonly #options: DeaOptions;
  readonly #startedAtMs: number;

  constructor(dea: string, fleet: Fleet, options: DeaOptions, nowMs: number) {
    this.#dea = dea;
    this.#fleet = fleet;
    this.#options = options;
    this.#startedAtMs = nowMs;
  }

  hello(): Hello {
    return { id: this.#dea, ip: this.#options.host, port: null, version };
  }

  /** How long to wait with "I can run this", or `undefined` when it cannot. */
  discoverDelayMs(request: DiscoverRequest): number | undefined {
    if (this.#fleet.whyNot(request) !== undefined) return undefined;
    const ofApp = this.#fleet.records.filter((record) => record.app === request.droplet && isCounted(record));
    return answerDelayMs(this.#fleet.resources(), ofApp.length);
  }

  /** `undefined` when nothing more fits in here: nobody shall think of us then. */
  advertisement(runtimes: readonly RuntimeFamily[]): Advertisement | undefined {
    const resources = this.#fleet.resources();
    if (isFull(resources)) return undefined;
    return {
      id: this.#dea,
      available_memory: availableMemoryMb(resources),
      runtimes: [...runtimes],
      prod: this.#options.prod,
    };
  }

  status(isStopping: boolean): DeaStatus {
    const { maxMemoryMb, reservedMemoryMb, instances } = this.#fleet.resources();
    const usedBytes = this.#fleet.running.reduce((sum, { usage }) => sum + (usage?.memoryBytes ?? 0), 0);
    return {
      ...this.hello(),
      max_memory: maxMemoryMb,
      reserved_memory: reservedMemoryMb,
      used_memory: usedBytes / (1024 * 1024),
      num_clients: instances,
      ...(isStopping ? { state: 'SHUTTING_DOWN' } : {}),
    };
  }

  async find(request: FindRequest, nowMs: number): Promise<FoundInstance[]> {
    const meant = this.#fleet.records.filter((record) => isMeant(record, request));
    return Promise.all(
      meant.map(async (record) => {
        const hasStats = request.include_stats === true && record.life.phase === 'RUNNING';
        return foundOf(record, this.#dea, hasStats ? await this.#detailedStats(record, nowMs) : undefined);
      }),
    );
  }

  /** Of every instance that starts or runs. */
  stats(nowMs: number): InstanceStats[] {
    const counted = this.#fleet.records.filter(isCounted);
    return counted.map((record) => statsOf(record, this.#options.host, this.#fleet.usageOf(record.id), nowMs));
  }

  announcement(): Announcement {
    const start = rubyTime(new Date(this.#startedAtMs));
    return { type: 'DEA', index: null, uuid: this.#dea, host: null, credentials: null, start };
  }

  async #detailedStats(record: InstanceRecord, nowMs: number): Promise<InstanceStats> {
    const stats = statsOf(record, this.#options.host, this.#fleet.usageOf(record.id), nowMs);
    return { ...stats, pid: await this.#fleet.appPidOf(record.id) };
  }

  /** The announcement with our age: `0d:1h:2m:3s`. */
  discovery(nowMs: number): Announcement {
    const seconds = Math.floor((nowMs - this.#startedAtMs) / 1000);
    const [minutes, hours, days] = [Math.floor(seconds / 60), Math.floor(seconds / 3600), Math.floor(seconds / 86_400)];
    return { ...this.announcement(), uptime: `${days}d:${hours % 24}h:${minutes % 60}m:${seconds % 60}s` };
  }
}
