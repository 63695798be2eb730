import type { MemberKind } from './archive-members.ts';

const kinds: ReadonlyMap<number, MemberKind> = new Map([
  [0o100000, 'file'],
  [0o040000, 'directory'],
  [0o120000, 'symlink'],
]);
const [unix, macos] = [3, 19];

/**
 * Kind and permissions of a zip's entry as Unix archivers store them; others leave no more than the `/` behind a
 * directory's name. The kind of a device, a pipe or a socket is `undefined`.
 */
export function attributesOf(
  { versionMadeBy, externalFileAttributes }: { versionMadeBy: number; externalFileAttributes: number },
  name: string,
): { kind: MemberKind | undefined; mode: number } {
  const madeBy = versionMadeBy >>> 8;
  const attributes = madeBy === unix || madeBy === macos ? externalFileAttributes >>> 16 : 0;
  const kind = kindOf(attributes & 0o170000, name);
  const permissions = attributes & 0o777;
  if (kind === 'directory') return { kind, mode: (permissions || 0o755) | 0o700 };
  return { kind, mode: (permissions || 0o644) | 0o600 };
}

function kindOf(type: number, name: string): MemberKind | undefined {
  if (name.endsWith('/')) return 'directory';
  return type === 0 ? 'file' : kinds.get(type);
}
