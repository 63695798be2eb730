import { lstatSync, mkdirSync, readdirSync, renameSync, type Stats } from 'node:fs';
import { dirname, join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { explainDiskError } from '#ground/errors.ts';
import { TreeWalk } from '#ground/held-directory.ts';
import { checkLayer } from './check-layer.ts';
import type { LayerContents, LayerMember } from './read-layer.ts';

/** A layer that was read; its own directories are on the file system of the tree. */
export interface UnpackedLayer extends LayerContents {
  /** Holds the members. They are moved from here. */
  readonly directory: string;
  /** What is taken away is moved here. Made when there is something. */
  readonly aside: string;
}

/** After so many changes others get a turn. */
const changesAtOnce = 64;

/**
 * Lays a layer over a tree, which then is what an archive of all its files would give. Whoever uses the tree meanwhile sees
 * each file as it was or as it will be: files are put in place by renaming, in the order of their directories, and what is
 * gone goes last.
 * @returns how many files and links were put there or removed
 * @throws ActionableError BAD_INPUT before anything is changed, DISK_FULL
 */
export async function applyLayer(layer: UnpackedLayer, root: string): Promise<number> {
  checkLayer(layer, root);
  using tree = new TreeWalk(root);
  const laying = new Laying(layer, tree);
  let done = 0;
  for (const change of laying.changes()) {
    try {
      change();
    } catch (error) {
      throw explainDiskError(error, 'the layer cannot be laid over the droplet');
    }
    done += 1;
    if (done % changesAtOnce === 0) await turn();
  }
  return laying.files;
}

class Laying {
  readonly #layer: UnpackedLayer;
  readonly #tree: TreeWalk;
  #movedAside = 0;
  #hasAside = false;
  files = 0;

  constructor(layer: UnpackedLayer, tree: TreeWalk) {
    this.#layer = layer;
    this.#tree = tree;
  }

  *changes(): Generator<() => void> {
    const { members, removed, opaque } = this.#layer;
    const away = new Map<string, () => void>();
    for (const path of removed) away.set(path, () => this.#remove(path));
    for (const path of opaque) if (!removed.has(path)) away.set(path, () => this.#empty(path));
    const kindAt = (path: string) => (path === '' ? 'directory' : members.get(path)?.kind);
    // A directory that is taken away and put there again must be found empty. What else is put somewhere replaces what is there.
    for (const [path, take] of away) if (kindAt(path) === 'directory') yield take;
    for (const [path, member] of members) yield () => this.#put(path, member);
    for (const [path, take] of away) if (kindAt(path) === undefined) yield take;
  }

  #put(path: string, { kind, mode }: LayerMember): void {
    const parent = this.#tree.to(parentOf(path));
    if (parent === undefined) throw new Error(`The directory of '${path}' went away while a layer was laid over it.`);
    const place = parent.at(nameOf(path));
    const isDirectory = lookAt(place)?.isDirectory();
    if (kind !== 'directory') {
      if (isDirectory === true) this.#moveAside(place);
      renameSync(join(this.#layer.directory, path), place);
      this.files += 1;
      return;
    }
    if (isDirectory === false) this.#moveAside(place);
    if (isDirectory !== true) mkdirSync(place, { mode: 0o755 });
    if (mode !== undefined) this.#tree.to(path)?.chmod(mode);
  }

  #remove(path: string): void {
    const place = this.#tree.to(parentOf(path))?.at(nameOf(path));
    if (place === undefined || lookAt(place) === undefined) return;
    this.#moveAside(place);
    this.files += 1;
  }

  #empty(path: string): void {
    const directory = this.#tree.to(path);
    for (const name of directory === undefined ? [] : readdirSync(directory.at('.'))) {
      this.#remove(path === '' ? name : `${path}/${name}`);
    }
  }

  /** At once, however much is in it. */
  #moveAside(place: string): void {
    const { aside } = this.#layer;
    if (!this.#hasAside) mkdirSync(aside, { mode: 0o700 });
    this.#hasAside = true;
    this.#movedAside += 1;
    renameSync(place, join(aside, String(this.#movedAside)));
  }
}

function lookAt(path: string): Stats | undefined {
  return lstatSync(path, { throwIfNoEntry: false });
}

function parentOf(path: string): string {
  const parent = dirname(path);
  return parent === '.' ? '' : parent;
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
