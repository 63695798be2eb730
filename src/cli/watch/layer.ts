import { join } from 'node:path';
import { type TarMember, tarOf } from '#ground/tar-stream.ts';
import { type AppFile, contentOf } from '../push/app-file.ts';
import type { ContentHashes } from '../push/content-hashes.ts';
import { type LayerChange, mayLayer } from './may-layer.ts';

/** Larger ones are pushed: they take as long, and every later one would have all of it again. */
const mostBytes = 4 * 1024 * 1024;
const mostMembers = 2_000;

interface Change extends LayerChange {
  /** As it is now. */
  readonly file: AppFile | undefined;
}

/**
 * Everything in which a folder differs from what was staged.
 * @param also paths that are to be among the changes, whether they differ or not
 */
export function changesSince(
  staged: readonly AppFile[],
  now: readonly AppFile[],
  also: ReadonlySet<string> = new Set(),
): Change[] {
  const before = new Map(staged.map((file) => [file.path, file]));
  const after = new Map(now.map((file) => [file.path, file]));
  const differs = (path: string) => before.get(path) !== after.get(path) || also.has(path);
  return [...new Set([...after.keys(), ...before.keys(), ...also])]
    .filter(differs)
    .map((path) => ({ path, file: after.get(path), isThere: after.has(path), wasThere: before.has(path) }));
}

/** Whether these changes can go the quick way. */
export function canBeLayer(changes: readonly Change[]): boolean {
  const bytes = changes.reduce((sum, { file }) => sum + (file?.sizeBytes ?? 0), 0);
  return changes.length <= mostMembers && bytes <= mostBytes && changes.every(mayLayer);
}

/**
 * A layer of these changes: what is there as it is, `.wh.name` for what is gone. What is read is noted in `hashes`.
 * @param mode the permissions that staging gives everything, where it does
 * @throws the system's error for a file that is gone by now
 */
export function layerOf(
  folder: string,
  changes: readonly Change[],
  { hashes, mode }: { readonly hashes: ContentHashes; readonly mode: number | undefined },
): Buffer {
  const gone = new Set(changes.filter(({ isThere }) => !isThere).map(({ path }) => path));
  const replaced = new Set(changes.filter(({ file }) => file && file.kind !== 'directory').map(({ path }) => path));
  // What lay in a directory that is gone, or is something else now, goes with it.
  const isTopmost = (path: string) => !parentsOf(path).some((parent) => gone.has(parent) || replaced.has(parent));
  const whiteouts = [...gone].filter(isTopmost).map(whiteoutOf);
  const members = changes.flatMap(({ file }) =>
    file === undefined ? [] : memberOf(folder, mode === undefined ? file : { ...file, mode }, { file, hashes }),
  );
  return tarOf([...whiteouts, ...members]);
}

function memberOf(
  folder: string,
  { path, kind, mode, modifiedAt, target }: AppFile,
  { file, hashes }: { readonly file: AppFile; readonly hashes: ContentHashes },
): TarMember {
  const common = { path: `app/${path}`, kind, mode, modifiedAt };
  if (kind === 'directory') return common;
  if (target !== undefined) return { ...common, target };
  return { ...common, content: hashes.note(file, contentOf(join(folder, path))) };
}

function whiteoutOf(path: string): TarMember {
  const at = path.lastIndexOf('/') + 1;
  const marked = `app/${path.slice(0, at)}.wh.${path.slice(at)}`;
  return { path: marked, kind: 'file', mode: 0o644, modifiedAt: new Date(0) };
}

function parentsOf(path: string): string[] {
  const steps = path.split('/');
  return steps.slice(1).map((_, index) => steps.slice(0, index + 1).join('/'));
}
