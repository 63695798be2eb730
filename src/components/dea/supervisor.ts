import type { StartRequest, UpdateRequest } from '#contract/dea.ts';
import type { Exit } from '#ground/child.ts';
import { ActionableError } from '#ground/errors.ts';
import { identityOf, isAlive } from '#ground/processes.ts';
import { removeTree } from '#ground/remove-tree.ts';
import { bringUp } from './bring-up.ts';
import { Cleaning } from './cleaning.ts';
import { nextTurn, tellTurn } from './cron-turn.ts';
import { endInstance } from './end-instance.ts';
import { couldNotStart, diskExceeded, endedMeanwhile, memoryExceeded, neverStarted } from './explain-exit.ts';
import type { Usage } from './find-instance.ts';
import { followLog } from './follow-log.ts';
import { type Effect, type InstanceEvent, isLive, next, type StopReason } from './instance.ts';
import { type Excess, InstanceNews } from './instance-news.ts';
import { type InstanceRecord, needsPort, portsOf } from './instance-record.ts';
import type { Standby } from './standby/standby.ts';
import { exitStatusIn } from './start-instance.ts';
import type { LogTail } from './tail-logs.ts';
import { directoryOf, type Tools } from './tools.ts';
import { endOf, exitOfLeader, type Launched, readinessOf } from './watch-instance.ts';
import type { Watched } from './watch-usage.ts';

/** Carries one instance through its life: what happens becomes an event, `next` decides, the effects happen here. */
export class Supervisor implements Watched {
  readonly #tools: Tools;
  readonly #news: InstanceNews;
  /** Ends what brings the instance up and watches it. */
  readonly #watching = new AbortController();
  readonly #cleaning = new Cleaning((error) => this.#news.notCleanedUp(this.#record, error));
  #record: InstanceRecord;
  #tail: LogTail | undefined;
  #comingUp: Promise<void> = Promise.resolve();
  #isLetGo = false;
  #isEvacuated = false;
  #isDraining = false;
  /** The routes it had before it was withdrawn. */
  #lastUris: readonly string[] = [];
  usage: Usage | undefined;

  constructor(record: InstanceRecord, tools: Tools) {
    this.#record = record;
    this.#tools = tools;
    this.#news = new InstanceNews(tools);
  }

  get record(): InstanceRecord {
    return this.#record;
  }

  get id(): string {
    return this.#record.id;
  }

