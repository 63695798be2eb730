import { setImmediate as nextTurn } from 'node:timers/promises';
import { type RouterStart, routerGreet, routerStart } from '#contract/routes.ts';
import type { AsyncDisposableStack } from '#ground/async-disposable-stack.ts';
import type { Bus } from '#ground/bus.ts';
import type { ComponentContext } from '#ground/component.ts';
import { messageOf } from '#ground/errors.ts';
import { Standstill } from '#ground/standstill.ts';
import { repeat, within } from '#ground/wait.ts';
import type { Metric } from '#vcap/metrics-text.ts';
import { register } from '#vcap/registration.ts';
import type { Address } from './handover.ts';
import type { RouterOptions } from './options.ts';
import type { RouteTable } from './route-table.ts';

/** After the bus was away everybody comes back within this time; who comes after us missed what we said at once. */
const latecomersMs = 500;

interface Announced {
  readonly id: string;
  readonly options: RouterOptions;
  readonly address: () => Address;
  readonly varz: () => object | Promise<object>;
  readonly metrics: () => readonly Metric[] | Promise<readonly Metric[]>;
}

/** Says that a router is here, now, regularly and when asked, so that everybody registers. `undo` owns it. */
export async function announceRouter(
  undo: AsyncDisposableStack,
  { bus, log }: ComponentContext,
  { id, options, address, varz, metrics }: Announced,
): Promise<void> {
  const { staleMs, startEveryMs, index, status, shownConfig, traceKey: _, ...own } = options;
  const { host } = address();
  const start = startOf(id, address, staleMs);
  const publish = () => bus.publish(routerStart, start());

  undo.use(bus.answer(routerGreet, start));
  askAgain(undo, bus, publish);
  undo.use(repeat(startEveryMs, publish, (error) => log.warn('router not announced', { error: messageOf(error) })));
  await register(
    undo,
    { bus, log },
    { type: 'Router', index, host: reachable(host), status, varz, metrics, config: shownConfig ?? own },
  );
  publish();
}

/** Has everybody register with one more process of a router that is known already, now and when the bus was away. */
export function askForRoutes(
  undo: AsyncDisposableStack,
  bus: Bus,
  { id, address, staleMs }: { id: string; address: Address; staleMs: number },
): void {
  const start = startOf(id, () => address, staleMs);
  const publish = () => bus.publish(routerStart, start());
  undo.use(bus.answer(routerGreet, start));
  askAgain(undo, bus, publish);
  publish();
}

function startOf(id: string, address: () => Address, staleMs: number): () => RouterStart {
  const { host } = address();
  return () => ({
    id,
    version: 0.98, // of the protocol: that of the router of 2012
    hosts: [host],
    port: address().port,
    minimumRegisterIntervalInSeconds: 20,
    pruneThresholdInSeconds: Math.ceil(staleMs / 1000),
  });
}

function askAgain(undo: AsyncDisposableStack, bus: Bus, publish: () => void): void {
  let again: NodeJS.Timeout | undefined;
  undo.defer(() => clearTimeout(again));
  undo.use(
    bus.onReconnect(() => {
      publish();
      clearTimeout(again);
      again = setTimeout(publish, latecomersMs);
    }),
  );
}

/** Whoever listens everywhere is reached on this machine at least. */
function reachable(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  return host === '::' ? '::1' : host;
}

/** Looks for stale routes regularly. While the bus is away, or nothing went on, nobody can register, so nobody is dropped. */
export function sweepRoutes(
  { bus, log }: ComponentContext,
  table: RouteTable,
  { staleMs, sweepMs }: Pick<RouterOptions, 'staleMs' | 'sweepMs'>,
): AsyncDisposable {
  const standstill = new Standstill(Math.max(staleMs / 2, 2 * sweepMs));
  const sweep = async () => {
    if (standstill.noticed()) return table.refreshAll(Date.now());
    try {
      await within(Math.min(sweepMs, 2_000), 'the bus', bus.flush());
    } catch (error) {
      log.debug('routes kept', { error: messageOf(error) });
      table.refreshAll(Date.now());
      return;
    }
    let dropped = 0;
    for (dropped of table.sweep(Date.now(), staleMs)) await nextTurn();
    if (dropped > 0) log.info('stale routes dropped', { endpoints: dropped });
  };
  return repeat(sweepMs, sweep, (error) => log.warn('routes not swept', { error: messageOf(error) }));
}
