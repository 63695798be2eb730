import { join } from 'node:path';
import { type RunningPlatform, startPlatform } from '#assembly/platform.ts';
import type { Succession } from '#assembly/settings.ts';
import type { Front } from '#components/router/index.ts';
import { AsyncDisposableStack } from '#ground/async-disposable-stack.ts';
import { keepsApps } from '#ground/component.ts';
import { ActionableError, messageOf } from '#ground/errors.ts';
import type { Log } from '#ground/log.ts';
import { assetsDirectory } from '#packaging/assets.ts';
import { keepCompiledPlatform } from '../keep-compiled.ts';
import { routerWorkers } from '../parts/router-workers.ts';
import { banner, commandName } from './banner.ts';
import { changeHands, type Outcome, stepAside } from './change-hands.ts';
import { type Session, say, startFailed } from './session.ts';
import { sayWaiting } from './successor.ts';

/** Runs the platform until it is asked to stop, or until another process has taken over and ended. @returns the exit code */
export async function runPlatform(session: Session): Promise<number> {
  let front: Front | undefined;
  for (;;) {
    const outcome = await runOnce(session, front);
    if (outcome.kind === 'over') return outcome.exitCode;
    if (outcome.kind === 'succeeded') return stepAside(session, outcome);
    front = outcome.front;
  }
}

/** @param front of an earlier run in this process, whose clients wait */
async function runOnce(session: Session, front: Front | undefined): Promise<Outcome> {
  await using undo = new AsyncDisposableStack();
  const { orders } = session;
  const end = new AbortController();
  const platform = undo.use(await start(session, front, end));
  if (platform === undefined) return { kind: 'over', exitCode: 0 };
  if (front === undefined) await welcome(session, platform, undo);
  else say(session, `localpaas ${session.version} serves again.`);
  for (;;) {
    const order = await Promise.race([platform.failure, orders.next()]);
    if (order.kind === 'stop') {
      say(session, farewell(orders.stop));
      end.abort(orders.stop.reason);
      await undo.disposeAsync();
      say(session, 'Stopped.');
      return { kind: 'over', exitCode: 0 };
    }
    const outcome = await changeHands(session, { platform, end }, order.request);
    if (outcome !== undefined) return outcome;
  }
}

/** @returns `undefined` when the platform is not wanted any more, and its apps are to go on */
async function start(
  session: Session,
  front: Front | undefined,
  end: AbortController,
): Promise<RunningPlatform | undefined> {
  const { settings, orders, home, log, version, inheritance } = session;
  // After a change of hands that failed apps run without anybody who could stop them: a stop waits until there is.
  const hold = front === undefined ? giveUpAt(orders.stop, end) : () => {};
  const workers = routerWorkers(session.input.routerWorkers, process.env);
  const entrance = front ?? inheritance.socket;
  const context = { home, log, signal: end.signal, version, entrance, routerWorkers: workers };
  const succession = front === undefined ? successionOf(session, hold) : undefined;
  try {
    return await startPlatform(settings, { ...context, succession, natsServer: session.natsServer });
  } catch (error) {
    await front?.[Symbol.asyncDispose]();
    if (end.signal.aborted && keepsApps(end.signal)) return undefined;
    if (!end.signal.aborted) record(log, error);
    throw error;
  } finally {
    hold();
  }
}

/** Has a stop end a start that is under way, until the function that is returned is called. */
function giveUpAt(stop: AbortSignal, end: AbortController): () => void {
  const giveUp = () => end.abort(stop.reason);
  stop.addEventListener('abort', giveUp, { once: true });
  if (stop.aborted) giveUp();
  return () => stop.removeEventListener('abort', giveUp);
}

function successionOf(session: Session, taken: () => void): Succession | undefined {
  const { home, inheritance } = session;
  const { predecessor } = inheritance;
  if (predecessor === undefined) return undefined;
  const waiting = async () => {
    await session.natsServer(); // who has none cannot succeed anybody
    await sayWaiting(home, predecessor);
  };
  return { waiting, taken };
}

/** For whoever did not see it on the terminal, as `localpaas upgrade`. */
function record(log: Log, error: unknown): void {
  const remedy = error instanceof ActionableError ? error.remedy : undefined;
  log.info(startFailed, { error: messageOf(error), remedy });
}

async function welcome(session: Session, { record }: RunningPlatform, undo: AsyncDisposableStack): Promise<void> {
  const { cli, input, home, settings, startedAt } = session;
  const readyMs = performance.now() - startedAt;
  if (input.json) cli.out.event({ event: 'ready', ...record, home: home.path, readyMs: Math.round(readyMs) });
  else cli.out.raw(banner(record, { home: home.path, readyMs, settings }, cli.out.style, commandName(cli.env)));
  undo.use(keepCompiledPlatform());
  if (!input.demo) return;
  const { pushDemo } = await import('./demo.ts');
  await pushDemo({ ...cli, home: home.path }, join(await assetsDirectory('sample-apps', cli.env), 'hello-node'));
}

function farewell(stop: AbortSignal): string {
  return keepsApps(stop) ? 'Stopping the platform; the apps keep running …' : 'Stopping the apps and the platform …';
}
