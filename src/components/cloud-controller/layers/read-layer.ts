import { createHash } from 'node:crypto';
import { MemberTable } from '#ground/archive-members.ts';
import { ActionableError, messageOf } from '#ground/errors.ts';
import { isOfArchive, parseTar, type TarEntry } from '#ground/tar.ts';

/** A path of a droplet, as two of them can be compared. */
export interface TreeMember {
  readonly kind: 'file' | 'directory' | 'symlink';
  /** Permission bits; 0 for links, which have none. */
  readonly mode: number;
  /** SHA-256 of a file's content, or where a link leads. */
  readonly content: string;
}

/** By path, without those that are only the parents of others. */
export type Tree = Map<string, TreeMember>;

export interface LayerContent {
  readonly members: Tree;
  /** What is not there any more. */
  readonly removed: ReadonlySet<string>;
}

const whiteout = '.wh.';
const opaque = '.wh..wh..opq';
const maxFiles = 20_000;

/**
 * What a layer says: every member lies below `app/`, is a file, a directory or a link, and nothing is there twice; an
 * empty `.wh.name` takes `name` away.
 * @throws ActionableError BAD_INPUT naming the member
 */
export async function readLayer(bytes: Buffer): Promise<LayerContent> {
  const table = new MemberTable('layer', { maxFiles, maxBytes: bytes.length });
  const members: Tree = new Map();
  const removed = new Set<string>();
  const take = (entry: TarEntry) => {
    const taken = takenAway(entry, table);
    if (taken === undefined) takeMember(entry, table, members);
    else removed.add(taken);
  };
  await readTar(bytes, take, table);
  return { members, removed };
}

function takenAway(entry: TarEntry, table: MemberTable): string | undefined {
  const steps = below(table.pathOf(entry.path), table).split('/');
  const name = steps.at(-1) ?? '';
  if (steps.slice(0, -1).some((step) => step.startsWith(whiteout)) || name === opaque) {
    throw table.refuse(entry.path, 'is a whiteout of a kind that is not taken here', remedy);
  }
  if (!name.startsWith(whiteout)) return undefined;
  const taken = name.slice(whiteout.length);
  if (entry.size > 0 || ['', '.', '..'].includes(taken)) {
    throw table.refuse(entry.path, 'takes away nothing that has a name', remedy);
  }
  entry.resume();
  return [...steps.slice(0, -1), taken].join('/');
}

const remedy = 'Send a plain tar of what changed below `app/`.';

function below(path: string, table: MemberTable): string {
  if (path.startsWith('app/')) return path;
  throw table.refuse(path, 'does not lie below app/', remedy);
}

function takeMember(entry: TarEntry, table: MemberTable, members: Tree): void {
  const kind = kindOf(entry);
  if (kind === undefined) throw table.refuse(entry.path, `is of a kind that is not taken here (${entry.type})`, remedy);
  const target = entry.linkpath ?? '';
  const path = table.add(entry.path, kind, entry.size, kind === 'symlink' ? target : undefined);
  if (kind !== 'symlink') noteMember(entry, kind, (member) => members.set(path, member));
  else {
    members.set(path, { kind, mode: 0, content: target });
    entry.resume();
  }
}

/** @throws ActionableError BAD_INPUT for bytes that are no whole tar */
async function readTar(bytes: Buffer, entry: (entry: TarEntry) => void, table: MemberTable): Promise<void> {
  const broken = (reason: string) =>
    new ActionableError('BAD_INPUT', `The layer is no whole, plain tar: ${reason}.`, remedy);
  try {
    await parseTar(inOnePiece(bytes), {
      entry,
      ignored: ({ path, type }) => {
        throw table.refuse(path, `is of a kind that is not taken here (${type})`, remedy);
      },
      broken: (reason) => {
        throw broken(reason);
      },
      chunk: () => {},
    });
  } catch (error) {
    throw isOfArchive(error) ? broken(messageOf(error)) : error;
  }
}

async function* inOnePiece(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes;
}

export function kindOf({ type }: TarEntry): TreeMember['kind'] | undefined {
  if (type === 'File' || type === 'OldFile' || type === 'ContiguousFile') return 'file';
  if (type === 'Directory' || type === 'GNUDumpDir') return 'directory';
  return type === 'SymbolicLink' ? 'symlink' : undefined;
}

/** Tells of a file or directory when it was read. The owner keeps every right, as where it is unpacked. */
export function noteMember(entry: TarEntry, kind: 'file' | 'directory', note: (member: TreeMember) => void): void {
  const hash = createHash('sha256');
  const mode = ((entry.mode ?? 0o755) & 0o777) | (kind === 'file' ? 0o400 : 0o700);
  entry.on('data', (chunk: Buffer) => hash.update(chunk));
  entry.on('end', () => note({ kind, mode, content: kind === 'file' ? hash.digest('hex') : '' }));
}
