import type { App, ProcessStats } from '#contract/api/resources.ts';
import { ActionableError } from '#ground/errors.ts';
import type { ApiClient } from '../api-client.ts';
import type { Cli } from '../cli.ts';
import { LogReader } from '../log-reader.ts';
import { poll } from '../poll.ts';
import { printable } from '../style.ts';
import { statsOf } from './app-view.ts';

export interface StartOptions {
  /** Where the log stood before the start, for the lines a failure is told with. */
  readonly logFrom: bigint;
  readonly limitMs?: number;
}

/** Longer than any instance may take to become healthy without being given up by the platform. */
const startLimitMs = 300_000;
const shownLines = 20;

/**
 * Waits until every instance that is wanted runs.
 * @returns how many run
 * @throws ActionableError START_UNSUCCESSFUL when one crashed or none became ready, after its last log lines were shown
 */
export async function awaitRunning(cli: Cli, api: ApiClient, app: App, options: StartOptions): Promise<number> {
  const { limitMs = startLimitMs, logFrom } = options;
  const failed = new Map<number, ProcessStats>();
  let stats: ProcessStats[] = [];
  const settled = await poll(
    async () => {
      stats = await statsOf(api, app.guid);
      for (const each of stats) if (hasFailed(each)) failed.set(each.index, each);
      cli.progress.detail(progressOf(stats));
      return stats.every(({ state, index }) => state === 'RUNNING' || failed.has(index)) ? true : undefined;
    },
    { limitMs, signal: cli.signal },
  );
  const missing = stats.filter(({ state }) => state !== 'RUNNING');
  if (missing.length === 0) return stats.length;
  await showLog(cli, api, app, logFrom);
  const reasons = missing.map((each) => reasonOf(failed.get(each.index) ?? each, stats.length));
  const late = settled === undefined ? ` Waited ${Math.round(limitMs / 1000)} s for it.` : '';
  throw new ActionableError(
    'START_UNSUCCESSFUL',
    `${app.name} does not run: ${[...new Set(reasons)].join('; ')}.${late}`,
    `\`localpaas logs ${app.name} --recent\` shows all it said, \`localpaas events ${app.name}\` what happened to it.`,
  );
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

function reasonOf({ index, state, details }: ProcessStats, instances: number): string {
  const which = instances === 1 ? 'it' : `instance ${index}`;
  const what = { CRASHED: 'crashed', STARTING: 'is still starting', DOWN: 'cannot be started', RUNNING: 'runs' }[state];
  return `${which} ${what}${details ? `, ${printable(details).replace(/\.$/, '')}` : ''}`;
}

async function showLog(cli: Cli, api: ApiClient, app: App, from: bigint): Promise<void> {
  cli.progress.drop();
  try {
    const lines = (await new LogReader(api, app.guid).recent(200, from)).filter(({ source }) => source !== 'STG');
    if (lines.length > 0) cli.progress.line(cli.progress.style.dim(`last lines of ${app.name}:`));
    for (const { text } of lines.slice(-shownLines)) cli.progress.line(`  ${text}`);
  } catch {
    // The failed start is what matters; that its log cannot be read either would only hide it.
  }
}
