import { deaAdvertise } from '#contract/dea.ts';
import type { Bus } from '#ground/bus.ts';
import { type ComponentContext, evacuatesApps, keepsApps } from '#ground/component.ts';
import { sleep } from '#ground/wait.ts';
import { Answers } from './answers.ts';
import type { FileViewer } from './files/file-viewer.ts';
import { Fleet } from './fleet.ts';
import { openTools } from './open-tools.ts';
import type { DeaOptions } from './options.ts';
import { findStrays, removeStrays } from './remove-strays.ts';
import { availableMemoryMb } from './resources.ts';
import { readSnapshot, Snapshot } from './snapshot.ts';
import { FileSync } from './sync-files.ts';
import type { Tools } from './tools.ts';
import { watchUsage } from './watch-usage.ts';

/** How long it takes everybody to reconnect when the bus is back. */
const settleMs = 1_000;

/** What others know a DEA by. */
interface Identity {
  readonly id: string;
  readonly files: FileViewer;
}

/**
 * A DEA with all it has; `dea.ts` connects it with the bus. Disposing it ends its instances, or leaves them running
 * when that is how the platform stops.
 */
export class Agent implements AsyncDisposable {
  readonly tools: Tools;
  readonly fleet: Fleet;
  readonly answers: Answers;
  readonly files: FileSync;
  readonly #bus: Bus;
  readonly #platformStops: AbortSignal;
  readonly #snapshot: Snapshot;
  readonly #closing = new AbortController();
  #tasks: Promise<unknown> = Promise.resolve();
  #isChangePending = false;
  #advertisedMb: number | undefined;

  private constructor(context: ComponentContext, tools: Tools, { id, files }: Identity) {
    this.#bus = context.bus;
    this.#platformStops = context.signal;
    this.tools = tools;
    this.fleet = new Fleet(tools);
    this.answers = new Answers(id, this.fleet, tools.options, files);
    this.files = new FileSync(tools, () => this.fleet.records);
    this.#snapshot = new Snapshot(tools.places.snapshot, () => this.fleet.records, tools.log);
  }

  /** Opens the files of a DEA and takes over the instances of the one before it. */
  static async open(context: ComponentContext, options: DeaOptions, identity: Identity): Promise<Agent> {
    let agent: Agent | undefined;
    const tools = await openTools(context, options, identity.id, () => agent?.noteChange());
    agent = new Agent(context, tools, identity);
    try {
      await agent.#recover();
    } catch (error) {
      await agent.fleet.letGo();
      throw error;
    }
    return agent;
  }

  /** Aborts when the DEA begins to stop: from then on it takes no orders. */
  get signal(): AbortSignal {
    return this.#closing.signal;
  }

  /** Takes no orders any more. */
  close(): void {
    this.#closing.abort(new Error('The DEA stops.'));
  }

  /** Publishes how much is free here, unless nothing is. */
  advertise(): void {
    const message = this.answers.advertisement(this.tools.runtimes.names());
    this.#advertisedMb = message?.available_memory;
    if (message !== undefined && !this.signal.aborted) this.#bus.publish(deaAdvertise, message);
  }

  /** Everybody who counts on our messages gets them again: the bus was away. */
  async busIsBack(): Promise<void> {
    this.repeatEverything();
    await this.tools.announcer.settle(settleMs, this.signal);
    this.repeatEverything();
  }

  /** All that is known here and may be said any number of times. */
  repeatEverything(): void {
    this.registerAll();
    this.tools.announcer.heartbeat(this.fleet.records);
    this.advertise();
  }

  registerAll(): void {
    for (const record of this.fleet.records) if (record.life.phase === 'RUNNING') this.tools.announcer.register(record);
  }

  /** Several changes in one turn are one change for those who hear of it. */
  noteChange(): void {
    this.#snapshot.touch();
    if (this.#isChangePending) return;
    this.#isChangePending = true;
    setImmediate(() => {
      this.#isChangePending = false;
      this.fleet.tidy(Date.now());
      this.fleet.standbys.follow(this.fleet.records);
      if (this.#advertisedMb !== availableMemoryMb(this.fleet.resources())) this.advertise();
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
    await Promise.all([this.fleet.standbys[Symbol.asyncDispose](), this.files[Symbol.asyncDispose]()]);
    if (evacuatesApps(this.#platformStops)) await this.#evacuate();
    if (keepsApps(this.#platformStops)) await this.fleet.letGo();
    else await this.fleet.stopAll();
    await this.#tasks;
    await this.#snapshot[Symbol.asyncDispose]();
  }

  /** Tells that all instances leave, and lets them serve until they are replaced elsewhere. */
  async #evacuate(): Promise<void> {
    const { evacuationDelayMs, registerEveryMs } = this.tools.options;
    this.fleet.evacuate();
    const endsAt = performance.now() + evacuationDelayMs;
    for (let leftMs = evacuationDelayMs; leftMs > 0; leftMs = endsAt - performance.now()) {
      this.registerAll();
      await sleep(Math.min(leftMs, Math.max(registerEveryMs, 100)));
    }
  }

  async #recover(): Promise<void> {
    const { census, log, options, places } = this.tools;
    const records = await readSnapshot(places.snapshot, log);
    const strays = await findStrays(this.tools, records);
    await this.fleet.adopt(records);
    const watching = watchUsage({
      census,
      log,
      instances: () => this.fleet.running,
      memoryEveryMs: options.memoryEveryMs,
      diskEveryMs: options.diskEveryMs,
      signal: this.signal,
    });
    this.#tasks = Promise.all([watching, removeStrays(strays, this.tools)]);
  }
}
