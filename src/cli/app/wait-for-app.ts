import type { App, ProcessStats } from '#contract/api/resources.ts';
import { ActionableError } from '#ground/errors.ts';
import { sleep } from '#ground/wait.ts';
import type { ApiClient } from '../api-client.ts';
import type { Cli } from '../cli.ts';
import { LogReader } from '../log-reader.ts';
import { poll } from '../poll.ts';
import { printable } from '../style.ts';
import { statsOf } from './app-view.ts';
import { type BeforeStart, crashesSince } from './before-start.ts';

/** Longer than any instance may take to become healthy without being given up by the platform. */
const startLimitMs = 300_000;
/** Most starts take less, so whether something crashed is asked only after so long, and again that often. */
const crashLookMs = 150;
/** How long an instance must have run to count. */
const steadyMs = 50;
const shownLines = 20;

/**
 * Waits until every instance that is wanted runs, or has failed once since the start.
 * @throws ActionableError START_UNSUCCESSFUL when one failed or did not become ready, after its last log lines were shown
 */
export async function awaitRunning(cli: Cli, api: ApiClient, app: App, before: BeforeStart): Promise<void> {
  const start = new ObservedStart(cli, api, app, before);
  const settled = await poll(() => start.look(), { limitMs: startLimitMs, signal: cli.signal });
  if (start.missing.length === 0) {
    // A program that only starts another one, or dies of its first thought, runs for a moment too.
    await sleep(steadyMs, cli.signal);
    await start.look({ thoroughly: true });
  }
  if (start.missing.length === 0) return;
  await showLog(cli, api, app, before.logFrom);
  const late = settled === undefined ? ` Waited ${startLimitMs / 1000} s for it.` : '';
  throw new ActionableError(
    'START_UNSUCCESSFUL',
    `${app.name} does not run: ${start.reasons().join('; ')}.${late}`,
    `\`localpaas logs ${app.name} --recent\` shows all it said, \`localpaas events ${app.name}\` what happened to it.`,
  );
}

/** What is seen of an app while it starts. */
class ObservedStart {
  readonly #cli: Cli;
  readonly #api: ApiClient;
  readonly #app: string;
  readonly #before: BeforeStart;
  /** Why, by index. */
  readonly #failed = new Map<number, string>();
  #stats: readonly ProcessStats[] = [];
  #nextCrashLookAt = performance.now() + crashLookMs;

  constructor(cli: Cli, api: ApiClient, app: App, before: BeforeStart) {
    this.#cli = cli;
    this.#api = api;
    this.#app = app.guid;
    this.#before = before;
  }

  /** @returns true when there is nothing left to wait for */
  async look({ thoroughly = false } = {}): Promise<true | undefined> {
    this.#stats = await statsOf(this.#api, this.#app);
    for (const each of this.#stats) {
      if (hasFailed(each)) this.#failed.set(each.index, reasonOf(each.state, each.details));
    }
    if (thoroughly || performance.now() > this.#nextCrashLookAt) await this.#lookForCrashes();
    this.#cli.progress.detail(progressOf(this.#stats));
    return this.#stats.every(({ state, index }) => state === 'RUNNING' || this.#failed.has(index)) ? true : undefined;
  }

  /** The instances that do not run. */
  get missing(): readonly ProcessStats[] {
    return this.#stats.filter(({ state }) => state !== 'RUNNING');
  }

  reasons(): string[] {
    const which = (index: number) => (this.#stats.length === 1 ? 'it' : `instance ${index}`);
    return this.missing.map(
      ({ index, state, details }) => `${which(index)} ${this.#failed.get(index) ?? reasonOf(state, details)}`,
    );
  }

  async #lookForCrashes(): Promise<void> {
    const crashes = await crashesSince(this.#api, this.#app, this.#before);
    for (const [index, reason] of crashes) this.#failed.set(index, reasonOf('CRASHED', reason));
    this.#nextCrashLookAt = performance.now() + crashLookMs;
  }
}

/** One that is down for a reason was sought a place for in vain. */
function hasFailed({ state, details }: ProcessStats): boolean {
  return state === 'CRASHED' || (state === 'DOWN' && Boolean(details));
}

function progressOf(stats: readonly ProcessStats[]): string {
  const running = stats.filter(({ state }) => state === 'RUNNING').length;
  const waiting = stats.find(({ state, details }) => state !== 'RUNNING' && details)?.details ?? '';
  return `${running} of ${stats.length} running${waiting === '' ? '' : `, ${printable(waiting)}`}`;
}

function reasonOf(state: ProcessStats['state'], details: string | null | undefined): string {
  const what = { CRASHED: 'crashed', STARTING: 'is still starting', DOWN: 'cannot be started', RUNNING: 'runs' }[state];
  return details ? `${what}, ${printable(details).replace(/\.$/, '')}` : what;
}

/** Not what came of staging, which was shown before. */
const earlier = ['STG', 'API'];

async function showLog(cli: Cli, api: ApiClient, app: App, from: bigint): Promise<void> {
  cli.progress.drop();
  try {
    const lines = (await new LogReader(api, app.guid).recent(200, from)).filter(
      ({ source }) => !earlier.includes(source),
    );
    if (lines.length > 0) cli.progress.line(cli.progress.style.dim(`last lines of ${app.name}:`));
    for (const { text } of lines.slice(-shownLines)) cli.progress.line(`  ${text}`);
  } catch {
    // The failed start is what matters; that its log cannot be read either would only hide it.
  }
}
