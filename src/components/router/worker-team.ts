import type { BusAddress } from '#ground/bus.ts';
import type { Child } from '#ground/child.ts';
import { messageOf } from '#ground/errors.ts';
import type { Log } from '#ground/log.ts';
import { sleep, within } from '#ground/wait.ts';
import type { Metric } from '#vcap/metrics-text.ts';
import type { Address } from './handover.ts';
import type { RouterOptions } from './options.ts';
import { countersOf, sumMetrics } from './sum-figures.ts';
import { Channel, type Figures, type Order, type Report } from './worker-message.ts';

/** Who takes requests beside the first process. */
export interface Workforce {
  /** How many processes there are beside it; at least one. */
  readonly others: number;
  readonly bus: BusAddress;
  /**
   * Starts a process that runs `runRouterWorker`, with the listening socket as descriptor 3 and pipes as standard input
   * and output. @param descriptor of the socket
   */
  readonly launch: (descriptor: number) => Promise<Child>;
}

/** What the first process has that concerns the others. */
export interface TeamPlace {
  readonly options: RouterOptions;
  readonly log: Log;
  readonly descriptor: () => number;
  readonly address: () => Address;
  /** How many routes are known. */
  readonly uris: () => number;
  readonly asked: (apps: readonly string[]) => void;
  readonly lines: (text: string) => void;
  readonly full: () => void;
}

interface Member {
  readonly child: Child;
  readonly channel: Channel<Order, Report>;
  readonly left: Promise<void>;
  figures: Figures;
}

/** A worker that ends is started again, later each time unless it has served for a while. */
const firstDelayMs = 100;
const longestDelayMs = 10_000;
const goodLifeMs = 30_000;
const figuresLimitMs = 1_000;
const leaveLimitMs = 15_000;

/** The other processes of a router, as the first one has them. */
export class WorkerTeam implements AsyncDisposable {
  readonly #workforce: Workforce;
  readonly #place: TeamPlace;
  readonly #members = new Set<Member>();
  readonly #over = new AbortController();
  readonly #answers = new Map<number, (figures: Figures) => void>();
  #keepers: Promise<void>[] = [];
  #questions = 0;
  /** Counters of those that have ended. */
  #past: Metric[] = [];

  constructor(workforce: Workforce, place: TeamPlace) {
    this.#workforce = workforce;
    this.#place = place;
  }

  /** Begins to keep the processes alive. The socket listens by now. */
  start(): void {
    if (this.#keepers.length > 0) return;
    this.#keepers = Array.from({ length: this.#workforce.others }, () => this.#keepOne());
  }

  /** What each of them tells, and what those told that have ended. Who does not answer is left out. */
  async figures(): Promise<Figures[]> {
    const present = await Promise.all([...this.#members].map((member) => this.#ask(member)));
    return [{ varz: {}, metrics: this.#past }, ...present.filter((figures) => figures !== undefined)];
  }

  /**
   * They take no new clients and end when those they have are served. Resolves when they need the platform's own endpoints
   * no longer; `gone` then, when they have ended.
   */
  async leave(isHandover: boolean): Promise<{ gone: Promise<void> }> {
    this.#over.abort();
    const members = [...this.#members];
    this.#members.clear();
    this.#keepers = []; // nobody waits for them
    for (const { channel } of members) channel.send({ kind: 'leave', isHandover });
    const left = Promise.all(members.map((member) => Promise.race([member.left, member.child.exited])));
    await within(leaveLimitMs, 'the router workers', left).catch((error: unknown) => {
      this.#place.log.warn('router workers late', { error: messageOf(error) });
    });
    const gone = Promise.all(members.map(({ child }) => child.exited));
    const late = () => {}; // with this process they end at the latest
    return { gone: within(leaveLimitMs, 'the end of the router workers', gone).then(late, late) };
  }

  /** Lets requests under way end for a moment. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#over.abort();
    const members = [...this.#members];
    for (const { channel } of members) channel.send({ kind: 'stop' });
    const limitMs = this.#place.options.drainMs + 1_000;
    await Promise.all(
      members.map(async ({ child }) => {
        await within(limitMs, 'the end of a router worker', child.exited).catch(() => {}); // it is killed below
        await child[Symbol.asyncDispose]();
      }),
    );
    await Promise.all(this.#keepers);
  }

  async #keepOne(): Promise<void> {
    const { log } = this.#place;
    let delayMs = firstDelayMs;
    while (!this.#over.signal.aborted) {
      const startedAt = performance.now();
      try {
        const member = await this.#add();
        const { code, signal } = await member.child.exited;
        this.#members.delete(member);
        this.#past = sumMetrics([this.#past, countersOf(member.figures.metrics)]);
        if (!this.#over.signal.aborted) log.warn('router worker ended', { pid: member.child.pid, code, signal });
      } catch (error) {
        log.error('router worker not started', { error: messageOf(error) });
      }
      if (performance.now() - startedAt > goodLifeMs) delayMs = firstDelayMs;
      await sleep(delayMs, this.#over.signal).catch(() => {}); // it is over
      delayMs = Math.min(delayMs * 2, longestDelayMs);
    }
  }

  async #add(): Promise<Member> {
    const { options, address, uris, descriptor } = this.#place;
    const child = await this.#workforce.launch(descriptor());
    if (child.stdin === null || child.stdout === null) throw new TypeError('A router worker needs pipes.');
    let leave: () => void = () => {};
    const left = new Promise<void>((resolve) => {
      leave = resolve;
    });
    const receive = (report: Report) => (report.kind === 'left' ? leave() : this.#hear(report, child.pid));
    const channel = new Channel<Order, Report>({ input: child.stdout, output: child.stdin }, { receive });
    const member = { child, channel, left, figures: { varz: {}, metrics: [] } };
    this.#members.add(member);
    channel.send({ kind: 'begin', bus: this.#workforce.bus, options, address: address(), uris: uris() });
    if (this.#over.signal.aborted) channel.send({ kind: 'stop' });
    return member;
  }

  #hear(report: Report, pid: number): void {
    const { log, asked, lines, full } = this.#place;
    if (report.kind === 'ready') log.info('router worker serves', { pid });
    else if (report.kind === 'log') log[report.level](report.event, { ...report.fields, worker: pid });
    else if (report.kind === 'asked') asked(report.apps);
    else if (report.kind === 'lines') lines(report.text);
    else if (report.kind === 'full') full();
    else if (report.kind === 'told') {
      this.#answers.get(report.id)?.(report);
      this.#answers.delete(report.id);
    }
  }

  async #ask(member: Member): Promise<Figures | undefined> {
    this.#questions += 1;
    const id = this.#questions;
    const answer = new Promise<Figures>((resolve) => this.#answers.set(id, resolve));
    member.channel.send({ kind: 'tell', id });
    try {
      member.figures = await within(figuresLimitMs, 'the figures of a router worker', answer);
      return member.figures;
    } catch {
      this.#answers.delete(id);
      return undefined; // it starts, or ends
    }
  }
}
