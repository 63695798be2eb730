import { type FSWatcher, watch } from 'node:fs';
import { basename, join } from 'node:path';
import { systemCodeOf } from '#ground/errors.ts';

interface Watch {
  readonly watcher: FSWatcher;
  /** Which directory it is, whatever its name: another one may take its place. */
  readonly inode: number;
}

interface Told {
  /** Something happened to a path below the root; '' is the root. */
  readonly onHint: (path: string) => void;
  /** The system has no more watches to give: what was not watched until now is not going to be. */
  readonly onExhausted: (code: 'ENOSPC' | 'EMFILE') => void;
}

/**
 * One watch of the system for each directory, none for files. The libraries for this were left aside: chokidar 4 and 5
 * hear nothing more of a directory that was removed and made again at once, as builds and branch switches do (20 of 20
 * times), take a watch for each file, and read a new directory before they watch it. `fs.watch` with `recursive` loses
 * files that editors save by renaming, before Node 26.
 */
export class DirectoryWatches implements Disposable {
  readonly #root: string;
  readonly #told: Told;
  readonly #watches = new Map<string, Watch>();
  #isExhausted = false;

  constructor(root: string, told: Told) {
    this.#root = root;
    this.#told = told;
  }

  /** Watches a directory from now on; to be called before it is read, so that nothing is missed in between. */
  add(directory: string, inode: number): void {
    if (this.#watches.get(directory)?.inode === inode || this.#isExhausted) return;
    this.#drop(directory);
    try {
      const watcher = watch(join(this.#root, directory), { persistent: false }, (_, name) =>
        this.#hint(directory, name),
      );
      watcher.on('error', () => this.#lose(directory)); // Windows, for a directory that was removed
      this.#watches.set(directory, { watcher, inode });
    } catch (error) {
      const code = systemCodeOf(error);
      if (code !== 'ENOSPC' && code !== 'EMFILE') return; // it is gone, or may not be read: who reads it says so
      this.#isExhausted = true;
      this.#told.onExhausted(code);
    }
  }

  /** Ends the watches of all directories but these. */
  keepOnly(directories: ReadonlySet<string>): void {
    for (const each of this.#watches.keys()) if (!directories.has(each)) this.#drop(each);
  }

  [Symbol.dispose](): void {
    this.keepOnly(new Set());
  }

  #hint(directory: string, name: string | null): void {
    if (name === null) {
      this.#told.onHint(directory);
      return;
    }
    // What happens to the directory itself comes under its own name, as would a file of the same name in it.
    if (name === basename(join(this.#root, directory))) this.#lose(directory);
    this.#told.onHint(directory === '' ? name : `${directory}/${name}`);
  }

  /** A directory that was removed or renamed is not heard of again, and another may have its inode by now. */
  #lose(directory: string): void {
    this.#drop(directory);
    this.#told.onHint(directory);
  }

  #drop(directory: string): void {
    this.#watches.get(directory)?.watcher.close();
    this.#watches.delete(directory);
  }
}
