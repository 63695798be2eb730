import { statfsSync } from 'node:fs';
import type { DiscoverRequest, StartRequest, StopRequest, UpdateRequest } from '#contract/dea.ts';
import { diskUseOf } from './disk-use.ts';
import { isCounted, isMeant } from './find-instance.ts';
import { fitRuntime } from './fit-runtime.ts';
import { isLive } from './instance.ts';
import { type InstanceRecord, recordOf } from './instance-record.ts';
import { type Resources, whyNoRoom } from './resources.ts';
import { Standbys } from './standby/standbys.ts';
import { appPidIn } from './start-instance.ts';
import { Supervisor } from './supervisor.ts';
import type { Tools } from './tools.ts';

/** All instances of this DEA, and what is asked of them. */
export class Fleet {
  readonly #tools: Tools;
  readonly #supervisors = new Map<string, Supervisor>();
  /** What is prepared for instances to come. */
  readonly standbys: Standbys;

  constructor(tools: Tools) {
    this.#tools = tools;
    this.standbys = new Standbys(tools, () => this.resources());
  }

  /** All that are not gone, crashed ones included. */
  get records(): readonly InstanceRecord[] {
    return this.#all.map(({ record }) => record).filter(({ life }) => life.phase !== 'GONE');
  }

  /** Those whose use of the machine counts. */
  get running(): readonly Supervisor[] {
    return this.#all.filter(({ record }) => record.process !== null && isCounted(record));
  }

  resources(): Resources {
    const live = this.records.filter(({ life }) => isLive(life));
    const { maxMemoryMb, maxInstances, minFreeDiskMb, maxDiskUsePercent } = this.#tools.options;
    return {
      maxMemoryMb,
      maxInstances,
      minFreeDiskMb,
      maxDiskUsePercent,
      reservedMemoryMb: live.reduce((sum, { memoryMb }) => sum + memoryMb, 0),
      instances: live.length,
      ...diskOf(this.#tools.places.instances),
    };
  }

  /** Why this DEA has no place for an app; `undefined` when it has. */
  whyNot({ limits, prod }: DiscoverRequest): string | undefined {
    if (this.#tools.options.prod === true && prod !== true) return 'is not for production';
    return whyNoRoom(this.resources(), limits.mem);
  }

  /** Why an app's runtime is not to be had here as the app asks for it; where it is nearly, the log says so. */
  async whyUnfit({ runtime_info, droplet }: DiscoverRequest): Promise<string | undefined> {
    const { log, options, versions } = this.#tools;
    const runtime = await fitRuntime(runtime_info, this.#tools);
    const isExact = options.strictRuntimes;
    const why = runtime.ok ? isExact && (await versions.whyUnfit(runtime.program, runtime_info)) : runtime.reason;
    if (!why) return undefined;
    if (runtime.ok || runtime_info.constraint) {
      log.warn('runtime does not fit', { app: droplet, runtime: runtime_info.name, reason: why });
    }
    return why;
  }

  start(request: StartRequest): void {
    const record = recordOf(request, this.#tools.options, Date.now());
    const refusal = whyNoRoom(this.resources(), record.memoryMb);
    const standby = this.standbys.take(record, request, refusal !== undefined);
    const supervisor = new Supervisor({ ...record, ...standby?.place }, this.#tools);
    this.#supervisors.set(supervisor.id, supervisor);
    supervisor.start(request, refusal, standby);
  }

  async adopt(records: readonly InstanceRecord[]): Promise<void> {
    for (const record of records) this.#supervisors.set(record.id, new Supervisor(record, this.#tools));
    await Promise.all(this.#all.map((supervisor) => supervisor.adopt()));
  }

  stop(request: StopRequest): void {
    const drainMs = (request.drain ?? 0) * 1000;
    for (const supervisor of this.#all) if (isMeant(supervisor.record, request)) supervisor.stop('STOPPED', drainMs);
  }

  update({ droplet, uris, version, cron }: UpdateRequest): void {
    for (const supervisor of this.#all) {
      const { app, life, version: own } = supervisor.record;
      const isIt = app === droplet && (!version || version === own);
      if (!isIt || !isLive(life)) continue;
      supervisor.update(uris ?? []);
      if (cron) supervisor.takeTurns(cron);
    }
  }

  /** Removes what is gone, and of each app the files of all but its latest crashes. */
  tidy(nowMs: number): void {
    const { crashKeepMs, crashesKept } = this.#tools.options;
    const kept = new Map<string, number>();
    const crashed = this.#all.filter(({ record }) => record.life.phase === 'CRASHED');
    for (const supervisor of crashed.sort((a, b) => b.record.life.sinceMs - a.record.life.sinceMs)) {
      const { app, life } = supervisor.record;
      const count = (kept.get(app) ?? 0) + 1;
      kept.set(app, count);
      if (count > crashesKept || nowMs - life.sinceMs >= crashKeepMs) supervisor.forget();
    }
    for (const supervisor of this.#all) {
      if (supervisor.record.life.phase !== 'GONE') continue;
      void supervisor.gone().then(() => this.#supervisors.delete(supervisor.id));
    }
  }

  /** Says of all that are not gone that they leave. Their end is no news then. */
  evacuate(): void {
    for (const supervisor of this.#all) {
      // A task is not begun elsewhere: it works on until there is no time any more.
      if (isCounted(supervisor.record) && supervisor.record.task === null) supervisor.evacuate();
    }
  }

  usageOf(id: string) {
    return this.#supervisors.get(id)?.usage;
  }

  /** The app's own process, where `startup` noted it. */
  async appPidOf(id: string): Promise<number | undefined> {
    const supervisor = this.#supervisors.get(id);
    return supervisor === undefined ? undefined : appPidIn(supervisor.directory);
  }

  /** Stops all of them and waits until nothing is left. */
  async stopAll(): Promise<void> {
    for (const supervisor of this.#all) if (isLive(supervisor.record.life)) supervisor.stop('DEA_SHUTDOWN');
    await Promise.all(this.#all.map((supervisor) => supervisor.gone()));
  }

  /** Leaves those alone that run; ends those that are only being prepared. */
  async letGo(): Promise<void> {
    await Promise.all(
      this.#all.map((supervisor) => {
        const { phase } = supervisor.record.life;
        if (phase === 'STARTING' || phase === 'RUNNING') return supervisor.letGo();
        if (phase === 'PREPARING') supervisor.stop('DEA_SHUTDOWN');
        return supervisor.gone();
      }),
    );
  }

  get #all(): Supervisor[] {
    return [...this.#supervisors.values()];
  }
}

function diskOf(directory: string): { freeDiskMb: number; diskUsePercent: number } {
  const disk = statfsSync(directory);
  return { freeDiskMb: (disk.bavail * disk.bsize) / (1024 * 1024), diskUsePercent: diskUseOf(disk) };
}
