import type {
  Advertisement,
  DeaStatus,
  DiscoverRequest,
  FindRequest,
  FoundInstance,
  Hello,
  InstanceStats,
} from '#contract/dea.ts';
import type { FileViewer } from './files/file-viewer.ts';
import { foundOf, isCounted, isMeant, statsOf } from './find-instance.ts';
import type { Fleet } from './fleet.ts';
import type { InstanceRecord } from './instance-record.ts';
import type { DeaOptions } from './options.ts';
import { answerDelayMs, availableMemoryMb, isFull, whyFull } from './resources.ts';

/** The protocol's version, not ours: that of the last DEA of its kind. */
const version = 0.99;

/** What this DEA says about itself and its instances when it is asked. */
export class Answers {
  readonly #dea: string;
  readonly #fleet: Fleet;
  readonly #options: DeaOptions;
  readonly #files: FileViewer;

  constructor(dea: string, fleet: Fleet, options: DeaOptions, files: FileViewer) {
    this.#dea = dea;
    this.#fleet = fleet;
    this.#options = options;
    this.#files = files;
  }

  hello(): Hello {
    return { id: this.#dea, ip: this.#options.host, port: this.#options.filerPort, version };
  }

  /** How long to wait with "I can run this", or `undefined` when it cannot. */
  discoverDelayMs(request: DiscoverRequest): number | undefined {
    if (this.#fleet.whyNot(request) !== undefined) return undefined;
    if (request.deas === 1) return 0; // there is nobody to share the load with
    const ofApp = this.#fleet.records.filter((record) => record.app === request.droplet && isCounted(record));
    return answerDelayMs(this.#fleet.resources(), ofApp.length);
  }

  /** `undefined` when nothing more fits in here: nobody shall think of us then. */
  advertisement(runtimes: readonly string[]): Advertisement | undefined {
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
    const resources = this.#fleet.resources();
    const { maxMemoryMb, reservedMemoryMb, instances } = resources;
    const full = whyFull(resources);
    const usedBytes = this.#fleet.running.reduce((sum, { usage }) => sum + (usage?.memoryBytes ?? 0), 0);
    return {
      ...this.hello(),
      max_memory: maxMemoryMb,
      reserved_memory: reservedMemoryMb,
      used_memory: usedBytes / (1024 * 1024),
      num_clients: instances,
      ...(isStopping ? { state: 'SHUTTING_DOWN' } : {}),
      ...(full === undefined ? {} : { full }),
    };
  }

  async find(request: FindRequest, nowMs: number): Promise<FoundInstance[]> {
    const from = { dea: this.#dea, host: this.#options.host, files: this.#files };
    const meant = this.#fleet.records.filter((record) => isMeant(record, request));
    return Promise.all(
      meant.map(async (record) => {
        const hasStats = request.include_stats === true && record.life.phase === 'RUNNING';
        return foundOf(record, from, hasStats ? await this.#detailedStats(record, nowMs) : undefined);
      }),
    );
  }

  /** Of every instance that starts or runs. */
  stats(nowMs: number): InstanceStats[] {
    const counted = this.#fleet.records.filter(isCounted);
    return counted.map((record) => statsOf(record, this.#options.host, this.#fleet.usageOf(record.id), nowMs));
  }

  async #detailedStats(record: InstanceRecord, nowMs: number): Promise<InstanceStats> {
    const stats = statsOf(record, this.#options.host, this.#fleet.usageOf(record.id), nowMs);
    return { ...stats, pid: await this.#fleet.appPidOf(record.id) };
  }
}
