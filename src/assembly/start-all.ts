import { AsyncDisposableStack } from '#ground/async-disposable-stack.ts';
import type { Bus } from '#ground/bus.ts';
import type { Component, ComponentContext, Running } from '#ground/component.ts';
import { ensureDirectory } from '#ground/files.ts';
import type { Log } from '#ground/log.ts';
import type { Home } from './home.ts';

/** A component together with the options it will be given. */
export interface Part {
  readonly name: string;
  start(context: ComponentContext): Promise<Running>;
}

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
 * backwards, one after the other. When one fails to start the others are stopped, and nothing is left behind.
 */
export async function startAll(parts: readonly Part[], context: PartContext): Promise<Running> {
  await using undo = new AsyncDisposableStack();
  const starts = await Promise.allSettled(parts.map(async (each) => each.start(await contextFor(each.name, context))));
  const running = starts.flatMap((each) => (each.status === 'fulfilled' ? [undo.use(each.value)] : []));
  for (const each of starts) if (each.status === 'rejected') throw each.reason;
  context.signal.throwIfAborted();
  const resources = undo.move();
  return {
    failure: Promise.race(running.map(({ failure }) => failure)),
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}

/** What a component is given: its own directory, and a log that says who speaks. */
async function contextFor(name: string, { bus, log, home, signal }: PartContext): Promise<ComponentContext> {
  return { bus, signal, log: log.with({ component: name }), dataDir: await ensureDirectory(home.directoryOf(name)) };
}
