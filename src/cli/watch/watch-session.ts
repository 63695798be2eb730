import { ActionableError } from '#ground/errors.ts';
import { ApiClient } from '../api-client.ts';
import { reportApp } from '../app/report-app.ts';
import type { Cli } from '../cli.ts';
import type { AppPusher, Outcome } from './app-pusher.ts';
import { VersionFailed } from './deploy-version.ts';
import { followLog } from './follow-log.ts';
import { Mailbox } from './mailbox.ts';
import { type Act, type Happening, next, type Phase } from './redeploys.ts';
import { type Version, Versions } from './versions.ts';
import { type FolderState, watchFolder } from './watch-folder.ts';
import { timeOf, type WatchView } from './watch-view.ts';

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
  | { readonly happening: Happening; readonly why?: string }
  | { readonly error: unknown };

/** How a deployment is told. */
interface Occasion {
  readonly what: string;
  readonly files: readonly string[];
  /** When the first change was noticed, as of `performance.now()`. */
  readonly since: number;
}

/** Paths that an event names at most. */
const mostFiles = 50;

/** A watch of one app, from its first push to Ctrl-C. What is to be done next, `redeploys.ts` decides. */
export class WatchSession {
  readonly #cli: Cli;
  readonly #pusher: AppPusher;
  readonly #options: SessionOptions;
  readonly #view: WatchView;
  readonly #inbox: Mailbox<Message>;
  readonly #versions: Versions;
  #phase: Phase = { at: 'rest' };
  /** The folder as it came to rest last. */
  #newest: FolderState | undefined;
  #occasion: Occasion = { what: '', files: [], since: 0 };
  /** When what serves began to, for people. */
  #servingSince: string | null = null;
  /** Nothing was deployed yet. */
  #isFirst = true;
  #isUsable = true;
  #isTouchTold = false;
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
    this.#inbox = new Mailbox(cli.signal);
    this.#versions = new Versions(pusher.hashes);
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

  async #receiveState(state: FolderState): Promise<void> {
    if (!this.#canUse(state)) return;
    this.#newest = state;
    if (state.moving.length > 0) this.#view.tell({ event: 'moving', files: state.moving.slice(0, mostFiles) });
    const hadFailed = this.#versions.hasFailed;
    const { happening, touched } = await this.#versions.meaningOf(state, this.#pusher.plan.folder);
    if (hadFailed && happening === 'as before') this.#view.tell({ event: 'reverted', app: this.#app });
    else if (touched.length > 0 && !this.#isTouchTold) {
      this.#isTouchTold = true;
      this.#view.tell({ event: 'unchanged', app: this.#app, files: touched.slice(0, mostFiles) });
    }
    if (happening !== undefined) this.#step(happening);
  }

  /** @throws ActionableError BAD_INPUT when nothing could be pushed yet */
  #canUse({ problems: [problem, ...others] }: FolderState): boolean {
    const wasUsable = this.#isUsable;
    this.#isUsable = problem === undefined;
    if (problem === undefined) {
      if (!wasUsable) this.#view.tell({ event: 'usable', app: this.#app });
      return true;
    }
    if (this.#isFirst && this.#phase.at === 'rest') throw problem;
    const problems = [problem, ...others].map(({ message, remedy }) => ({ message, remedy }));
    this.#view.tell({ event: 'unusable', app: this.#app, problems });
    return false;
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
    const attempt = new AbortController();
    this.#attempt = attempt;
    this.#versions.begin(state);
    const occasion = await this.#versions.occasionOf(state, this.#pusher.plan.folder);
    this.#occasion = { what: occasion.what, files: occasion.files.slice(0, mostFiles), since: state.changedAt };
    const loudly = this.#isFirst && !this.#options.json;
    if (!loudly) this.#view.begin(occasion.what);
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
    const { since, ...occasion } = this.#occasion;
    const ms = Math.round(performance.now() - since);
    this.#versions.serve(version);
    this.#servingSince = timeOf(new Date());
    if (!this.#isFirst || this.#options.json) {
      this.#view.tell({ event: 'serving', app: this.#app, ...occasion, ms, steps: deployed.steps });
    } else {
      await reportApp(this.#cli, await ApiClient.open(this.#cli), deployed.app, { json: false });
      this.#cli.out.line();
    }
    this.#haveTried(deployed.app.guid, deployed.logFrom);
    deployed.proved.catch((error: unknown) => {
      if (error instanceof VersionFailed) this.#inbox.put({ withdrawn: error, of: version });
    });
  }

  /** It served and fell in its first seconds. Where a newer one is under way already, that is what counts. */
  #haveWithdrawn(failure: VersionFailed, version: Version): void {
    if (this.#phase.at !== 'rest' || !this.#versions.isServing(version)) return;
    this.#versions.withdraw();
    this.#servingSince = null;
    this.#tellFailure('withdrawn', failure);
    this.#step('withdrawn');
  }

  #haveFailed({ version, failure }: Failed): void {
    this.#versions.fail(version);
    if (this.#isFirst) this.#cli.progress.drop();
    this.#tellFailure('failed', failure);
    if (failure instanceof VersionFailed) this.#haveTried(failure.app.guid, failure.logFrom);
  }

  #tellFailure(event: 'failed' | 'withdrawn', failure: VersionFailed | ActionableError): void {
    const { since, ...occasion } = this.#occasion;
    const ms = Math.round(performance.now() - since);
    this.#view.tell({
      event,
      app: this.#app,
      ...occasion,
      ms,
      ...failureOf(failure, { isLogShown: this.#isFirst || this.#options.logs }),
      stillServing: this.#servingSince,
    });
  }

  /** From the first version on, good or bad, there is something to watch and to read. */
  #haveTried(appGuid: string, logFrom: bigint): void {
    this.#isTouchTold = false;
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

/** @param isLogShown whether what the app says is shown anyway; what staging says never is */
function failureOf(failure: VersionFailed | ActionableError, { isLogShown }: { isLogShown: boolean }) {
  const isDiagnosed = failure instanceof VersionFailed;
  const { code, message, remedy } = isDiagnosed ? failure.error : failure;
  const { place, reason, log } = isDiagnosed ? failure.diagnosis : { place: null, reason: null, log: [] };
  return {
    error: { code, message, remedy },
    place,
    reason,
    log: isLogShown && code === 'START_UNSUCCESSFUL' ? [] : log,
  };
}
