import { ActionableError } from '#ground/errors.ts';
import { type StrategyInput, strategyIn } from '../app/state-input.ts';
import type { Cli } from '../cli.ts';
import type { PushInput } from '../push/push-plan.ts';
import { Interrupted } from '../world.ts';
import { AppPusher } from './app-pusher.ts';
import { Attention } from './attention.ts';
import { holdApp } from './hold-app.ts';
import { Planner } from './plan-watch.ts';
import { WatchSession } from './watch-session.ts';
import { WatchView } from './watch-view.ts';

/** What `watch` was told on the command line. */
export interface WatchInput extends PushInput, StrategyInput {
  readonly reload: boolean;
  readonly sync: boolean;
  readonly poll: boolean;
  /** In ms. */
  readonly delay: number | undefined;
  readonly logs: boolean;
  readonly verbose: boolean;
  readonly takeOver: boolean;
  readonly json: boolean;
}

const delayMs = 15;

/**
 * Pushes an app and then again whenever its folder changes, until the signal aborts, which is no failure.
 * @throws ActionableError what ends a push, at the first one; ALREADY_RUNNING when somebody watches the app already
 */
export async function watchApp(cli: Cli, input: WatchInput): Promise<void> {
  const view = new WatchView(cli, input);
  const planner = new Planner(cli, input);
  const plan = await planner.plan();
  const { name } = plan.plan;
  const { home, signal } = cli;
  await using hold = await holdApp({ home, app: name, folder: plan.folder, takeOver: input.takeOver, signal });
  await using attention = new Attention(home, input.reload);
  const pusher = new AppPusher(cli, { planner, plan, strategy: strategyIn(input), attention, isSync: input.sync });
  const session = new WatchSession(cli, pusher, {
    ...input,
    view,
    delayMs: input.delay ?? delayMs,
  });
  try {
    await session.run();
  } catch (error) {
    if (!(signal.aborted && signal.reason instanceof Interrupted)) throw error;
  }
  view.tell({ event: 'stopped', app: name, takenOverFor: (await hold.takenOverFor()) ?? null });
}

/** @throws ActionableError USAGE for options of `push` that leave nothing to watch */
export function refuseWithoutStart({ start, wait }: { readonly start: boolean; readonly wait: boolean }): void {
  if (start && wait) return;
  throw new ActionableError(
    'USAGE',
    `${start ? '--no-wait' : '--no-start'} and --watch contradict each other.`,
    'A watch waits until each version serves: leave one of them out.',
  );
}
