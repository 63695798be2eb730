import type { StartRequest } from '#contract/dea.ts';
import { readableSize } from '#ground/bytes.ts';
import type { Exit } from '#ground/child.ts';
import { ActionableError, messageOf } from '#ground/errors.ts';
import { identityOf, isAlive } from '#ground/processes.ts';
import { bringUp } from './bring-up.ts';
import { noteExceeded } from './error-log.ts';
import { couldNotStart, diskExceeded, endedMeanwhile, memoryExceeded, neverStarted } from './explain-exit.ts';
import type { Usage } from './find-instance.ts';
import { followLog } from './follow-log.ts';
import { type Effect, type InstanceEvent, isLive, next, type StopReason } from './instance.ts';
import { type InstanceRecord, needsPort, portsOf } from './instance-record.ts';
import { LogPositions } from './log-positions.ts';
import { instanceVariable } from './process-census.ts';
import { removeDirectory } from './remove-directory.ts';
import { exitStatusIn } from './start-instance.ts';
import { stopInstance } from './stop-instance.ts';
import type { LogTail } from './tail-logs.ts';
import { directoryOf, type Tools } from './tools.ts';
import { endOf, exitOfLeader, type Launched, readinessOf } from './watch-instance.ts';
import type { Watched } from './watch-usage.ts';

/** Longer than a bus takes to come back: without it the end of the instance is no news to anybody either. */
const lastWordsLimitMs = 5_000;

/** Carries one instance through its life: what happens becomes an event, `next` decides, the effects happen here. */
export class Supervisor implements Watched {
  readonly #tools: Tools;
  /** Ends what brings the instance up and watches it. */
  readonly #watching = new AbortController();
  #record: InstanceRecord;
  #tail: LogTail | undefined;
  #comingUp: Promise<void> = Promise.resolve();
  #cleaning: Promise<void> = Promise.resolve();
  #isLetGo = false;
  #isEvacuated = false;
  usage: Usage | undefined;

