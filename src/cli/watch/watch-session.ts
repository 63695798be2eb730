import { ActionableError } from '#ground/errors.ts';
import { ApiClient } from '../api-client.ts';
import { reportApp } from '../app/report-app.ts';
import type { Cli } from '../cli.ts';
import type { AppPusher, Outcome } from './app-pusher.ts';
import { followLog } from './follow-log.ts';
import { Mailbox } from './mailbox.ts';
import { type Act, type Happening, next, type Phase } from './redeploys.ts';
import { SettleLater } from './settle-later.ts';
import type { Settled } from './settling.ts';
import { Teller } from './teller.ts';
import { VersionFailed } from './version-failed.ts';
import { type Version, Versions } from './versions.ts';
import { type FolderState, watchFolder } from './watch-folder.ts';
import type { WatchView } from './watch-view.ts';

export interface SessionOptions {
  readonly view: WatchView;
  readonly poll: boolean;
  /** How long nothing must happen in the folder, in ms. */
  readonly delayMs: number;
  readonly logs: boolean;
  readonly verbose: boolean;
  readonly json: boolean;
}

type Message =
  | { readonly state: FolderState; readonly of: AbortSignal }
  | { readonly outcome: Outcome }
  | { readonly withdrawn: VersionFailed; readonly of: Version }
  | { readonly settled: Settled | VersionFailed }
  | { readonly happening: Happening; readonly why?: string }
  | { readonly error: unknown };

/** A watch of one app, from its first push to Ctrl-C. What is to be done next, `redeploys.ts` decides. */
export class WatchSession {
  readonly #cli: Cli;
  readonly #pusher: AppPusher;
  readonly #options: SessionOptions;
  readonly #view: WatchView;
  readonly #teller: Teller;
  readonly #inbox: Mailbox<Message>;
  readonly #versions: Versions;
  readonly #settling: SettleLater;
  #phase: Phase = { at: 'rest' };
  /** The folder as it came to rest last. */
  #newest: FolderState | undefined;
  /** Nothing was deployed yet. */
  #isFirst = true;
  /** These end the watch of one folder, the attempt that is under way, and the rest. */
  #watching = new AbortController();
  #attempt = new AbortController();
  readonly #ended = new AbortController();
  #timer: NodeJS.Timeout | undefined;

