import { mkdir, readdir, rename, stat } from 'node:fs/promises';
import { arch } from 'node:os';
import { dirname, join } from 'node:path';
import { sha256Of } from '#ground/digest.ts';
import { ensureDirectory, temporaryNameFor } from '#ground/files.ts';
import { measureDisk } from '#ground/measure-disk.ts';
import { removeTree } from '#ground/remove-tree.ts';
import { removeAside } from './remove-aside.ts';

/** What nobody staged for so long is made again. */
const keptMs = 30 * 86_400_000;
/** Of how many apps caches are kept: those that were staged last. */
const keptApps = 50;
/** The end of a stager may wait for it. */
const measureLimitMs = 10_000;

/**
 * What buildpacks keep of an app from one staging to the next, e.g. the packages they fetched: a directory for each app,
 * stack and architecture. Which version of a runtime they are for is for buildpacks to say.
 */
export class BuildCaches {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** Moves an app's cache to `place`, which must not exist; it becomes an empty directory where there is none. */
  async take(app: string, stack: string, place: string): Promise<void> {
    await mkdir(dirname(place), { recursive: true });
    await rename(this.#pathOf(app, stack), place).catch(() => ensureDirectory(place));
  }

  /** Keeps what is at `place` now. Of two stagings of one app at once the later one's stays. */
  async keep(app: string, stack: string, place: string): Promise<void> {
    const path = this.#pathOf(app, stack);
    await mkdir(this.#directory, { recursive: true, mode: 0o700 });
    const former = temporaryNameFor(path);
    await rename(path, former).catch(() => {}); // there is none, usually
    await rename(place, path);
    await removeTree(former);
  }

  /** Removes what an app left that is gone. */
  async forget(app: string): Promise<void> {
    const names = await readdir(this.#directory).catch(() => []);
    const own = names.filter((name) => name.startsWith(`${partOf(app)}-`));
    for (const name of own) await removeAside(join(this.#directory, name));
  }

  /**
   * Removes what is too old, or of too many apps, or more than `maxBytes` together with what was used later.
   * @throws Error when that takes too long; the next staging tries again
   */
  async tidy(maxBytes: number): Promise<void> {
    const names = await readdir(this.#directory).catch(() => []);
    const all = await Promise.all(
      names.map(async (name) => {
        const path = join(this.#directory, name);
        return { path, usedAtMs: (await stat(path).catch(() => undefined))?.mtimeMs ?? 0 };
      }),
    );
    const byAge = all.sort((one, other) => other.usedAtMs - one.usedAtMs);
    const old = byAge.filter(({ usedAtMs }, at) => at >= keptApps || Date.now() - usedAtMs > keptMs);
    for (const { path } of old) await removeAside(path);
    let leftBytes = maxBytes;
    const signal = AbortSignal.timeout(measureLimitMs);
    for (const { path } of byAge.filter((each) => !old.includes(each))) {
      // One that a task takes meanwhile counts when it is back.
      if (leftBytes >= 0) leftBytes -= await measureDisk(path, leftBytes, signal).catch(() => 0);
      signal.throwIfAborted();
      if (leftBytes < 0) await removeAside(path);
    }
  }

  /** Ids of apps come from outside, and may be anything. */
  #pathOf(app: string, stack: string): string {
    return join(this.#directory, `${partOf(app)}-${partOf(`${stack}\n${arch()}`)}`);
  }
}

function partOf(text: string): string {
  return sha256Of(text).slice(0, 32);
}

/** Those of the stager with this directory. */
export function buildCachesIn(dataDir: string): BuildCaches {
  return new BuildCaches(join(dataDir, 'build-caches'));
}
