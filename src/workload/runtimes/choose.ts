import { type FoundRuntime, installHintOf, type ToolFamily } from '#contract/runtimes.ts';
import { partsOf } from './constraints.ts';
import { fits } from './version-range.ts';
import { compareVersions } from './version-text.ts';

/** A runtime, or why there is none, in words that continue "The app ". */
export type Choice =
  | { readonly ok: true; readonly runtime: FoundRuntime }
  | { readonly ok: false; readonly reason: string };

export interface Wish {
  readonly family: ToolFamily;
  /** As it travels: `>=18 (package.json, engines)`; absent where any version will do. */
  readonly constraint?: string | null | undefined;
  /** Whose runtimes these are, to begin a sentence about what it has: `this machine has`. */
  readonly who?: string;
}

/** The default where it fits, else the latest version that does. @param runtimes in the order of preference */
export function choose(
  runtimes: readonly FoundRuntime[],
  { family, constraint, who = 'this machine has' }: Wish,
): Choice {
  const ours = runtimes.filter((each) => each.family === family);
  const usable = ours.filter((each): each is Usable => each.version !== null);
  if (!constraint) {
    const [first] = usable.length > 0 ? usable : ours;
    if (first !== undefined) return { ok: true, runtime: first };
    return { ok: false, reason: `needs ${family}, which is not on this machine: ${installHintOf(family)}` };
  }
  const { constraint: range, from } = partsOf(constraint);
  const wanted = `${family} ${range}${from === undefined ? '' : ` (${from})`}`;
  if (fits(family, range, '1') === undefined) {
    return { ok: false, reason: `asks for ${wanted}, which names no version: write it like ${examples[family]}` };
  }
  const fitting = usable.filter(({ version }) => fits(family, range, version));
  const best = fitting.find((each) => each.is_default) ?? latestOf(fitting);
  if (best !== undefined) return { ok: true, runtime: best };
  return { ok: false, reason: `needs ${wanted}; ${who} ${listOf(family, usable)}. ${remedyFor(family)}` };
}

type Usable = FoundRuntime & { readonly version: string };

const examples: Readonly<Record<ToolFamily, string>> = {
  node: '>=18, ^20 or 20.x',
  ruby: '>= 3.1, ~> 3.1 or 3.2.2',
  python: '>=3.9, ~=3.11 or 3.11',
  php: '>=8.1, ^8.1 or 8.2.*',
  java: '17 or >=11',
  go: '>=1.21',
};

/** The first of the latest, for the order is one of preference. */
function latestOf(runtimes: readonly Usable[]): Usable | undefined {
  return runtimes.toSorted((one, other) => compareVersions(other.version, one.version))[0];
}

/** `node 20.11.0 (/usr/bin/node), 18.20.4 (nvm)` */
function listOf(family: ToolFamily, usable: readonly Usable[]): string {
  if (usable.length === 0) return `no ${family}`;
  const each = usable.map(({ version, origin, path }) => {
    const isPlace = origin === 'PATH' || origin === 'configuration';
    return `${version} (${isPlace ? path : origin})`;
  });
  return `${family} ${[...new Set(each)].join(', ')}`;
}

function remedyFor(family: ToolFamily): string {
  return `Install a ${family} that fits, or change the constraint`;
}
