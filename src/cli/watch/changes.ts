import type { AppFile } from '../push/app-file.ts';
import type { ContentHashes } from '../push/content-hashes.ts';

/** How a state of a folder differs from another one. */
export interface Changes {
  readonly changed: readonly string[];
  readonly added: readonly string[];
  readonly removed: readonly string[];
  /** Files that were saved and are what they were. */
  readonly touched: readonly string[];
}

export function isEmpty({ changed, added, removed }: Changes): boolean {
  return changed.length + added.length + removed.length === 0;
}

/** All paths of it, changed ones first. */
export function pathsIn({ changed, added, removed }: Changes): string[] {
  return [...changed, ...added, ...removed];
}

/**
 * Compares what would be pushed now with what was pushed then. A file whose content then was never looked at counts as
 * changed when anything about it did.
 */
export async function changesBetween(
  before: readonly AppFile[],
  now: readonly AppFile[],
  { folder, hashes }: { folder: string; hashes: ContentHashes },
): Promise<Changes> {
  const old = new Map(before.map((file) => [file.path, file]));
  const changes = { changed: [] as string[], added: [] as string[], removed: [] as string[], touched: [] as string[] };
  for (const file of now) {
    const was = old.get(file.path);
    old.delete(file.path);
    if (was === file) continue;
    if (was === undefined) changes.added.push(file.path);
    else if (!(await isSame(was, file, { folder, hashes }))) changes.changed.push(file.path);
    else if (file.kind === 'file' && was.modifiedAt.getTime() !== file.modifiedAt.getTime())
      changes.touched.push(file.path);
  }
  changes.removed.push(...old.keys());
  return changes;
}

async function isSame(
  was: AppFile,
  file: AppFile,
  { folder, hashes }: { folder: string; hashes: ContentHashes },
): Promise<boolean> {
  const { kind, mode, sizeBytes, target } = file;
  if (was.kind !== kind || was.mode !== mode || was.target !== target || was.sizeBytes !== sizeBytes) return false;
  if (kind !== 'file') return true;
  const before = hashes.of(was);
  if (before === undefined) return false;
  const after = await hashes.all(folder, [file]).catch(() => undefined); // it has changed again, or is gone by now
  return after?.get(file) === before;
}

const mostNamed = 3;

/** For people: `server.js changed`, `a.js and b.js changed`, `12 files changed`. */
export function describeChanges({ changed, added, removed }: Changes): string {
  const count = changed.length + added.length + removed.length;
  if (count > mostNamed) return `${count.toLocaleString('en')} files changed`;
  const parts = [
    [changed, 'changed'],
    [added, 'added'],
    [removed, 'removed'],
  ] as const;
  return parts.flatMap(([paths, what]) => (paths.length === 0 ? [] : `${inWords(paths)} ${what}`)).join(', ');
}

/** `a`, `a and b`, `a, b and c`, `a, b, c and 7 more` */
export function inWords(words: readonly string[]): string {
  const shown = words.length > mostNamed ? [...words.slice(0, mostNamed), `${words.length - mostNamed} more`] : words;
  return shown.join(', ').replace(/, ([^,]*)$/, ' and $1');
}
