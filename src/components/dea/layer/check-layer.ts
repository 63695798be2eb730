import { lstatSync } from 'node:fs';
import { dirname } from 'node:path';
import { ActionableError } from '#ground/errors.ts';
import { TreeWalk } from '#ground/held-directory.ts';
import type { LayerContents } from './read-layer.ts';

/** What the tree holds at a path, as far as the layer leaves it. */
type Found = 'directory' | 'nothing to keep';

/**
 * Refuses a layer that would change something through a symbolic link of the tree it is laid over.
 * @throws ActionableError BAD_INPUT
 */
export function checkLayer({ members, removed, opaque }: LayerContents, root: string): void {
  using tree = new TreeWalk(root);
  const known = new Map<string, Found>([['', 'directory']]);

  const look = (path: string, entry: string): Found => {
    const parent = parentOf(path);
    if (known.get(parent) !== 'directory' || removed.has(path) || opaque.has(parent)) return 'nothing to keep';
    const place = tree.to(parent)?.at(path.slice(path.lastIndexOf('/') + 1));
    const stats = place === undefined ? undefined : lstatSync(place, { throwIfNoEntry: false });
    if (stats?.isDirectory()) return 'directory';
    const member = members.get(path);
    const isReplaced = member !== undefined && (member.kind !== 'directory' || member.mode !== undefined);
    if (!stats?.isSymbolicLink() || isReplaced) return 'nothing to keep';
    throw throughLink(entry, path);
  };
  const checkWay = (entry: string) => {
    for (let at = entry.indexOf('/'); at > 0; at = entry.indexOf('/', at + 1)) {
      const path = entry.slice(0, at);
      if (!known.has(path)) known.set(path, look(path, entry));
    }
  };

  for (const path of members.keys()) checkWay(path);
  for (const path of removed) checkWay(path);
  for (const path of opaque) checkWay(`${path}/`);
}

function parentOf(path: string): string {
  const parent = dirname(path);
  return parent === '.' ? '' : parent;
}

function throughLink(entry: string, link: string): ActionableError {
  return new ActionableError(
    'BAD_INPUT',
    `The layer's entry '${entry}' lies behind '${link}', which is a symbolic link in the droplet.`,
    'Push the app again.',
  );
}
