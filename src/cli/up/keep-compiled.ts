import { executable } from '#packaging/executable.ts';

/** Work on the first requests comes first. */
const afterMs = 1_000;

/** Keeps what V8 compiled to bring the platform up, for the next time, when an executable ran without. */
export function keepCompiledCode(): Disposable {
  const own = executable();
  const timer = own === undefined || own.isCompiled ? undefined : setTimeout(own.keepCompiled, afterMs);
  return { [Symbol.dispose]: () => clearTimeout(timer) };
}