  constructor(cli: Cli, pusher: AppPusher, options: SessionOptions) {
    this.#cli = cli;
    this.#pusher = pusher;
    this.#options = options;
    this.#view = options.view;
    this.#teller = new Teller(options.view, () => this.#app, options.logs);
    this.#inbox = new Mailbox(cli.signal);
    this.#versions = new Versions(pusher.hashes);
    this.#settling = new SettleLater(pusher, {
      told: (settled) => this.#inbox.put({ settled }),
      failed: (error) => this.#inbox.put({ error }),
    });
  }

  /** Resolves when the signal of the command line aborts. @throws ActionableError what ends a push; NOT_FOUND later */
  async run(): Promise<void> {
    this.#watchFolder();
    try {
      for (;;) {
        const message = await this.#inbox.take();
        if (message === undefined) return;
        await this.#receive(message);
      }
    } finally {
      clearTimeout(this.#timer);
      this.#view.end();
      this.#settling.callOff();
      for (const each of [this.#attempt, this.#watching, this.#ended]) each.abort();
    }
  }

  get #app(): string {
    return this.#pusher.plan.plan.name;
  }

  async #receive(message: Message): Promise<void> {
    if ('error' in message) throw message.error;
    if ('outcome' in message) await this.#receiveOutcome(message.outcome);
    else if ('happening' in message) this.#step(message.happening, message.why);
    else if ('settled' in message) this.#haveSettled(message.settled);
    else if ('withdrawn' in message) this.#haveWithdrawn(message.withdrawn, message.of);
    else if (message.of === this.#watching.signal) await this.#receiveState(message.state);
  }

  #watchFolder(): void {
    this.#watching.abort();
    this.#watching = new AbortController();
    const { folder, leftOut, settings } = this.#pusher.plan;
    const { delayMs, poll } = this.#options;
    const onPolling = (why: string) => this.#view.tell({ event: 'polling', folder, why });
    const { signal } = this.#watching;
    const read = async () => {
      const states = watchFolder(folder, { leftOut, settings, delayMs, isPolling: poll, onPolling, signal });
      for await (const state of states) this.#inbox.put({ state, of: signal });
    };
    this.#inBackground(read());
  }

  /** @throws ActionableError BAD_INPUT when nothing could be pushed yet */
  async #receiveState(state: FolderState): Promise<void> {
    const [problem] = state.problems;
    if (problem !== undefined && this.#isFirst && this.#phase.at === 'rest') throw problem;
    if (!this.#teller.usable(state.problems)) return;
    this.#newest = state;
    this.#teller.moving(state.moving);
    const hadFailed = this.#versions.hasFailed;
    const { happening, touched } = await this.#versions.meaningOf(state, this.#pusher.plan.folder);
    if (hadFailed && happening === 'as before') this.#view.tell({ event: 'reverted', app: this.#app });
    else this.#teller.touched(touched);
    if (happening !== undefined) this.#step(happening);
  }

  #step(happening: Happening, why = ''): void {
    const { phase, act, impatientAt } = next(this.#phase, happening, performance.now());
    this.#phase = phase;
    clearTimeout(this.#timer);
    if (impatientAt !== undefined) {
      const waitMs = impatientAt - performance.now();
      this.#timer = setTimeout(() => this.#inbox.put({ happening: 'impatient' }), waitMs);
    }
    if (act !== undefined) this.#act(act, why);
  }

  #act(act: Act, why: string): void {
    if (act === 'give up') this.#attempt.abort();
    else this.#inBackground(act === 'deploy' ? this.#deploy() : this.#seek(why));
  }

  #inBackground(work: Promise<void>): void {
    work.catch((error: unknown) => {
      if (!this.#cli.signal.aborted) this.#inbox.put({ error });
    });
  }

  async #deploy(): Promise<void> {
    const state = this.#newest;
    if (state === undefined) return;
    this.#settling.callOff();
    const attempt = new AbortController();
    this.#attempt = attempt;
    this.#versions.begin(state);
    const occasion = await this.#versions.occasionOf(state, this.#pusher.plan.folder);
    const loudly = this.#isFirst && !this.#options.json;
    this.#teller.begin({ ...occasion, since: state.changedAt }, !loudly);
    const outcome = await this.#pusher.push(state, { signal: attempt.signal, loudly });
    this.#inbox.put({ outcome });
  }

  async #receiveOutcome(outcome: Outcome): Promise<void> {
    this.#view.end();
    switch (outcome.kind) {
      case 'served':
        await this.#haveServed(outcome);
        break;
      case 'failed':
        this.#haveFailed(outcome);
        break;
      default:
        this.#versions.end();
    }
    if (outcome.kind !== 'moved') this.#step(outcome.kind, outcome.kind === 'lost' ? outcome.message : '');
    else {
      this.#phase = { at: 'rest' };
      this.#watchFolder();
    }
  }

  async #haveServed({ version, deployed }: Served): Promise<void> {
    const isReported = this.#isFirst && !this.#options.json;
    this.#versions.serve(version);
    this.#teller.serving(deployed, !isReported);
    if (isReported) {
      await reportApp(this.#cli, await ApiClient.open(this.#cli), deployed.app, { json: false });
      this.#cli.out.line();
    }
    this.#haveTried(deployed.app.guid, deployed.logFrom);
    this.#settling.begin(version, deployed.proved);
    deployed.proved.catch((error: unknown) => {
      if (error instanceof VersionFailed) this.#inbox.put({ withdrawn: error, of: version });
    });
  }

  /** It served and fell in its first seconds. Where a newer one is under way already, that is what counts. */
  #haveWithdrawn(failure: VersionFailed, version: Version): void {
    if (this.#phase.at !== 'rest' || !this.#versions.isServing(version)) return;
    this.#versions.withdraw();
    this.#teller.withdrawn(failure);
    this.#step('withdrawn');
  }

  /** What was put together was staged as a whole. */
  #haveSettled(settled: Settled | VersionFailed): void {
    if (this.#phase.at !== 'rest') return;
    if (settled instanceof VersionFailed) this.#teller.failed(settled);
    else if (settled.outcome === 'equal') this.#view.tell({ event: 'settled', app: this.#app });
    else if (settled.outcome === 'different') {
      this.#view.tell({ event: 'restaging', app: this.#app, differences: settled.differences });
      this.#step('changed');
    }
  }

  #haveFailed({ version, failure }: Failed): void {
    this.#versions.fail(version);
    if (this.#isFirst) this.#cli.progress.drop();
    this.#teller.failed(failure, this.#isFirst);
    if (failure instanceof VersionFailed) this.#haveTried(failure.app.guid, failure.logFrom);
  }

  /** From the first version on, good or bad, there is something to watch and to read. */
  #haveTried(appGuid: string, logFrom: bigint): void {
    if (!this.#isFirst) return;
    this.#isFirst = false;
    const { folder } = this.#pusher.plan;
    this.#view.tell({ event: 'watching', app: this.#app, folder, files: this.#newest?.files.length ?? 0 });
    if (!this.#options.logs) return;
    const following = followLog({
      home: this.#cli.home,
      appGuid,
      from: logFrom,
      isVerbose: this.#options.verbose,
      onLine: (line) => this.#view.tell(line),
      onFailure: (error) => {
        if (isNobody(error)) this.#inbox.put({ happening: 'lost', why: error.message });
      },
      signal: this.#ended.signal,
    });
    this.#inBackground(following);
  }

  async #seek(why: string): Promise<void> {
    this.#view.tell({ event: 'lost', app: this.#app, message: why });
    const isSame = await this.#pusher.seekPlatform();
    if (!isSame) this.#versions.forgetServing();
    const isUpToDate = isSame && this.#phase.at === 'lost' && !this.#phase.isNewer;
    this.#view.tell({ event: 'found', app: this.#app, isUpToDate });
    this.#inbox.put({ happening: isSame ? 'found' : 'found another' });
  }
}

type Served = Extract<Outcome, { kind: 'served' }>;
type Failed = Extract<Outcome, { kind: 'failed' }>;

function isNobody(error: unknown): error is ActionableError {
  return error instanceof ActionableError && error.code === 'NOBODY_ANSWERED';
}
