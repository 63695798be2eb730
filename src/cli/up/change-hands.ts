import { constants } from 'node:os';
import { type Home, readPlatformRecord } from '#assembly/home.ts';
import type { RunningPlatform } from '#assembly/platform.ts';
import type { Front } from '#components/router/index.ts';
import { signalProcess } from '#ground/child.ts';
import { KeepAppsRunning, keepsApps } from '#ground/component.ts';
import { messageOf } from '#ground/errors.ts';
import { isAlive } from '#ground/processes.ts';
import { repeat } from '#ground/wait.ts';
import { executable } from '#packaging/executable.ts';
import { stoppedMeanwhile, type UpgradeRequest, writeFailure } from '../upgrade/request.ts';
import { becomeShell } from './become-shell.ts';
import { comeBack } from './inheritance.ts';
import { type Session, say } from './session.ts';
import { type Nursery, rehearse, startSuccessor } from './successor.ts';

/** A platform of this process, and what ends it. */
export interface Life {
  readonly platform: RunningPlatform;
  /** Its reason says what becomes of the apps. */
  readonly end: AbortController;
}

/** How a run of the platform in this process is over. */
export type Outcome =
  /** The process ends with this exit code. */
  | { readonly kind: 'over'; readonly exitCode: number }
  /** The successor did not come up: the platform is to run here again, behind the front it had. */
  | { readonly kind: 'again'; readonly front: Front }
  /** The successor serves. */
  | { readonly kind: 'succeeded'; readonly front: Front; readonly nursery: Nursery };

/** How long clients of ours may go on when the successor serves. */
const goodbyeMs = 10_000;

/**
 * Has the program that lies in our place by now take over. As long as it has not got ready nothing is given up, and
 * whatever happens to it afterwards the apps are not touched.
 * @returns `undefined` when the platform simply goes on
 */
export async function changeHands(session: Session, life: Life, request: UpgradeRequest): Promise<Outcome | undefined> {
  const { home, log, version, inheritance, orders } = session;
  const { descriptor } = life.platform.entrance;
  const isOther = request.version !== version;
  say(session, isOther ? `Upgrading from localpaas ${version} to ${request.version} …` : 'Starting anew …');
  log.info('upgrade begins', { from: version, to: request.version });
  const options = { home, command: ownCommand(), env: process.env };
  let nursery: Nursery | undefined;
  try {
    if (inheritance.isService) await rehearse(options, orders.stop);
    else nursery = await startSuccessor({ ...options, descriptor }, inheritance.keeper, orders.stop);
  } catch (error) {
    await report(session, request, error);
    return undefined;
  }
  return nursery === undefined ? leaveToSystemd(session, life) : handOver(session, life, { request, nursery });
}

async function handOver(
  session: Session,
  { platform, end }: Life,
  { request, nursery }: { request: UpgradeRequest; nursery: Nursery },
): Promise<Outcome> {
  const front = await platform.entrance.release();
  end.abort(new KeepAppsRunning());
  try {
    await platform[Symbol.asyncDispose]();
    await nursery.successor.served();
    return { kind: 'succeeded', front, nursery };
  } catch (error) {
    await nursery.successor.dismiss();
    await nursery.keeper?.exited;
    await report(session, request, error);
    return { kind: 'again', front };
  }
}

/** systemd holds the socket, where clients wait until it has started the successor. */
async function leaveToSystemd({ orders }: Session, { platform, end }: Life): Promise<Outcome> {
  await platform.entrance.leave();
  end.abort(orders.stop.aborted ? orders.stop.reason : new KeepAppsRunning());
  await platform[Symbol.asyncDispose]();
  return { kind: 'over', exitCode: orders.stop.aborted ? 0 : comeBack };
}

async function report(session: Session, { id, version }: UpgradeRequest, error: unknown): Promise<void> {
  const why = session.orders.stop.aborted ? stoppedMeanwhile : messageOf(error).replace(/\.$/, '');
  session.log.info('upgrade failed', { to: version, error: why });
  say(session, `localpaas ${version} did not come up: ${why}; localpaas ${session.version} goes on.`);
  // Whoever asked waits in vain then; that is no reason to end.
  await writeFailure(session.home, id, why).catch((cause: unknown) => {
    session.log.warn('upgrade not reported', { error: messageOf(cause) });
  });
}

/**
 * Lets the last clients finish while the successor serves all others. The process that the user started stays until the
 * end, for whoever waits for it: it passes signals on.
 * @returns the exit code
 */
export async function stepAside(
  { orders, home }: Session,
  { front, nursery: { keeper, successor } }: Extract<Outcome, { kind: 'succeeded' }>,
): Promise<number> {
  const heir = keeper?.pid ?? successor.identity.pid;
  const passOn = () => signalProcess(heir, keepsApps(orders.stop) ? 'SIGUSR2' : 'SIGTERM');
  orders.stop.addEventListener('abort', passOn, { once: true });
  if (orders.stop.aborted) passOn();
  let hasEnded = false;
  void keeper?.exited.then(() => {
    hasEnded = true;
  });
  await sayGoodbye(front, home, orders.stop);
  if (keeper === undefined) return 0;
  if (!hasEnded) becomeShell(keeper.pid, home);
  const { code, signal } = await keeper.exited;
  return code ?? 128 + constants.signals[signal ?? 'SIGTERM'];
}

/** For a moment; not longer than there is a platform in this home, which may be the successor of our successor. */
async function sayGoodbye(front: Front, home: Home, stop: AbortSignal): Promise<void> {
  const over = new AbortController();
  const cut = () => over.abort();
  stop.addEventListener('abort', cut, { once: true });
  if (stop.aborted) cut();
  await using _ = repeat(
    100,
    async () => {
      const record = await readPlatformRecord(home);
      if (record === undefined || !(await isAlive(record))) cut();
    },
    cut,
  );
  await front.retire({ quietMs: goodbyeMs, limitMs: goodbyeMs, signal: over.signal });
}

/** Program and arguments of this very process. */
function ownCommand(): [string, ...string[]] {
  const [script = '', ...args] = process.argv.slice(1);
  if (executable() !== undefined) return [process.execPath, ...args];
  return [process.execPath, ...process.execArgv, script, ...args];
}
