import { statSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { sha256Of } from '#ground/digest.ts';
import { contentOf } from '../push/app-file.ts';
import { DirectoryWatches } from './directory-watches.ts';

/** The files that say how an app is to run: manifests, stackato.yml, variables. Some may lie anywhere, or not be there. */
export class SettingsFiles implements Disposable {
  readonly #files: ReadonlySet<string>;
  readonly #watches: readonly DirectoryWatches[];

  /** @param paths absolute; a hint comes when something may have happened to one of them */
  constructor(paths: Iterable<string>, onHint: () => void) {
    this.#files = new Set(paths);
    const directories = new Set([...this.#files].map((path) => dirname(path)));
    this.#watches = [...directories].map((directory) => this.#watch(directory, onHint));
  }

  /** By path, something that differs when the file has another content. */
  digests(): Readonly<Record<string, string>> {
    return Object.fromEntries([...this.#files].map((path) => [path, sha256Of(textOf(path))]));
  }

  [Symbol.dispose](): void {
    for (const each of this.#watches) each[Symbol.dispose]();
  }

  #watch(directory: string, onHint: () => void): DirectoryWatches {
    const names = new Set([...this.#files].filter((path) => dirname(path) === directory).map((path) => basename(path)));
    const watches = new DirectoryWatches(directory, {
      onHint: (name) => {
        if (names.has(name)) onHint();
      },
      onExhausted: () => {}, // they are looked at whenever the folder is
    });
    const inode = statSync(directory, { throwIfNoEntry: false })?.ino;
    if (inode !== undefined) watches.add('', inode);
    return watches;
  }
}

function textOf(path: string): string {
  try {
    return contentOf(path).toString('utf8');
  } catch {
    return ''; // it is not there, or whoever reads it for what it says finds out why it cannot be read
  }
}
