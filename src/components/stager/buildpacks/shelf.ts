import { mkdir, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import type { BuildpackChoice } from '#contract/staging.ts';
import { sha256Of } from '#ground/digest.ts';
import { temporaryNameFor } from '#ground/files.ts';
import { removeTree } from '#ground/remove-tree.ts';
import { extractZip } from '#ground/unzip.ts';
import { builtInBuildpacks } from '#workload/buildpacks/built-in.ts';
import { isAddress } from '#workload/lifecycle/builder/index.ts';
import { downloadApp } from '../transfer.ts';
import { removeAside } from './remove-aside.ts';

/** Buildpacks that no app used for so long are fetched again. */
const keptMs = 30 * 86_400_000;

export interface ShelfParts {
  /** Where fetched ones are kept, each in a directory named by its key. */
  readonly directory: string;
  /** Of one buildpack's zip. */
  readonly maxBytes: number;
}

/** The buildpacks of a stager: those that come with it, and those it has fetched, unpacked. */
export class BuildpackShelf {
  readonly #parts: ShelfParts;

  constructor(parts: ShelfParts) {
    this.#parts = parts;
  }

  /**
   * Where they lie, by key. One whose key is an address is none of ours: the builder fetches it.
   * @throws ActionableError
   */
  async find(choices: readonly BuildpackChoice[], signal: AbortSignal): Promise<ReadonlyMap<string, string>> {
    const places = new Map<string, string>();
    const builtIn = new Map((await builtInBuildpacks()).map(({ name, directory }) => [name, directory]));
    for (const { key, url } of choices) {
      if (isAddress(key)) continue;
      const place = url ? await this.#fetched(key, url, signal) : builtIn.get(key);
      if (place !== undefined) places.set(key, place);
    }
    return places;
  }

  /** Removes what was not used for long. */
  async tidy(): Promise<void> {
    const { directory } = this.#parts;
    for (const name of await readdir(directory).catch(() => [])) {
      const path = join(directory, name);
      if (await isOld(path)) await removeAside(path, isOld);
    }
  }

  async #fetched(key: string, url: string, signal: AbortSignal): Promise<string> {
    const { directory, maxBytes } = this.#parts;
    const place = join(directory, sha256Of(key).slice(0, 32));
    const now = new Date();
    const isThere = await utimes(place, now, now).then(
      () => true,
      () => false,
    );
    if (isThere) return place;
    await mkdir(directory, { recursive: true, mode: 0o700 });
    const unpacked = temporaryNameFor(place);
    const zip = `${unpacked}.zip`;
    try {
      await downloadApp(url, zip, { maxBytes, signal });
      await extractZip(zip, unpacked, { signal });
      await rename(unpacked, place).catch(async (error: unknown) => {
        // Another task was faster.
        if (!(await stat(place).catch(() => undefined))?.isDirectory()) throw error;
      });
      return place;
    } finally {
      await rm(zip, { force: true });
      await removeTree(unpacked);
    }
  }
}

async function isOld(path: string): Promise<boolean> {
  const stats = await stat(path).catch(() => undefined); // another task may have removed it
  return stats !== undefined && Date.now() - stats.mtimeMs > keptMs;
}
