import { AsyncDisposableStack } from '#ground/async-disposable-stack.ts';
import type { Bus } from '#ground/bus.ts';
import { type Component, type ComponentContext, KeepAppsRunning, type Running } from '#ground/component.ts';
import { ensureDirectory } from '#ground/files.ts';
import type { Log } from '#ground/log.ts';
import { within } from '#ground/wait.ts';
import type { Home } from './home.ts';

/** A component together with the options it will be given. */
export interface Part {
  readonly name: string;
  start(context: ComponentContext): Promise<Running>;
}

/** How long the bus may take to answer after a start has failed. */
const answerLimitMs = 2_000;

export interface PartContext {
  readonly bus: Bus;
  readonly log: Log;
  readonly home: Home;
  readonly signal: AbortSignal;
}

export function part<Options>(component: Component<Options>, options: Options): Part {
  return { name: component.name, start: (context) => component.start(context, options) };
}

/**
 * Starts the parts side by side: they find each other on the bus, in whatever order they come. Disposing stops them
 * backwards, one after the other. When one fails to start the others are stopped, and nothing is left behind but apps
 * that ran before: whoever starts next finds them.
 */
export async function startAll(parts: readonly Part[], context: PartContext): Promise<Running> {
  await using undo = new AsyncDisposableStack();
  const stop = undo.use(stopOf(context.signal));
  let failure: { readonly cause: unknown } | undefined;
  const start = async (each: Part) => {
    try {
      return await each.start(await contextFor(each.name, { ...context, signal: stop.signal }));
    } catch (cause) {
      failure ??= { cause };
      stop.abort(new KeepAppsRunning());
      await giveUpSilent(context.bus);
      return undefined;
    }
  };
  const running = (await Promise.all(parts.map(start))).filter((each) => each !== undefined);
  for (const each of running) undo.use(each);
  if (failure !== undefined) throw failure.cause;
  context.signal.throwIfAborted();
  const resources = undo.move();
  return {
    failure: Promise.race(running.map((each) => each.failure)),
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}

/** A server that does not answer would hold up everybody who has something to tell it before the end. */
async function giveUpSilent(bus: Bus): Promise<void> {
  await within(answerLimitMs, 'an answer of the bus', bus.flush()).catch(() => bus.close());
}

/** Aborts when `signal` does, or when it is told to. */
export function stopOf(signal: AbortSignal): { signal: AbortSignal; abort(reason: unknown): void } & Disposable {
  const stop = new AbortController();
  const passOn = () => stop.abort(signal.reason);
  if (signal.aborted) passOn();
  else signal.addEventListener('abort', passOn, { once: true });
  return {
    signal: stop.signal,
    abort: (reason) => stop.abort(reason),
    [Symbol.dispose]: () => signal.removeEventListener('abort', passOn),
  };
}

/** What a component is given: its own directory, and a log that says who speaks. */
async function contextFor(name: string, { bus, log, home, signal }: PartContext): Promise<ComponentContext> {
  return { bus, signal, log: log.with({ component: name }), dataDir: await ensureDirectory(home.directoryOf(name)) };
}
