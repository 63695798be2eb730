import { join } from 'node:path';
import { messageOf } from '#ground/errors.ts';
import { sleep } from '#ground/wait.ts';
import type { Change } from '../torture/changes.ts';
import { makeChange } from '../torture/make-change.ts';
import { Model } from '../torture/model.ts';
import { randomFrom } from '../torture/random.ts';
import { type Lane, laneOfBallast, laneOfGuests, laneOfResidents } from './changes.ts';
import { cutStart } from './cut-start.ts';
import { flawsIn, referencesOf } from './inspect-home.ts';
import { lookAtApps } from './look.ts';
import type { Machine, Up } from './machine.ts';
import { tryNewHome } from './new-home.ts';
import type { Moment, Round } from './plan.ts';
import { Remarks } from './remarks.ts';

/** What came out of it. */
export interface Tally {
  acknowledged: number;
  /** Asked for when the power went. */
  unacknowledged: number;
  /** Cuts during a start, before and after it was ready. */
  readonly starts: { before: number; after: number };
  /** From the start after a cut until it was ready, and until every app served again; in ms. */
  readonly readyMs: number[];
  readonly servingMs: number[];
  /** What was lost or damaged, as sentences. */
  readonly losses: string[];
}

/** When nothing is acknowledged for so long, the power goes anyway. */
const patienceMs = 30_000;
const residents = ['resident-0', 'resident-1'] as const;
const guests = ['guest-0', 'guest-1'] as const;
const ballast = 'ballast';

/** Apps on a machine that loses its power, and the knowledge of what was acknowledged. */
export class Trial {
  readonly tally: Tally = {
    acknowledged: 0,
    unacknowledged: 0,
    starts: { before: 0, after: 0 },
    readyMs: [],
    servingMs: [],
    losses: [],
  };
  readonly remarks = new Remarks();
  /** Every change and what was said to it, for whoever looks for the cause of a loss. */
  readonly history: string[] = [];
  readonly home: string;
  readonly #machine: Machine;
  readonly #signal: AbortSignal;
  readonly #sources: string;
  readonly #model = new Model();
  readonly #lanes: readonly Lane[] = [laneOfResidents(residents), laneOfGuests(guests), laneOfBallast(ballast)];
  #up: Up | undefined;
  #port = 0;
  #usualStartMs = 0;

  /** @param sources where the files of the apps are; not on the machine's disk */
  constructor(machine: Machine, sources: string, signal: AbortSignal) {
    this.#machine = machine;
    this.#sources = sources;
    this.#signal = signal;
    this.home = machine.directoryOf('home');
  }

  /** The first start, and the apps that are always there. */
  async prepare(): Promise<void> {
    for (const app of this.#lanes.flatMap(({ apps }) => apps)) this.#model.addName(app);
    await this.#start();
    for (const app of residents) await this.#change(app, { kind: 'push', version: 'first' });
    await this.#change(ballast, { kind: 'create' });
    await this.#verify('at the beginning');
  }

  /** One round, and a look at everything. @param name for the reader of a loss */
  async endure(round: Round, name: string): Promise<void> {
    this.#note(`${name}: ${JSON.stringify(round)}`);
    if (round.kind === 'first-start') await this.#useNewHome(round, name);
    else await this.#useUntilCut(round, name);
    await this.#start();
    await this.#verify(name);
  }

  async #useNewHome({ startCutAt = 0 }: Round, name: string): Promise<void> {
    await this.#machine.pull();
    await this.#machine.powerOn();
    const { wasReady, problems } = await tryNewHome(this.#machine, {
      cutAfterMs: startCutAt * this.#usualStartMs,
      version: name,
      sources: join(this.#sources, 'new'),
      signal: this.#signal,
    });
    this.#lose(name, problems);
    this.tally.starts[wasReady ? 'after' : 'before'] += 1;
  }

  async #useUntilCut({ moment, seed, startCutAt }: Round, name: string): Promise<void> {
    let cut: Promise<void> | undefined;
    const pull = () => {
      cut ??= this.#machine.pull();
    };
    const stop = new AbortController();
    const limitMs = 'afterMs' in moment ? moment.afterMs : patienceMs;
    const clock = sleep(limitMs, AbortSignal.any([stop.signal, this.#signal])).then(pull, () => {});
    const due = this.tally.acknowledged + acknowledgedIn(moment);
    const pullWhenDue = () => {
      if (this.tally.acknowledged >= due) pull();
    };
    const lanes = this.#lanes.map(async (lane, index) => {
      const random = randomFrom(seed + index);
      for (let step = 0; this.#machine.isOn; step += 1) {
        this.#signal.throwIfAborted();
        const { app, change } = lane.next(random, this.#model, `${name}.${index}.${step}`);
        await this.#change(app, change, pullWhenDue);
      }
    });
    await Promise.all(lanes);
    stop.abort();
    await clock;
    await cut;
    await this.#machine.powerOn();
    if (startCutAt === undefined) return;
    const { wasReady } = await cutStart(this.#machine, this.home, startCutAt * this.#usualStartMs, this.#signal);
    this.tally.starts[wasReady ? 'after' : 'before'] += 1;
  }

  /** @param acknowledged told at once */
  async #change(app: string, change: Change, acknowledged: () => void = () => {}): Promise<void> {
    const target = { name: app, directory: join(this.#sources, app) };
    this.#model.attempt(app, change);
    const { isAcknowledged, said } = await makeChange(this.#running, target, change).catch((error: unknown) => {
      this.#signal.throwIfAborted();
      return { isAcknowledged: false, said: messageOf(error) };
    });
    const { isOn } = this.#machine;
    this.#note(`${JSON.stringify({ app, ...change }).slice(0, 160)}: ${isOn ? said.slice(0, 160) : 'the power went'}`);
    if (!isOn) {
      this.tally.unacknowledged += 1;
    } else if (isAcknowledged) {
      this.#model.acknowledge(app, change);
      this.tally.acknowledged += 1;
      acknowledged();
    } else {
      this.tally.losses.push(`${app}: ${change.kind} was refused: ${said}`);
    }
  }

  async #start(): Promise<void> {
    await this.remarks.skip(this.home);
    this.#up = await this.#machine.up(this.home, this.#port);
    this.#port = this.#up.addressOf('any').port;
    this.#usualStartMs = this.#up.readyMs;
    this.tally.readyMs.push(this.#up.readyMs);
  }

  async #verify(name: string): Promise<void> {
    const startedAt = performance.now() - this.#running.readyMs;
    this.#lose(name, await lookAtApps(this.#running, this.#model, this.#signal));
    this.tally.servingMs.push(performance.now() - startedAt);
    const references = () => referencesOf(this.#running.api);
    this.#lose(name, await flawsIn(this.home, { references, signal: this.#signal }));
    await this.remarks.gather(this.home);
  }

  #lose(name: string, problems: readonly string[]): void {
    this.tally.losses.push(...problems.map((problem) => `${name}: ${problem}`));
  }

  #note(line: string): void {
    this.history.push(`${new Date().toISOString()} ${line}`);
  }

  get #running(): Up {
    if (this.#up === undefined) throw new TypeError('The platform was not started yet.');
    return this.#up;
  }
}

function acknowledgedIn(moment: Moment): number {
  return 'afterAcknowledged' in moment ? moment.afterAcknowledged : Number.POSITIVE_INFINITY;
}
