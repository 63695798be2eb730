import { type RuntimesOfDea, runtimesQuestion, type ToolFamily } from '#contract/runtimes.ts';
import type { Bus } from '#ground/bus.ts';
import type { KnownDeas } from './known-deas.ts';

/** A DEA may have to ask each program for its version first, on a slow machine. */
const answerLimitMs = 5_000;

/** What each DEA has to run apps with; those that are silent are left out. @param family of all families when absent */
export async function runtimesOf(
  { bus, deas }: { readonly bus: Bus; readonly deas: KnownDeas },
  family?: ToolFamily,
): Promise<RuntimesOfDea[]> {
  const expected = deas.count > 0 ? { expected: deas.count } : {};
  const request = family === undefined ? {} : { family };
  const answers = await bus.askMany(runtimesQuestion, request, { limitMs: answerLimitMs, ...expected });
  return answers.sort((one, other) => one.dea.localeCompare(other.dea));
}
