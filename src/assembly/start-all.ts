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

/** Starts the parts in their order; disposing stops them backwards. A part that fails undoes those before it. */
export async function startAll(parts: readonly Part[], context: PartContext): Promise<Running> {
  await using undo = new AsyncDisposableStack();
  const failures: Promise<never>[] = [];
  for (const each of parts) {
    context.signal.throwIfAborted();
    const running = undo.use(await each.start(await contextFor(each.name, context)));
    failures.push(running.failure);
  }
  const resources = undo.move();
  return { failure: Promise.race(failures), [Symbol.asyncDispose]: () => resources.disposeAsync() };
}

/** What a component is given: its own directory, and a log that says who speaks. */
export async function contextFor(name: string, { bus, log, home, signal }: PartContext): Promise<ComponentContext> {
  return { bus, signal, log: log.with({ component: name }), dataDir: await ensureDirectory(home.directoryOf(name)) };
}
