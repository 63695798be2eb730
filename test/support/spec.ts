import { suite } from 'uvu';
import { AsyncDisposableStack } from '#ground/async-disposable-stack.ts';
import { within } from '#ground/wait.ts';

/** Owns what a test opens; everything is released when the test ends, in reverse order. */
export type Scope = AsyncDisposableStack;

interface Limits {
  /** How long a test may take; 60 s when absent. */
  readonly timeoutMs?: number;
}

export type It = (behaviour: string, body: (scope: Scope) => Promise<void> | void, limits?: Limits) => void;

const releaseLimitMs = 60_000;

/**
 * Specifies `subject` by its behaviours. uvu counts a suite as passed when a hook throws, when nobody calls `run()` and
 * when it holds no test, and lets a test wait for ever: there are no hooks here, it runs by itself, an empty or doubled
 * specification throws, and each test has a deadline, as has the release of what it opened.
 * @param limits of each test that has none of its own
 */
export function describe(subject: string, define: (it: It) => void, limits: Limits = {}): void {
  const tests = suite(subject);
  const behaviours = new Set<string>();
  define((behaviour, body, { timeoutMs = limits.timeoutMs ?? 60_000 } = {}) => {
    if (behaviours.has(behaviour)) throw new Error(`"${subject}" says twice that it ${behaviour}.`);
    behaviours.add(behaviour);
    tests(behaviour, () => runTest(behaviour, body, timeoutMs));
  });
  if (behaviours.size === 0) throw new Error(`"${subject}" has no test.`);
  tests.run();
}

async function runTest(
  behaviour: string,
  body: (scope: Scope) => Promise<void> | void,
  timeoutMs: number,
): Promise<void> {
  const scope = new AsyncDisposableStack();
  const failures: Error[] = [];
  const attempt = async (what: string, limitMs: number, work: () => Promise<void> | void) => {
    try {
      await within(limitMs, what, Promise.resolve(work()));
    } catch (failure) {
      failures.push(errorOf(failure));
    }
  };
  await attempt(`the test "${behaviour}"`, timeoutMs, () => body(scope));
  await attempt(`the release of what "${behaviour}" opened`, releaseLimitMs, () => scope.disposeAsync());
  const [first, second] = failures;
  if (second !== undefined) process.stderr.write(`${second.stack}\n`);
  if (first !== undefined) throw first;
}

/** uvu drops a test silently when what it throws is no Error. */
function errorOf(failure: unknown): Error {
  return failure instanceof Error ? failure : new Error(`Something other than an Error was thrown: ${String(failure)}`);
}
