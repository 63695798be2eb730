import { familyOf } from '#contract/runtimes.ts';
import type { Bus } from '#ground/bus.ts';
import type { KnownDeas } from './known-deas.ts';
import { runtimesOf } from './runtimes-of-deas.ts';

/**
 * Why no DEA can run an app that asks for versions of its runtime, for people: what there is instead. Undefined when some
 * DEA has what the app needs, so that it is not for this.
 */
export async function whyNoVersion(
  runtime: string | null,
  constraint: string,
  parts: { readonly bus: Bus; readonly deas: KnownDeas },
): Promise<string | undefined> {
  const family = familyOf(runtime ?? '');
  if (family === undefined) return undefined;
  const answers = await runtimesOf(parts, family);
  if (answers.length === 0) return undefined;
  const { choose } = await import('#workload/runtimes/index.ts');
  const wish = {
    family,
    constraint,
    who: answers.length === 1 ? 'this machine has' : `the ${answers.length} DEAs have`,
  };
  if (answers.some(({ runtimes }) => choose(runtimes, wish).ok)) return undefined;
  const all = choose(
    answers.flatMap(({ runtimes }) => runtimes),
    wish,
  );
  return all.ok ? undefined : all.reason;
}