  constructor(record: InstanceRecord, tools: Tools) {
    this.#record = record;
    this.#tools = tools;
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

  /** Starts a new instance. @param refusal why it is not even tried */
  start(request: StartRequest, refusal: string | undefined): void {
    this.#tools.changed();
    this.#tell(`Starting instance ${this.#record.index}.`);
    this.#comingUp = this.#comeUp(request, refusal).catch((error: unknown) => {
      this.#feed({ type: 'failed', ending: couldNotStart(error) });
    });
  }

  /** Takes over an instance that an earlier DEA started, or cleans up what is left of it. */
  async adopt(): Promise<void> {
    const { life, process: leader } = this.#record;
    if (!isLive(life)) return;
    for (const port of portsOf(this.#record)) this.#tools.ports.keep(port);
    if (leader !== null) this.#tools.census.addSession(this.id, leader);
    const tail = followLog(this.#record, this.#tools);
    this.#tail = tail;
    if (life.phase === 'ENDING') return this.#carryOut('terminate');
    if (leader === null) return this.#feed({ type: 'failed', ending: neverStarted() });
    if (!(await isAlive(leader))) {
      return this.#feed({ type: 'failed', ending: endedMeanwhile(await exitStatusIn(this.directory)) });
    }
    this.#tools.log.info('instance adopted', { ...this.#facts(), pid: leader.pid });
    this.#watch(tail, endOf(leader, this.#watching.signal));
  }

  stop(reason: StopReason): void {
    this.#feed({ type: 'stopped', reason });
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
    this.#tell(`Instance ${this.#record.index} is moved: this DEA stops soon.`);
    this.#tools.announcer.exited(this.#record, { reason: 'DEA_EVACUATION' });
  }

  /** Resolves when nothing of it runs any more. Only for an instance that was stopped or crashed. */
  async gone(): Promise<void> {
    await this.#comingUp;
    // Files are removed after processes were ended: one round of cleaning may follow another.
    for (let known: Promise<void> | undefined; known !== this.#cleaning; await known) known = this.#cleaning;
  }

  /** The files of a crash are not needed any more. */
  forget(): void {
    this.#feed({ type: 'forgotten' });
  }

  update(uris: readonly string[]): void {
    const old = this.#record.uris;
    this.#change({ uris: [...uris] });
    if (uris.length > 0 && this.#record.port === null) {
      this.#tell('This app was started without a route and has no port: restart it to have it reached.', 'ERR');
    }
    if (this.#record.life.phase !== 'RUNNING') return;
    const { announcer } = this.#tools;
    announcer.register(
      this.#record,
      uris.filter((uri) => !old.includes(uri)),
    );
    announcer.withdraw(
      this.#record,
      old.filter((uri) => !uris.includes(uri)),
    );
  }

  exceeded(what: 'memory' | 'disk', usedBytes: number): void {
    const { memoryMb, diskMb, index, life } = this.#record;
    if (!isLive(life) || life.phase === 'ENDING') return;
    const ending = what === 'memory' ? memoryExceeded(memoryMb, usedBytes) : diskExceeded(diskMb, usedBytes);
    const limitMb = what === 'memory' ? memoryMb : diskMb;
    this.#tell(`The ${what} limit of ${limitMb}M is exceeded: ${readableSize(usedBytes)} are in use.`, 'ERR');
    this.#tell(`Instance ${index} is ended. Raise its limit, or have it use less ${what}.`, 'ERR');
    noteExceeded(this.directory, { what, limitMb, usedBytes });
    this.#feed({ type: 'failed', ending });
  }

  async #comeUp(request: StartRequest, refusal: string | undefined): Promise<void> {
    if (refusal !== undefined) {
      throw new ActionableError('START_FAILED', `There is no room: ${refusal}.`, 'Stop other apps, or ask for less.');
    }
    await this.#takePorts();
    const { signal } = this.#watching;
    const child = await bringUp(this.#record, request, this.#tools, signal);
    const leader = (await identityOf(child.pid)) ?? { pid: child.pid, startedAt: '' };
    this.#tools.census.addSession(this.id, leader);
    this.#change({ process: leader });
    this.#feed({ type: 'launched' });
    this.#tail = followLog(this.#record, this.#tools);
    this.#watch(this.#tail, child.exited);
  }

  async #takePorts(): Promise<void> {
    const { ports } = this.#tools;
    if (needsPort(this.#record)) this.#change({ port: await ports.take() });
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
    const { announcer, census, ports, log, options } = this.#tools;
    const record = this.#record;
    switch (effect) {
      case 'announce':
        announcer.heartbeat([record]);
        announcer.register(record);
        this.#tell('Instance became healthy.');
        log.info('instance is running', { ...this.#facts(), afterMs: Date.now() - record.startedAtMs });
        break;
      case 'withdraw':
        announcer.withdraw(record);
        break;
      case 'terminate':
        this.#watching.abort(new Error('The instance ends.'));
        this.#clean(() => this.#terminate());
        // Whatever went wrong with that: an instance that never ends would hold its memory for ever.
        this.#clean(async () => this.#feed({ type: 'ended' }));
        break;
      case 'release':
        for (const port of portsOf(record)) ports.release(port);
        census.removeSession(record.id);
        break;
      case 'report':
        this.#report();
        if (record.isFlapping) this.forget();
        break;
      case 'remove-files':
        if (!options.keepDirectories) this.#clean(() => removeDirectory(this.directory));
        break;
    }
  }

  async #terminate(): Promise<void> {
    await this.#comingUp;
    const { census, log, options, places } = this.#tools;
    const { id, life, process: leader } = this.#record;
    const isCrash = 'ending' in life && life.ending.reason === 'CRASHED';
    const left = await stopInstance({
      directory: this.directory,
      members: () => census.membersOf(id),
      leaderPid: leader?.pid,
      graceMs: isCrash ? 0 : options.stopGraceMs,
      killLimitMs: options.killLimitMs,
      env: { PATH: options.path, HOME: this.directory, [instanceVariable]: id },
    });
    if (left.length > 0) log.error('processes cannot be ended', { ...this.#facts(), pids: left.map(({ pid }) => pid) });
    await this.#tail?.finish(lastWordsLimitMs);
    new LogPositions(places.logPositions, id).remove();
  }

  #report(): void {
    const { life, index } = this.#record;
    if (!('ending' in life)) return;
    const { reason, status, description } = life.ending;
    if (reason === 'CRASHED') this.#tell(`Instance ${index} ${description}.`, 'ERR');
    else this.#tell(`Instance ${index} was stopped.`);
    if (!this.#isEvacuated) this.#tools.announcer.exited(this.#record, life.ending);
    this.#tools.log.info('instance is gone', { ...this.#facts(), reason, status, description });
  }

  /** Cleaning goes on behind the scenes, one thing after the other. */
  #clean(work: () => Promise<void>): void {
    this.#cleaning = this.#cleaning.then(work).catch((error: unknown) => {
      this.#tools.log.error('instance not cleaned up', { ...this.#facts(), error: messageOf(error) });
    });
  }

  #change(part: Partial<InstanceRecord>): void {
    this.#record = { ...this.#record, ...part };
    this.#tools.changed();
  }

  #tell(text: string, stream: 'OUT' | 'ERR' = 'OUT'): void {
    this.#tools.announcer.tell(this.#record, text, stream);
  }

  #facts() {
    const { app, name, index, id, port } = this.#record;
    return { app, name, index, instance: id, port };
  }
}
