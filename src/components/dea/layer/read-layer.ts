import { type ArchiveLimits, type MemberKind, MemberTable } from '#ground/archive-members.ts';
import { ActionableError, messageOf } from '#ground/errors.ts';
import { isOfArchive, parseTar, type TarEntry, unpackEntry } from '#ground/tar.ts';
import { Unpacking } from '#ground/unpacking.ts';
import { type Whiteout, whiteoutOf } from './whiteout.ts';

/** What a layer puts somewhere. */
export interface LayerMember {
  readonly kind: MemberKind;
  /** Permissions of a directory; absent for one that is only the parent of something else. */
  readonly mode?: number;
}

/** What a layer says. Paths are those of the tree it is laid over. */
export interface LayerContents {
  /** In an order in which nothing comes before the directory it lies in; all of these are members. */
  readonly members: ReadonlyMap<string, LayerMember>;
  /** What is not there any more. */
  readonly removed: ReadonlySet<string>;
  /** Directories of which nothing but what the layer puts there is left. */
  readonly opaque: ReadonlySet<string>;
}

/**
 * Unpacks a layer, which is a plain tar, into `directory`, as safely as any archive; the directory is made. When it fails
 * nothing is left there.
 * @throws ActionableError BAD_INPUT, DISK_FULL; what `bytes` throws
 */
export async function readLayer(
  bytes: AsyncIterable<Uint8Array>,
  directory: string,
  limits: ArchiveLimits,
): Promise<LayerContents> {
  const unpacking = new Unpacking(directory);
  try {
    const reading = new LayerReading(unpacking, limits);
    await parseTar(bytes, reading);
    unpacking.finish();
    return reading.contents();
  } catch (error) {
    await unpacking.abandon();
    throw isOfArchive(error) ? unreadable(messageOf(error)) : error;
  }
}

class LayerReading {
  readonly #unpacking: Unpacking;
  readonly #table: MemberTable;
  readonly #members = new Map<string, LayerMember>();
  readonly #removed = new Set<string>();
  readonly #opaque = new Set<string>();

  constructor(unpacking: Unpacking, limits: ArchiveLimits) {
    this.#unpacking = unpacking;
    this.#table = new MemberTable('layer', limits);
  }

  entry(entry: TarEntry): void {
    const whiteout = whiteoutOf(this.#table.pathOf(entry.path));
    if (whiteout === undefined) this.#take(entry);
    else if ('refusal' in whiteout) throw this.#refuse(entry, whiteout.refusal);
    else this.#takeAway(entry, whiteout);
  }

  ignored(entry: TarEntry): void {
    throw this.#refuse(entry, `is of a kind that is not known here (${entry.type})`);
  }

  broken(reason: string): void {
    throw unreadable(reason);
  }

  chunk(length: number): void {
    this.#table.countRaw(length);
  }

  contents(): LayerContents {
    const all = new Map(this.#members);
    for (const path of this.#members.keys()) {
      for (let at = path.lastIndexOf('/'); at > 0; at = path.lastIndexOf('/', at - 1)) {
        const parent = path.slice(0, at);
        if (all.has(parent)) break;
        all.set(parent, { kind: 'directory' });
      }
    }
    const members = new Map([...all].sort(([a], [b]) => (a < b ? -1 : 1)));
    return { members, removed: this.#removed, opaque: this.#opaque };
  }

  #take(entry: TarEntry): void {
    const path = unpackEntry(entry, this.#table, this.#unpacking);
    if (path === '') return; // the top is what it is
    const kind = this.#table.kindOf(path) ?? 'file';
    // The owner always keeps reading, writing and entering.
    const mode = ((entry.mode ?? 0o755) & 0o777) | 0o700;
    this.#members.set(path, kind === 'directory' ? { kind, mode } : { kind });
  }

  #takeAway(entry: TarEntry, { path, isOpaque }: Whiteout): void {
    const isFile = entry.type === 'File' || entry.type === 'OldFile';
    if (!isFile || entry.size > 0) throw this.#refuse(entry, 'takes something away and is no empty file');
    entry.resume();
    (isOpaque ? this.#opaque : this.#removed).add(path);
    this.#table.expect(this.#removed.size + this.#opaque.size);
  }

  #refuse({ path }: TarEntry, why: string): ActionableError {
    return this.#table.refuse(path, why, 'Push the app again.');
  }
}

function unreadable(why: string): ActionableError {
  return new ActionableError(
    'BAD_INPUT',
    `The layer cannot be read: it is no whole, plain tar (${why}).`,
    'Push the app again.',
  );
}
