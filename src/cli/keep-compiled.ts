import { executable } from '#packaging/executable.ts';

/** Work on the first requests comes first. */
const afterMs = 1_000;

/** Keeps what V8 compiled to bring the platform up, for the next time, when an executable ran without. */
export function keepCompiledPlatform(): Disposable {
  const own = executable();
  const timer = own === undefined ? undefined : setTimeout(own.keepCompiled, afterMs);
  return { [Symbol.dispose]: () => clearTimeout(timer) };
}

/** The same for the commands that only ask a platform, when one of them ends. */
export function keepCompiledCommands(): void {
  const own = executable();
  if (own?.half === 'commands') process.once('exit', own.keepCompiled);
}
