import { lstat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import type { Damage } from '#ground/damage.ts';
import { setAside } from '#ground/set-aside.ts';

/**
 * Sets aside the first of the paths below a home that is not what it should be: a file on the way to it, or else a
 * directory. Whoever needs it makes it anew.
 * @returns what to say about it; `undefined` when there is nothing of the kind
 */
export async function setWrongAside(paths: readonly string[], home: string): Promise<Damage | undefined> {
  for (const path of paths) {
    const wrong = await wrongPartOf(path, home);
    if (wrong === undefined) continue;
    return {
      found: `${wrong.path} is a ${wrong.is}, and should be a ${wrong.is === 'file' ? 'directory' : 'file'}.`,
      done: 'It was set aside, and another one was made.',
      keptIn: await setAside(wrong.path, join(home, 'damaged')),
    };
  }
  return undefined;
}

/** The first part of the path below the home that is a file, or else the path itself when it is a directory. */
async function wrongPartOf(
  path: string,
  home: string,
): Promise<{ path: string; is: 'file' | 'directory' } | undefined> {
  const below = relative(home, path);
  if (below === '' || below.startsWith('..')) return undefined;
  let part = home;
  for (const name of below.split(sep)) {
    part = join(part, name);
    const stats = await lstat(part).catch(() => undefined); // gone meanwhile
    if (stats === undefined) return undefined;
    if (!stats.isDirectory()) return { path: part, is: 'file' };
  }
  return { path, is: 'directory' };
}
