import { pipeline as connect, type Readable } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { createGunzip } from 'node:zlib';
import { ActionableError } from '#ground/errors.ts';
import { parseTar, type TarEntry } from '#ground/tar.ts';
import { kindOf, type LayerContent, noteMember, type Tree } from './read-layer.ts';

/** What staging and running write there says nothing of what an app is. */
const notCompared = /^(logs|tmp)(\/|$)/;
const chunkBytes = 64 * 1024;

/** Everything in a droplet by its path: the tree that its instances begin with. @throws for bytes that are no droplet */
export async function treeOfDroplet(content: Readable): Promise<Tree> {
  const tree: Tree = new Map();
  const gunzip = createGunzip({ chunkSize: chunkBytes });
  connect(content, gunzip, () => {}); // what fails there fails where it is read
  const take = (entry: TarEntry) => {
    const path = entry.path
      .split('/')
      .filter((step) => step !== '' && step !== '.')
      .join('/');
    const kind = kindOf(entry);
    if (entry.type === 'Link') copyMember(tree, path, entry.linkpath ?? '');
    if (kind === 'symlink') tree.set(path, { kind, mode: 0, content: entry.linkpath ?? '' });
    if (kind === 'file' || kind === 'directory') noteMember(entry, kind, (member) => tree.set(path, member));
    else entry.resume();
  };
  await parseTar(withPauses(gunzip), {
    entry: take,
    ignored: ({ path }) => {
      throw unreadable(`'${path}' is of a kind that is not known here`);
    },
    broken: (reason) => {
      throw unreadable(reason);
    },
    chunk: () => {},
  });
  for (const path of [...tree.keys()].filter((each) => each === '' || notCompared.test(each))) tree.delete(path);
  return tree;
}

/** What a tree is with a layer laid over it. */
export function overlaid(tree: Tree, { members, removed }: LayerContent): Tree {
  const result: Tree = new Map();
  const isTaken = (path: string) => isAtOrBelow(path, (each) => removed.has(each));
  // What is put where a directory was takes the place of all that it held.
  const isReplaced = (path: string) =>
    isAtOrBelow(path, (each) => members.has(each) && members.get(each)?.kind !== 'directory');
  for (const [path, member] of tree) if (!isTaken(path) && !isReplaced(path)) result.set(path, member);
  for (const [path, member] of members) {
    result.set(path, member);
    for (const parent of parentsOf(path)) {
      if (result.get(parent)?.kind !== 'directory') result.set(parent, { kind: 'directory', mode: 0o755, content: '' });
    }
  }
  return result;
}

/** Paths at which two trees have not the same, at most so many. */
export function differencesBetween(one: Tree, other: Tree, most: number): string[] {
  const found: string[] = [];
  for (const path of new Set([...one.keys(), ...other.keys()])) {
    const [a, b] = [one.get(path), other.get(path)];
    if (a?.kind === b?.kind && a?.mode === b?.mode && a?.content === b?.content) continue;
    found.push(path);
    if (found.length === most) break;
  }
  return found;
}

function isAtOrBelow(path: string, isMeant: (path: string) => boolean): boolean {
  return isMeant(path) || parentsOf(path).some(isMeant);
}

function parentsOf(path: string): string[] {
  const steps = path.split('/');
  return steps.slice(1).map((_, index) => steps.slice(0, index + 1).join('/'));
}

function copyMember(tree: Tree, path: string, existing: string): void {
  const member = tree.get(existing.replace(/^(\.\/)+/, ''));
  if (member !== undefined) tree.set(path, member);
}

/** Others get their turn, however large it is. */
async function* withPauses(bytes: Readable): AsyncGenerator<Uint8Array> {
  for await (const chunk of bytes) {
    yield chunk as Uint8Array; // no encoding is set
    await turn();
  }
}

function unreadable(why: string): ActionableError {
  return new ActionableError('BAD_INPUT', `The droplet cannot be read: ${why}.`, 'Push the app again.');
}
