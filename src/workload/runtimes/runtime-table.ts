import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type FoundRuntime, type ToolFamily, toolFamilies } from '#contract/runtimes.ts';
import { architectureOf } from './architecture.ts';
import { askVersion } from './ask-version.ts';
import { findRuntimes, type Located, ownOrigin, type RuntimePlaces } from './find-runtimes.ts';
import { nameOf } from './version-text.ts';

interface Facts {
  readonly version: string | null;
  readonly architecture: string | null;
}

/**
 * The runtimes of this machine. Each question looks at the disk again, so what is installed or removed counts at once;
 * a program is asked for its version only where its directory does not tell it, and again only when it has changed.
 */
export class RuntimeTable {
  readonly #places: RuntimePlaces;
  readonly #facts = new Map<string, Promise<Facts>>();

  constructor(places: RuntimePlaces) {
    this.#places = places;
  }

  async all(): Promise<FoundRuntime[]> {
    return (await Promise.all(toolFamilies.map((family) => this.of(family)))).flat();
  }

  /** Those of a family, in the order in which they are preferred. */
  async of(family: ToolFamily): Promise<FoundRuntime[]> {
    const found = await findRuntimes(family, this.#places);
    const facts = await Promise.all(found.map((each) => this.#factsOf(family, each)));
    const standard = Math.max(
      0,
      facts.findIndex(({ version }) => version !== null),
    );
    return found.map(({ path, realPath, origin, foundIn }, at) => {
      const { version = null, architecture = null } = facts[at] ?? {};
      return {
        family,
        name: nameOf(family, version),
        version,
        path,
        real_path: realPath,
        bin_directory: dirname(path),
        architecture,
        origin,
        found_in: foundIn,
        is_default: at === standard,
      };
    });
  }

  /** Kept until the program changes. */
  async #factsOf(family: ToolFamily, located: Located): Promise<Facts> {
    const { origin, realPath, version } = located;
    if (origin === ownOrigin) return { version: version ?? null, architecture: process.arch };
    const changedAt = (await stat(realPath).catch(() => undefined))?.mtimeMs;
    const key = JSON.stringify([family, realPath, changedAt, version]);
    const known = this.#facts.get(key);
    if (known !== undefined) return known;
    const facts = this.#askFacts(family, located);
    this.#facts.set(key, facts);
    return facts;
  }

  /** What was made for another kind of machine has to prove that it runs here: 32 bits may on 64. */
  async #askFacts(family: ToolFamily, { path, realPath, version }: Located): Promise<Facts> {
    const architecture = await architectureOf(realPath);
    const isOurs = architecture === null || architecture === 'universal' || architecture === process.arch;
    if (version !== undefined && isOurs) return { version, architecture };
    if (realPath === process.execPath && family === 'node') return { version: process.versions.node, architecture };
    const { path: PATH, userHome } = this.#places;
    return { version: await askVersion(family, path, { PATH, HOME: userHome ?? '/' }), architecture };
  }
}
