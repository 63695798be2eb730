import { AsyncDisposableStack } from '#ground/async-disposable-stack.ts';
import { Bus } from '#ground/bus.ts';
import { messageOf } from '#ground/errors.ts';
import { createLog } from '#ground/log.ts';
import { waitFor } from '#ground/wait.ts';
import { type RunningRouter, startRouter } from './router.ts';
import { Channel, type Figures, type Order, type Report } from './worker-message.ts';

/** Where a worker finds the listening socket. */
const socketDescriptor = 3;

/** A new worker waits for the routes that are known, so that it sends nobody away; but not for ever. */
const routesLimitMs = 5_000;
/** How long its clients may go on when hands are changed. */
const goodbyeMs = 10_000;
const askedEveryMs = 1_000;

/**
 * One of several processes behind one socket: a router on the bus as the first, which speaks for all of them. Resolves
 * when it has nothing to do any more; with the first process, whose words come on the standard input, it ends at once.
 * @returns the exit code
 */
export function runRouterWorker(): Promise<number> {
  return new Promise((resolve) => {
    const end = (exitCode: number) => {
      resolve(exitCode);
      process.stdin.destroy();
    };
    let worker: Worker | undefined;
    const receive = (order: Order) => {
      if (order.kind === 'begin') worker ??= new Worker(channel, end);
      worker?.obey(order);
    };
    const gone = () => process.exit(); // nobody is left to tell
    const ends = { input: process.stdin, output: process.stdout };
    const channel = new Channel<Report, Order>(ends, { receive, gone });
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => {}); // the first process decides
  });
}

class Worker {
  readonly #channel: Channel<Report, Order>;
  readonly #end: (exitCode: number) => void;
  readonly #undo = new AsyncDisposableStack();
  #router: RunningRouter | undefined;
  #figures: () => Figures = () => ({ varz: {}, metrics: [] });

  constructor(channel: Channel<Report, Order>, end: (exitCode: number) => void) {
    this.#channel = channel;
    this.#end = end;
  }

  obey(order: Order): void {
    this.#do(order).catch((error: unknown) => {
      this.#log.error('router worker failed', { error: messageOf(error) });
      this.#end(1);
    });
  }

  async #do(order: Order): Promise<void> {
    switch (order.kind) {
      case 'begin':
        return this.#begin(order);
      case 'tell':
        return this.#channel.send({ kind: 'told', id: order.id, ...this.#figures() });
      case 'leave':
        return this.#leave(order.isHandover);
      case 'stop':
        return this.#stop();
    }
  }

  readonly #log = createLog(({ level, event, fields }) => this.#channel.send({ kind: 'log', level, event, fields }));

  async #begin({ bus: address, options, address: front, uris }: Extract<Order, { kind: 'begin' }>): Promise<void> {
    const bus = this.#undo.use(await Bus.connect(address, 'localpaas router worker', this.#log));
    let known = () => 0;
    const membership = {
      address: front,
      askedEveryMs,
      asked: (apps: readonly string[]) => this.#channel.send({ kind: 'asked', apps }),
      lines: (text: string) => this.#channel.send({ kind: 'lines', text }),
      full: () => this.#channel.send({ kind: 'full' }),
      introduce: (figures: () => Figures, routes: () => number) => {
        this.#figures = figures;
        known = routes;
      },
    };
    const context = { bus, log: this.#log, dataDir: '', signal: new AbortController().signal };
    const entrance = { descriptor: socketDescriptor };
    this.#router = this.#undo.use(await startRouter(context, options, entrance, { membership }));
    const hasRoutes = () => known() >= uris || undefined;
    await waitFor('the routes', hasRoutes, { limitMs: routesLimitMs, everyMs: 5 }).catch(() => {}); // some may have gone
    await this.#router.open();
    this.#channel.send({ kind: 'ready' });
  }

  async #leave(isHandover: boolean): Promise<void> {
    const router = this.#router;
    if (router === undefined) return this.#stop();
    if (isHandover) {
      const released = router.release();
      const front = router.front;
      const retired = front.retire({ quietMs: goodbyeMs, limitMs: goodbyeMs });
      await released;
      this.#channel.send({ kind: 'left' });
      await retired;
    } else {
      await router.leave();
      this.#channel.send({ kind: 'left' });
    }
    await this.#stop();
  }

  async #stop(): Promise<void> {
    await this.#undo.disposeAsync();
    this.#end(0);
  }
}
