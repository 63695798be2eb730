import { readFileSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

/** Tells whether git is changing the files of a folder just now: it holds a lock while it switches branches. */
export class GitLock {
  readonly #file: string | undefined;
  /** One that a killed git left behind. */
  #stale: number | undefined;

  constructor(folder: string) {
    const directory = gitDirectoryOf(folder);
    this.#file = directory === undefined ? undefined : join(directory, 'index.lock');
  }

  get isHeld(): boolean {
    const inode = this.#inode();
    return inode !== undefined && inode !== this.#stale;
  }

  /** Nobody waits for the lock of this moment any more. */
  giveUp(): void {
    this.#stale = this.#inode();
  }

  #inode(): number | undefined {
    return this.#file === undefined ? undefined : statSync(this.#file, { throwIfNoEntry: false })?.ino;
  }
}

function gitDirectoryOf(folder: string): string | undefined {
  for (let at = resolve(folder); ; at = dirname(at)) {
    const git = join(at, '.git');
    const stats = statSync(git, { throwIfNoEntry: false });
    if (stats?.isDirectory()) return git;
    if (stats?.isFile()) return linkedFrom(at, git);
    if (at === dirname(at)) return undefined;
  }
}

/** A work tree beside the first one names its directory in a file. */
function linkedFrom(folder: string, file: string): string | undefined {
  const [, path] = /^gitdir: (.+)$/m.exec(readFileSync(file, 'utf8')) ?? [];
  return path === undefined ? undefined : resolve(folder, path);
}
