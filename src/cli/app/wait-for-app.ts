import { type App, Process, type ProcessStats } from '#contract/api/resources.ts';
import { ActionableError } from '#ground/errors.ts';
import { sleep } from '#ground/wait.ts';
import type { ApiClient } from '../api-client.ts';
import type { Cli } from '../cli.ts';
import { poll } from '../poll.ts';
import { printable } from '../style.ts';
import { statsIn, statsOf } from './app-view.ts';
import { type BeforeStart, crashesSince, keyOf } from './before-start.ts';
import { showLogSince } from './show-log.ts';

/** Longer than any instance may take to become healthy without being given up by the platform. */
const startLimitMs = 300_000;
/** Most starts take less, so whether something crashed is asked only after so long, and again that often. */
const crashLookMs = 150;
/** How long an instance must have run to count. */
const steadyMs = 50;

/**
 * Waits until every instance that is wanted runs, or has failed once since the start.
 * @param only which processes are waited for; when absent, `web`, or whatever there is where nothing is wanted of it
 * @throws ActionableError START_UNSUCCESSFUL when one failed or did not become ready, after its last log lines were shown
 */
export async function awaitRunning(
  cli: Cli,
  api: ApiClient,
  app: App,
  { only, ...before }: BeforeStart & { readonly only?: AwaitedProcesses },
): Promise<void> {
  const start = new ObservedStart(cli, api, app, before, only);
  const settled = await poll(() => start.look(), { limitMs: startLimitMs, signal: cli.signal });
  if (start.missing.length === 0) {
    // A program that only starts another one, or dies of its first thought, runs for a moment too.
    await sleep(steadyMs, cli.signal);
    await start.look({ thoroughly: true });
  }
  if (start.missing.length === 0) return;
  await showLogSince(cli, api, app, before.logFrom);
  const late = settled === undefined ? ` Waited ${startLimitMs / 1000} s for it.` : '';
  throw new ActionableError(
    'START_UNSUCCESSFUL',
    `${app.name} does not run: ${start.reasons().join('; ')}.${late}`,
    `\`localpaas logs ${app.name} --recent\` shows all it said, \`localpaas events ${app.name}\` what happened to it.`,
  );
}

/** All processes of an app, or those of one type. */
export type AwaitedProcesses = 'all' | { readonly type: string };

/** What is seen of an app while it starts. */
class ObservedStart {
  readonly #cli: Cli;
  readonly #api: ApiClient;
  readonly #app: string;
  readonly #before: BeforeStart;
  readonly #only: AwaitedProcesses | undefined;
  /** Why, by type and index. */
  readonly #failed = new Map<string, string>();
  #stats: readonly ProcessStats[] = [];
  #nextCrashLookAt = performance.now() + crashLookMs;

  constructor(cli: Cli, api: ApiClient, app: App, before: BeforeStart, only: AwaitedProcesses | undefined) {
    this.#cli = cli;
    this.#api = api;
    this.#app = app.guid;
    this.#before = before;
    this.#only = only;
  }

  /** @returns true when there is nothing left to wait for */
  async look({ thoroughly = false } = {}): Promise<true | undefined> {
    this.#stats = await this.#ask();
    for (const each of this.#stats) {
      if (hasFailed(each)) this.#failed.set(keyOf(each), reasonOf(each.state, each.details));
    }
    if (thoroughly || performance.now() > this.#nextCrashLookAt) await this.#lookForCrashes();
    this.#cli.progress.detail(progressOf(this.#stats));
    return this.#stats.every((each) => each.state === 'RUNNING' || this.#failed.has(keyOf(each))) ? true : undefined;
  }

  /** The instances that do not run. */
  get missing(): readonly ProcessStats[] {
    return this.#stats.filter(({ state }) => state !== 'RUNNING');
  }

  reasons(): string[] {
    const ofType = (type: string) => (type === 'web' ? '' : ` of ${type}`);
    const which = ({ index, type }: ProcessStats) =>
      this.#stats.length === 1 ? 'it' : `instance ${index}${ofType(type)}`;
    return this.missing.map(
      (each) => `${which(each)} ${this.#failed.get(keyOf(each)) ?? reasonOf(each.state, each.details)}`,
    );
  }

  /** Most apps have a web process, and then nothing else is asked for. */
  async #ask(): Promise<readonly ProcessStats[]> {
    const web = this.#only === undefined ? await statsOf(this.#api, this.#app) : [];
    if (web.length > 0) return web;
    const processes = await this.#api.list(`/v3/apps/${this.#app}/processes`, Process);
    const only = this.#only ?? 'all';
    const meant = only === 'all' ? processes : processes.filter(({ type }) => type === only.type);
    return (await Promise.all(meant.map((process) => statsIn(this.#api, process)))).flat();
  }

  async #lookForCrashes(): Promise<void> {
    const crashes = await crashesSince(this.#api, this.#app, this.#before);
    for (const [key, reason] of crashes) this.#failed.set(key, reasonOf('CRASHED', reason));
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
