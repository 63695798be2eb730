import { closeSync, constants, existsSync, fchmodSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { systemCodeOf } from './errors.ts';

/** Where a process finds what it has opened; only there a name can be looked up in a directory whatever its path is by now. */
const opened = '/proc/self/fd';
let hasOpened: boolean | undefined;

/**
 * A directory that is held open, so that what is done in it stays in it: whatever becomes of its path meanwhile, nothing is
 * written through a link that somebody puts there. Without `/proc` (macOS) its path is used.
 */
class HeldDirectory implements Disposable {
  readonly #descriptor: number;
  readonly #path: string;

  /** @throws the system's error, also for a link */
  constructor(path: string) {
    this.#descriptor = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
    hasOpened ??= existsSync(opened);
    this.#path = hasOpened ? `${opened}/${this.#descriptor}` : path;
  }

  /** A path to `name` in it, to be used while it is held. */
  at(name: string): string {
    return join(this.#path, name);
  }

  chmod(mode: number): void {
    fchmodSync(this.#descriptor, mode);
  }

  [Symbol.dispose](): void {
    closeSync(this.#descriptor);
  }
}

/** Goes about in a directory and those below it, and through no link. It holds those on its way. */
export class TreeWalk implements Disposable {
  readonly #root: HeldDirectory;
  readonly #held: { readonly name: string; readonly directory: HeldDirectory }[] = [];

  constructor(root: string) {
    this.#root = new HeldDirectory(root);
  }

  /** A directory by its path from the top, `''` for the top; `undefined` when no such one is there. Good until the next call. */
  to(path: string): HeldDirectory | undefined {
    const steps = path === '' ? [] : path.split('/');
    const known = this.#held.findIndex(({ name }, at) => name !== steps[at]);
    this.#leave(known < 0 ? this.#held.length : known);
    if (this.#held.length > steps.length) this.#leave(steps.length);
    for (const name of steps.slice(this.#held.length)) {
      const directory = enter(this.#last, name);
      if (directory === undefined) return undefined;
      this.#held.push({ name, directory });
    }
    return this.#last;
  }

  [Symbol.dispose](): void {
    this.#leave(0);
    this.#root[Symbol.dispose]();
  }

  get #last(): HeldDirectory {
    return this.#held.at(-1)?.directory ?? this.#root;
  }

  #leave(depth: number): void {
    for (const { directory } of this.#held.splice(depth)) directory[Symbol.dispose]();
  }
}

function enter(directory: HeldDirectory, name: string): HeldDirectory | undefined {
  try {
    return new HeldDirectory(directory.at(name));
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'ELOOP'].includes(systemCodeOf(error) ?? '')) return undefined;
    throw error;
  }
}
