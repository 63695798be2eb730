import { availableParallelism } from 'node:os';
import type { Workforce } from '#components/router/index.ts';
import { startChild } from '#ground/child.ts';
import { ActionableError } from '#ground/errors.ts';
import { executable } from '#packaging/executable.ts';
import { definedOf } from '../up/keeper.ts';

/** The command of a worker, which program.ts knows and no help shows: it is of use to a router only. */
const routerWorkerCommand = 'router-worker';

/** More than this would be a mistake. */
const most = 64;

/**
 * How many processes a router is to have, the first included.
 * @param wanted a number, or `auto` for one on each processor; one when absent
 * @throws ActionableError USAGE
 */
export function routerWorkerCount(wanted: string | undefined): number {
  const count = wanted === 'auto' ? Math.min(availableParallelism(), most) : Number(wanted ?? '1');
  if (!Number.isInteger(count) || count < 1 || count > most) {
    throw new ActionableError(
      'USAGE',
      `--router-workers cannot be '${wanted}'.`,
      `Give it 'auto', or a whole number from 1 to ${most}.`,
    );
  }
  return count;
}

/** @param wanted as above @throws ActionableError USAGE */
export function routerWorkers(
  wanted: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
): Omit<Workforce, 'bus'> | undefined {
  const count = routerWorkerCount(wanted);
  if (count === 1) return undefined;
  const [program, ...args] = workerCommand();
  // The service manager is not to take a worker for the platform itself.
  const { NOTIFY_SOCKET: _, WATCHDOG_USEC: __, WATCHDOG_PID: ___, ...rest } = definedOf(env);
  const launch = (descriptor: number) =>
    startChild({ program, args, env: rest, stdio: ['pipe', 'pipe', 'inherit', descriptor] });
  return { others: count - 1, launch };
}

function workerCommand(): [string, ...string[]] {
  if (executable() !== undefined) return [process.execPath, routerWorkerCommand];
  return [process.execPath, ...process.execArgv, process.argv[1] ?? '', routerWorkerCommand];
}