  get directory(): string {
    return directoryOf(this.#record, this.#tools.places);
  }

  /** Starts a new instance. @param refusal why it is not even tried @param standby what is prepared for it, as its record says */
  start(request: StartRequest, refusal: string | undefined, standby?: Standby): void {
    this.#tools.changed();
    this.#news.starting(this.#record);
    this.#comingUp = this.#comeUp(request, refusal, standby).catch((error: unknown) => {
      this.#feed({ type: 'failed', ending: couldNotStart(error) });
    });
  }

  /** Takes over an instance that an earlier DEA started, or cleans up what is left of it. */
  async adopt(): Promise<void> {
    if (!isLive(this.#record.life)) return;
    for (const port of portsOf(this.#record)) this.#tools.ports.keep(port);
    await this.#noteLaunch();
    const { life, process: leader } = this.#record;
    if (leader !== null) this.#tools.census.addSession(this.id, leader);
    const tail = followLog(this.#record, this.#tools);
    this.#tail = tail;
    if (life.phase === 'ENDING') return this.#carryOut('terminate');
    if (leader === null || !(await isAlive(leader))) {
      const status = await exitStatusIn(this.directory);
      const wasLaunched = leader !== null || status !== undefined;
      return this.#feed({ type: 'failed', ending: wasLaunched ? endedMeanwhile(status) : neverStarted() });
    }
    this.#news.adopted(this.#record);
    this.#watch(tail, endOf(leader, this.#watching.signal));
  }

  /** What was launched, and not yet in the snapshot when the DEA was killed, is known by its variable. */
  async #noteLaunch(): Promise<void> {
    const { process: noted, port } = this.#record;
    if (noted !== null || (needsPort(this.#record) && port === null)) return;
    const members = await this.#tools.census.membersOf(this.id);
    const leader = members.find(({ pid, sessionId }) => pid === sessionId);
    if (leader === undefined) return;
    this.#change({ process: { pid: leader.pid, startedAt: leader.startedAt } });
    this.#feed({ type: 'launched' });
  }

  /** @param drainMs how long it may go on with the requests it has, when it runs and gets no new ones any more */
  stop(reason: StopReason, drainMs = 0): void {
    const stop = () => this.#feed({ type: 'stopped', reason });
    const isServing = this.#record.life.phase === 'RUNNING';
    if (drainMs === 0 || !isServing) stop();
    else if (!this.#isDraining) this.#drain(drainMs, stop);
  }

  #drain(limitMs: number, stop: () => void): void {
    this.#isDraining = true;
    const { signal } = this.#watching;
    this.update([]);
    const question = { uris: [...this.#lastUris], private_instance_id: this.#record.privateId };
    const idle = question.uris.length === 0 ? Promise.resolve() : this.#tools.untilIdle(question, limitMs, signal);
    // It may end by itself, or by another order, meanwhile; without a bus nobody can be asked.
    idle.then(stop, stop);
  }

  /** Leaves a running instance to whoever comes next. */
  async letGo(): Promise<void> {
    this.#isLetGo = true;
    this.#watching.abort(new Error('The instance is left alone.'));
    await this.#tail?.[Symbol.asyncDispose]();
  }

  /** Says that it leaves, while it still serves. Its end, however it comes, is not told again. */
  evacuate(): void {
    this.#isEvacuated = true;
    this.#news.moved(this.#record);
  }

  /** Resolves when nothing of it runs any more. Only for an instance that was stopped or crashed. */
  async gone(): Promise<void> {
    await this.#comingUp;
    await this.#cleaning.done(); // files are removed after processes were ended
  }

  /** The files of a crash are not needed any more. */
  forget(): void {
    this.#feed({ type: 'forgotten' });
  }

  update(uris: readonly string[]): void {
    const old = this.#record.uris;
    if (old.length > 0) this.#lastUris = old;
    if (this.#isDraining && uris.length > 0) return;
    this.#change({ uris: [...uris] });
    this.#news.rerouted(this.#record, old);
  }

  /** Whose turn it is to run what is due. */
  takeTurns(cron: NonNullable<UpdateRequest['cron']>): void {
    const { cronTurn, process: leader } = this.#record;
    if (cronTurn === null || leader === null) return;
    const turn = nextTurn(cronTurn, cron);
    if (turn === cronTurn) return;
    try {
      tellTurn(this.directory, turn);
      this.#change({ cronTurn: turn });
    } catch (error) {
      this.#news.turnNotTold(this.#record, error); // it is told again after the next heartbeat
    }
  }

  exceeded(what: Excess, usedBytes: number): void {
    const { memoryMb, diskMb, life } = this.#record;
    if (!isLive(life) || life.phase === 'ENDING') return;
    this.#news.exceeded(this.#record, what, usedBytes);
    const ending = what === 'memory' ? memoryExceeded(memoryMb, usedBytes) : diskExceeded(diskMb, usedBytes);
    this.#feed({ type: 'failed', ending });
  }

  async #comeUp(request: StartRequest, refusal: string | undefined, standby?: Standby): Promise<void> {
    if (refusal !== undefined) {
      throw new ActionableError('START_FAILED', `There is no room: ${refusal}.`, 'Stop other apps, or ask for less.');
    }
    await this.#takePorts();
    const { signal } = this.#watching;
    const child = await bringUp(this.#record, request, { tools: this.#tools, signal, standby });
    const leader = (await identityOf(child.pid)) ?? { pid: child.pid, startedAt: '' };
    this.#tools.census.addSession(this.id, leader);
    this.#change({ process: leader });
    this.#feed({ type: 'launched' });
    this.#tail = followLog(this.#record, this.#tools);
    this.#watch(this.#tail, child.exited);
  }

  async #takePorts(): Promise<void> {
    const { ports } = this.#tools;
    if (needsPort(this.#record)) this.#change({ port: await ports.renew(this.#record.port) });
    if (this.#record.debugMode !== null) this.#change({ debugPort: await ports.take() });
    if (this.#record.hasConsole) this.#change({ consolePort: await ports.take() });
  }

  /** @param ended settles when the first process has ended */
  #watch(tail: LogTail, ended: Promise<Exit | undefined>): void {
    const { signal } = this.#watching;
    const launched = (): Launched => ({ record: this.#record, tools: this.#tools, tail, signal });
    const feed = (event: Promise<InstanceEvent>) =>
      event.then(
        (happened) => this.#feed(happened),
        (error: unknown) => {
          if (!signal.aborted) this.#feed({ type: 'failed', ending: couldNotStart(error) });
        },
      );
    if (this.#record.life.phase === 'STARTING') void feed(readinessOf(launched()));
    void feed(ended.then((exit) => exitOfLeader(launched(), exit)));
  }

  #feed(event: InstanceEvent): void {
    if (this.#isLetGo) return;
    const step = next(this.#record.life, event, Date.now());
    if (step === undefined) return;
    this.#change({ life: step.life });
    for (const effect of step.effects) this.#carryOut(effect);
  }

  #carryOut(effect: Effect): void {
    const { census, ports, options } = this.#tools;
    const record = this.#record;
    switch (effect) {
      case 'announce':
        this.#news.running(record);
        break;
      case 'withdraw':
        this.#news.withdrawn(record);
        break;
      case 'terminate':
        this.#watching.abort(new Error('The instance ends.'));
        this.#cleaning.add(() => this.#comingUp.then(() => endInstance(this.#record, this.#tail, this.#tools)));
        // Whatever went wrong with that: an instance that never ends would hold its memory for ever.
        this.#cleaning.add(async () => this.#feed({ type: 'ended' }));
        break;
      case 'release':
        for (const port of portsOf(record)) ports.release(port);
        census.removeSession(record.id);
        break;
      case 'report':
        this.#news.gone(record, this.#isEvacuated);
        if (record.isFlapping) this.forget();
        break;
      case 'remove-files':
        if (!options.keepDirectories) this.#cleaning.add(() => removeTree(this.directory));
        break;
    }
  }

  #change(part: Partial<InstanceRecord>): void {
    this.#record = { ...this.#record, ...part };
    this.#tools.changed();
  }
}
