import { mkdir, readdir, rename, stat } from 'node:fs/promises';
import { arch } from 'node:os';
import { dirname, join } from 'node:path';
import { sha256Of } from '#ground/digest.ts';
import { ensureDirectory, temporaryNameFor } from '#ground/files.ts';
import { removeTree } from '#ground/remove-tree.ts';
import { removeAside } from './remove-aside.ts';

/** What nobody staged for so long is made again. */
const keptMs = 30 * 86_400_000;
/** Of how many apps caches are kept: those that were staged last. */
const keptApps = 50;

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

  /** Removes what is too old, or of too many apps. */
  async tidy(): Promise<void> {
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
  }

  /** Ids of apps come from outside, and may be anything. */
  #pathOf(app: string, stack: string): string {
    return join(this.#directory, sha256Of(`${app}\n${stack}\n${arch()}`).slice(0, 32));
  }
}
