import type { FoundRuntime } from '#contract/runtimes.ts';
import { choose } from './choose.ts';
import { type Constraint, constraintsOf, textOf } from './constraints.ts';
import type { RuntimeTable } from './runtime-table.ts';

/** What an app is to be built with. */
export interface RuntimesForApp {
  /** To stand in front of the PATH, so that the versions are found which the app asks for. */
  readonly inFront: readonly string[];
  readonly taken: readonly FoundRuntime[];
  /** One for each family. */
  readonly asked: readonly Constraint[];
  /** What it asks for in vain, in words that continue "The app ". */
  readonly refusals: readonly string[];
}

/** Reads what the files of an app ask for, and finds it. @param directory with the unpacked app */
export async function runtimesForApp(directory: string, table: RuntimeTable): Promise<RuntimesForApp> {
  const families = new Map<string, Constraint>();
  for (const each of await constraintsOf(directory)) if (!families.has(each.family)) families.set(each.family, each);
  const choices = await Promise.all(
    [...families.values()].map(async (wish) =>
      choose(await table.of(wish.family), { family: wish.family, constraint: textOf(wish) }),
    ),
  );
  const taken = choices.flatMap((choice) => (choice.ok ? [choice.runtime] : []));
  return {
    inFront: [...new Set(taken.filter(isElsewhere).map(({ bin_directory }) => bin_directory))],
    taken,
    asked: [...families.values()],
    refusals: choices.flatMap((choice) => (choice.ok ? [] : [choice.reason])),
  };
}

/** The default of the PATH is found anyway; in front, its directory would hide others. */
function isElsewhere({ is_default, origin, bin_directory, found_in }: FoundRuntime): boolean {
  const isInPath = origin === 'PATH' && bin_directory === found_in;
  return !(is_default && isInPath);
}
