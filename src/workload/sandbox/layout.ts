import { dirname, join, relative } from 'node:path';
import type { Machine } from './machine.ts';
import type { View } from './view.ts';

export type Mount =
  /** Shows a directory or a file at another place, with everything that is mounted below it. */
  | { readonly kind: 'bind'; readonly from: string; readonly at: string; readonly isWritable: boolean }
  | { readonly kind: 'proc'; readonly at: string }
  | { readonly kind: 'dev'; readonly at: string };

/** Something that has to be there before anything is mounted. */
export type Entry =
  | { readonly kind: 'directory' | 'file'; readonly path: string }
  | { readonly kind: 'link'; readonly path: string; readonly target: string };

/** How a view is made of mounts. */
export interface Layout {
  /** The directory that is the root inside: it holds only what mounts are put on, and links. */
  readonly root: string;
  /** Directories above them are to be made, too. */
  readonly entries: readonly Entry[];
  /** In the order in which they are to be made; `at` is a path inside. */
  readonly mounts: readonly Mount[];
}

/** What is at a path inside. */
type Claim =
  | { readonly kind: 'bind'; readonly from: string; readonly isWritable: boolean }
  | { readonly kind: 'proc' | 'dev' | 'empty' };

/** A directory with more members is not taken apart for one more. */
const mostMembers = 32;

/** @param directory of the sandbox alone, for mounts to be put on; nobody inside may write there */
export function layoutOf(view: View, directory: string, machine: Machine): Layout {
  const planner = new Planner(directory, machine);
  planner.claim(view);
  return planner.layout();
}

class Planner {
  readonly #root: string;
  readonly #directory: string;
  readonly #machine: Machine;
  /** By path inside. */
  readonly #claims = new Map<string, Claim>();
  readonly #entries: Entry[] = [];
  #empties = 0;

  constructor(directory: string, machine: Machine) {
    this.#directory = directory;
    this.#root = join(directory, 'root');
    this.#machine = machine;
    this.#entries.push({ kind: 'directory', path: this.#root });
  }

  claim({ readable, hidden, places, writable }: View): void {
    this.#showMembers('/');
    const wanted = Object.entries(places).filter(([at]) => this.#hasRoomFor(at));
    this.#claims.set('/proc', { kind: 'proc' }).set('/dev', { kind: 'dev' });
    for (const path of readable) this.#show(path, false);
    for (const path of hidden) this.#hide(path);
    for (const [at, from] of wanted) {
      this.#claims.set(this.#machine.realPathOf(at), { kind: 'bind', from, isWritable: true });
    }
    for (const path of writable) this.#show(path, true);
  }

  layout(): Layout {
    const depthOf = (path: string) => path.split('/').length;
    const paths = [...this.#claims.keys()].sort((one, other) => depthOf(one) - depthOf(other));
    const mounts: Mount[] = [];
    /** Where the directories are that were mounted. */
    const sources = new Map([['/', this.#root]]);
    for (const at of paths) {
      const claim = this.#claims.get(at);
      if (claim === undefined || this.#isSeenAnyway(at, claim)) {
        this.#claims.delete(at);
        continue;
      }
      const mount = this.#mountOf(at, claim);
      this.#makeWay(mount, sources);
      if (mount.kind === 'bind') sources.set(at, mount.from);
      mounts.push(mount);
    }
    return { root: this.#root, entries: this.#entries, mounts };
  }

  /** Shows what is in a directory one by one, so that there can be more in it than the machine has. */
  #showMembers(directory: string): void {
    for (const { name, kind, target = '' } of this.#machine.membersOf(directory)) {
      const path = join(directory, name);
      if (kind === 'link') this.#entries.push({ kind, path: join(this.#root, path), target });
      else if (kind !== 'other') this.#claims.set(path, { kind: 'bind', from: path, isWritable: false });
    }
  }

  /** Whether something can be put at this path; where the machine has nothing there its directory is taken apart. */
  #hasRoomFor(at: string): boolean {
    const parent = dirname(at);
    if (this.#machine.kindOf(at) !== undefined || parent === '/') return true;
    if (!this.#claims.has(parent)) return this.#machine.kindOf(parent) === undefined;
    const isSmall = this.#machine.membersOf(parent).length <= mostMembers;
    if (!isSmall) return false;
    this.#claims.delete(parent);
    this.#showMembers(parent);
    return true;
  }

  #show(path: string, isWritable: boolean): void {
    const from = this.#machine.realPathOf(path);
    if (from === '/' || this.#machine.kindOf(path) === undefined) return;
    this.#claims.set(from, { kind: 'bind', from, isWritable });
    // The link by which it is known may lie where something else is seen.
    const cover = this.#coverOf(path);
    if (from !== path && cover !== undefined && !this.#isItself(cover))
      this.#claims.set(path, { kind: 'bind', from, isWritable });
  }

  #hide(path: string): void {
    if (this.#machine.kindOf(path) === 'directory') this.#claims.set(this.#machine.realPathOf(path), { kind: 'empty' });
  }

  /** The path of what is mounted next above; `undefined` when that is the root. */
  #coverOf(path: string): string | undefined {
    for (let above = dirname(path); above !== '/'; above = dirname(above)) if (this.#claims.has(above)) return above;
    return undefined;
  }

  /** Whether what is seen at a path is what the machine has there. */
  #isItself(at: string): boolean {
    const claim = this.#claims.get(at);
    return claim?.kind === 'bind' && claim.from === at;
  }

  #isSeenAnyway(at: string, claim: Claim): boolean {
    const above = this.#coverOf(at);
    if (above === undefined || !this.#isItself(above) || claim.kind !== 'bind' || !this.#isItself(at)) return false;
    const cover = this.#claims.get(above);
    return !claim.isWritable || (cover?.kind === 'bind' && cover.isWritable);
  }

  #mountOf(at: string, claim: Claim): Mount {
    if (claim.kind === 'bind') return { ...claim, at };
    if (claim.kind !== 'empty') return { kind: claim.kind, at };
    this.#empties += 1;
    const from = join(this.#directory, `empty-${this.#empties}`);
    this.#entries.push({ kind: 'directory', path: from });
    return { kind: 'bind', from, at, isWritable: false };
  }

  /** A mount is put on something: where what is seen above is not the machine's own, that has to be made. */
  #makeWay(mount: Mount, sources: ReadonlyMap<string, string>): void {
    const above = this.#coverOf(mount.at);
    if (above !== undefined && this.#isItself(above)) return;
    const kind = mount.kind === 'bind' ? (this.#machine.kindOf(mount.from) ?? 'directory') : 'directory';
    const source = sources.get(above ?? '/') ?? this.#root;
    this.#entries.push({ kind, path: join(source, relative(above ?? '/', mount.at)) });
  }
}
